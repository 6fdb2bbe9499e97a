"""Which files of a folder are documents, and how many operations they have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.corpus._counting import read
from tools.corpus._documents import documents

HEAD = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"


def operations(path: Path, text: str | bytes) -> list[str] | None:
    """Return the operations of a document with this text, each as a line."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found, _ = read(path)
    return None if found is None else [f"{method} {name}" for method, name in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(HEAD + "paths: {/a: {get: {}, post: {}}}", ["GET /a", "POST /a"], id="YAML"),
        pytest.param(
            json.dumps({"openapi": "3.0.0", "paths": {"/a": {"get": {}}}}), ["GET /a"], id="JSON"
        ),
        pytest.param("{openapi: 3.0.0, paths: {/a: {get: {}}}}", ["GET /a"], id="flow style"),
        pytest.param("\ufeff" + HEAD + "paths: {/a: {get: {}}}", ["GET /a"], id="byte order mark"),
        pytest.param((HEAD + "paths: {/a: {get: {}}}").encode("utf-16"), ["GET /a"], id="UTF-16"),
        pytest.param("swagger: '2.0'\npaths: {/a: {put: {}}}", ["PUT /a"], id="Swagger"),
        pytest.param("swagger: 2.0\npaths: {/a: {put: {}}}", ["PUT /a"], id="Swagger as a number"),
        pytest.param(
            HEAD
            + "paths: {/a: {get: {}, parameters: [], x-b: {}, post: null, summary: s}, x-c: {get: {}}}",
            ["GET /a"],
            id="fields that are no operation",
        ),
        pytest.param(
            HEAD + "paths: {/a: {query: {}, additionalOperations: {COPY: {}}}}",
            ["COPY /a", "QUERY /a"],
            id="methods of 3.2",
        ),
        pytest.param(
            HEAD + "x-b: &b {get: {}}\npaths: {/a: {<<: *b, get: {}, put: {}}}",
            ["GET /a", "PUT /a"],
            id="a merge key, with an override",
        ),
        pytest.param(
            HEAD + "x-b: &b {<<: [*b, *b], get: {}}\npaths: {/a: *b}", None, id="a circle"
        ),
        pytest.param(
            HEAD + "paths: {/a: {$ref: '#/components/pathItems/b~1c'}}\n"
            "components: {pathItems: {b/c: {get: {}}}}",
            ["GET /a"],
            id="a reference",
        ),
        pytest.param(HEAD + "paths: {/a: {$ref: '#/paths/~1a'}}", [], id="a reference to itself"),
        pytest.param(HEAD + "paths: {/a: {$ref: 'no.yaml'}}", [], id="a reference to nothing"),
        pytest.param(
            HEAD + "paths: {/a: {get: {x: 2022-13-45, y: !odd z}}}", ["GET /a"], id="tags"
        ),
        pytest.param(HEAD + "paths:", [], id="no paths"),
        pytest.param("openapi: 3.1.0\npaths: [", None, id="broken, but it says what it is"),
    ],
)
def test_operations_are_counted_without_the_generator(
    tmp_path: Path, text: str | bytes, expected: list[str] | None
) -> None:
    """From the raw file, whatever is in it."""
    found = operations(tmp_path / "a.yaml", text)
    assert expected == found


def test_a_path_in_another_file_counts(tmp_path: Path) -> None:
    """References lead beside the document, with escapes, and on from there."""
    (tmp_path / "paths").mkdir()
    (tmp_path / "paths" / "a b.yaml").write_text("/x: {$ref: 'c.yaml'}")
    (tmp_path / "paths" / "c.yaml").write_text("get: {}\ndelete: {}")
    text = HEAD + "paths: {/a: {$ref: 'paths/a%20b.yaml#/~1x'}}"
    assert ["GET /a", "DELETE /a"] == operations(tmp_path / "main.yaml", text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1, 2]", "no mapping"),
        ("a: 1", "has neither `openapi` nor `swagger`"),
        ("", "no mapping"),
        ("a: [", "neither JSON nor YAML"),
        ("\0", "neither JSON nor YAML"),
    ],
)
def test_what_is_no_document_has_a_reason(tmp_path: Path, text: str, reason: str) -> None:
    """It is listed with it, and is no failure."""
    (tmp_path / "a.json").write_text(text)
    assert [reason] == [document.reason for document in documents(tmp_path)]


def test_a_document_that_ends_its_parser_ends_nothing_else(tmp_path: Path) -> None:
    """It is left to the generator, which has to say what is wrong with it."""
    (tmp_path / "deep.yaml").write_text("openapi: 3.1.0\na: " + "[" * 200_000)
    (tmp_path / "good.yaml").write_text(HEAD + "paths: {/a: {get: {}}}")
    found = [(document.operations, document.reason) for document in documents(tmp_path)]
    assert [(None, ""), ((("GET", "/a"),), "")] == found


def test_names_may_be_odd_and_alike(tmp_path: Path) -> None:
    """Each document gets a folder and an import name of its own."""
    names = ["a b.yaml", "a.b.json", "A B.yml", "ü.yaml", "文.yaml", "class.JSON", "1.yaml"]
    for name in names:
        (tmp_path / name).write_text(HEAD)
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "readme.md").write_text(HEAD)
    found = documents(tmp_path)
    assert sorted(names) == [document.path.name for document in found]
    assert len(names) == len({document.slug for document in found})
    assert len(names) == len({document.package for document in found})
    assert all(document.package.isidentifier() for document in found)
    assert all(document.package.isascii() for document in found)


def test_some_can_be_chosen(tmp_path: Path) -> None:
    """By name, with or without the suffix; or one file instead of a folder."""
    for name in ("a.yaml", "b.yaml", "c.d.json"):
        (tmp_path / name).write_text(HEAD)
    chosen = documents(tmp_path, ["a", "c.d", "b.json"])
    assert ["a.yaml", "c.d.json"] == [document.path.name for document in chosen]
    assert ["b.yaml"] == [document.path.name for document in documents(tmp_path / "b.yaml")]
