"""Forms with files: what is read from them, and that nothing else gets through."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData, Headers, UploadFile

from sdk_server._documents import Document
from sdk_server._forms import FormError, files_shown, form_values, read_multipart

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "many": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "either": {
            "anyOf": [
                {"type": "string", "format": "binary"},
                {"type": "array", "items": {"type": "string", "format": "binary"}},
            ]
        },
        "text": {"type": "string"},
        "number": {"type": "integer"},
        "flag": {"type": "boolean"},
        "list": {"type": "array", "items": {"type": "integer"}},
        "open[]": {"type": "array", "items": {"type": "string"}},
        "words": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "object": {
            "type": "object",
            "properties": {"n": {"type": "integer"}, "deep": {"type": "object"}},
            "additionalProperties": {"type": "boolean"},
        },
    },
}
DOCUMENT = Document({"openapi": "3.2.0", "paths": {}})


def upload(name: str = "a.txt") -> UploadFile:
    """Return a file of a form."""
    return UploadFile(file=None, filename=name)  # type: ignore[arg-type]  # nobody reads it


def read(*fields: tuple[str, Any]) -> tuple[dict[str, Any], list[tuple[tuple[Any, ...], str]]]:
    """Return the values of fields, files as a text, and what is wrong with them."""
    values, faults = form_values(DOCUMENT, SCHEMA, FormData(list(fields)))
    return files_shown(values), [(fault.path, fault.message) for fault in faults]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([("text", "12")], {"text": "12"}),
        ([("number", "12")], {"number": 12}),
        ([("flag", "true")], {"flag": True}),
        ([("list", "1")], {"list": [1]}),
        ([("list", "1"), ("list", "2")], {"list": [1, 2]}),
        ([("list[]", "1"), ("list[]", "2")], {"list": [1, 2]}),
        ([("list[]", "1"), ("list", "2")], {"list": [1, 2]}),
        ([("open[]", "x")], {"open[]": ["x"]}),
        ([("words", "x")], {"words": "x"}),
        ([("words", "x"), ("words", "y")], {"words": ["x", "y"]}),
        ([("words[]", "x")], {"words": ["x"]}),
        ([("object[n]", "1"), ("object[f]", "false")], {"object": {"n": 1, "f": False}}),
        ([("object[deep][x]", "1")], {"object": {"deep": {"x": "1"}}}),
        ([("object", '{"n": 1}')], {"object": {"n": 1}}),
        ([("file", upload())], {"file": "file"}),
        ([("many", upload())], {"many": ["file"]}),
        ([("either", upload())], {"either": "file"}),
        ([("either[]", upload()), ("either[]", upload())], {"either": ["file", "file"]}),
        ([("other", "x"), ("another", upload())], {"other": "x", "another": "file"}),
        ([("", "x"), ("]", "y")], {"": "x", "]": "y"}),
        ([("unknown[]", "x"), ("unknown[]", "y")], {"unknown": ["x", "y"]}),
    ],
)
def test_a_field_has_the_value_of_its_schema(
    fields: list[tuple[str, Any]], expected: dict[str, Any]
) -> None:
    """Lists, objects and files, in every way to write them."""
    assert (expected, []) == read(*fields)


@pytest.mark.parametrize(
    ("fields", "path", "message"),
    [
        ([("file", "x")], ("file",), "must be a file, with a `filename`"),
        ([("text", upload())], ("text",), "must not be a file"),
        ([("text", "x"), ("text", "y")], ("text",), "is given more than once"),
        ([("file", upload()), ("file", upload())], ("file",), "is given more than once"),
        ([("object", "{")], ("object",), "is not valid JSON: Expecting property name enclosed in"),
        (
            [("object", "{}"), ("object[n]", "1"), ("object[n]", "2")],
            ("object", "n"),
            "is given more",
        ),
        ([("object", "x"), ("object[n]", "1")], ("object", "n"), "is given in two forms"),
        ([("words", "x"), ("words[]", "y")], ("words",), "is given in two forms"),
    ],
)
def test_what_is_wrong_with_a_field_is_named(
    fields: list[tuple[str, Any]], path: tuple[str, ...], message: str
) -> None:
    """Before its schema is looked at."""
    _, (fault,) = read(*fields)
    assert path == fault[0]
    assert fault[1].startswith(message)


@given(st.lists(st.tuples(st.text(max_size=8) | st.sampled_from("ab[]"), st.text(max_size=4))))
def test_any_names_are_values_or_faults(fields: list[tuple[str, str]]) -> None:
    """No field makes the reader fail."""
    values, faults = read(*fields)
    assert isinstance(values, dict)
    assert all(message for _, message in faults)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_an_error(body: bytes) -> None:
    """No body makes the parser fail in another way."""

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield b"--x\r\n" + body

    async def main() -> None:
        headers = Headers({"content-type": "multipart/form-data; boundary=x"})
        with suppress(FormError):
            await (await read_multipart(headers, pieces())).close()

    anyio.run(main)


def test_a_form_without_a_boundary_is_refused(client: httpx.Client) -> None:
    """The reason is told."""
    headers = {"content-type": "multipart/form-data"}
    response = client.post("/v1/files", content=b"x", headers=headers)
    assert (400, "invalid_form") == (response.status_code, response.json()["error"]["code"])


def test_a_form_must_not_be_compressed(client: httpx.Client) -> None:
    """Its files would be unpacked on the disk."""
    headers = {"content-encoding": "gzip", "content-type": "multipart/form-data; boundary=x"}
    assert 415 == client.post("/v1/files", content=b"x", headers=headers).status_code


def test_a_form_is_checked_against_the_document(client: httpx.Client) -> None:
    """Missing members and wrong values have their names."""
    response = client.post("/v1/files", files={"file": ("a", b"x")})
    assert (400, "purpose") == (response.status_code, response.json()["error"]["param"])
    data = {
        "purpose": "batch",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": "1",
    }
    response = client.post("/v1/files", files={"file": ("a", b"x")}, data=data)
    assert "expires_after.seconds" == response.json()["error"]["param"]


def test_a_form_is_refused_when_another_body_is_wanted(client: httpx.Client) -> None:
    """The media types that are allowed are told."""
    response = client.post("/v1/embeddings", files={"file": ("a", b"x")})
    assert (415, "application/json") == (response.status_code, response.headers["accept"])
