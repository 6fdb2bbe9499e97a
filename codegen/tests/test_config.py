"""The configuration file: what it may say, and what is said about mistakes in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._config import SCHEMA, Config, parse_config, read_config, schema_text
from sdk_codegen._settings import Metadata, Mixin, PageRule, Retries
from sdk_codegen.cli import main
from sdk_codegen.errors import ConfigError

FULL = """
spec: openapi.yaml
overlays: [fix.yaml]
out: generated
package:
  name: my_sdk
  distribution: my-own-sdk
  version: 1.2.3
  description: Mine.
  license: Apache-2.0
  authors: ["A <a@example.com>"]
  urls: {Homepage: "https://example.com"}
  python: ">=3.12"
models: attrs
naming:
  schemas: {book: Volume}
  operations: {listBooks: library.books.all, "GET /books/{id}": library.books.one}
groups: {chat: conversations}
skip: [deleteBook, "POST /admin/*", "tag:internal"]
pagination:
  - type: cursor
    inputs: [{name: after, in: parameters, type: cursor}]
    outputs: {results: $.data, nextCursor: $.last}
    operations: ["list*"]
retries: {max_retries: 4, statuses: [429, 503]}
mixins:
  client: my_sdk_ext.client:ClientMixin
  library.books: {sync: "my_sdk_ext:Books", async: "my_sdk_ext:AsyncBooks"}
tests: false
docs: false
"""


def test_every_key_becomes_a_setting() -> None:
    """Relative paths start from the folder of the file."""
    path = Path("project/sdk-codegen.yaml")
    settings = parse_config(FULL.encode(), path)
    assert (Path("project/openapi.yaml"), Path("project/generated")) == (
        settings.spec,
        settings.out,
    )
    assert (Path("project/fix.yaml"),) == settings.overlays
    assert settings.config is not None
    assert path == settings.config[0]
    assert ("my_sdk", "my-own-sdk", "attrs") == (
        settings.package, settings.distribution, settings.models,
    )  # fmt: skip
    assert (
        Metadata(
            version="1.2.3",
            description="Mine.",
            license="Apache-2.0",
            authors=("A <a@example.com>",),
            urls={"Homepage": "https://example.com"},
            python=">=3.12",
        )
        == settings.metadata
    )
    assert {"book": "Volume"} == settings.schemas
    assert "library.books.one" == settings.operations["GET /books/{id}"]
    assert {"chat": "conversations"} == settings.groups
    assert ("deleteBook", "POST /admin/*", "tag:internal") == settings.skip
    rule = {
        "type": "cursor",
        "inputs": [{"name": "after", "in": "parameters", "type": "cursor"}],
        "outputs": {"results": "$.data", "nextCursor": "$.last"},
    }
    assert (PageRule(rule, ("list*",)),) == settings.pagination
    assert Retries(4, (429, 503)) == settings.retries
    both = "my_sdk_ext.client:ClientMixin"
    assert {
        "client": Mixin(both, both),
        "library.books": Mixin("my_sdk_ext:Books", "my_sdk_ext:AsyncBooks"),
    } == settings.mixins
    assert (False, False) == (settings.tests, settings.docs)


def test_little_is_required() -> None:
    """A document and a name; the rest has defaults, and a URL stays one."""
    settings = parse_config(
        b"spec: https://example.com/openapi.json\npackage: {name: my_sdk}", Path("sdk-codegen.yaml")
    )
    assert "https://example.com/openapi.json" == settings.spec
    assert (Path(), "my-sdk", "pydantic") == (settings.out, settings.distribution, settings.models)
    assert (True, True) == (settings.tests, settings.docs)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("spec: [", "is not YAML"),
        ("- x", "is not a mapping"),
        ("package: {name: p}", "`spec` is missing: The document: a path relative to this file"),
        ("spec: a\npackage: {}", "`package.name` is missing: The import name."),
        (
            "spec: a\npakage: {name: p}\npackage: {name: p}",
            "`pakage` is not a key of the configuration; did you mean `package`?",
        ),
        (
            "spec: a\npackage: {name: p, lisence: MIT}",
            "`package.lisence` is not a key of the configuration; did you mean `license`?",
        ),
        ("spec: a\npackage: {name: a-b}", "`package.name` must be an importable name, not 'a-b'"),
        (
            "spec: a\npackage: {name: p, distribution: a/b}",
            "`package.distribution` must be a name that package indexes allow",
        ),
        ("spec: a\npackage: {name: p}\nmodels: msgspec", "`models`: input should be 'pydantic' or"),
        ("spec: a\npackage: {name: p}\nskip: x", "`skip`: input should be a valid array, not 'x'"),
        ("spec: a\npackage: {name: p}\ntests: 1", "`tests`: input should be a valid boolean"),
        (
            "spec: a\npackage: {name: p}\nretries: {max_retries: -1}",
            "`retries.max_retries`: input should be greater than or equal to 0, not -1",
        ),
        (
            "spec: a\npackage: {name: p}\nnaming: {operations: {x: create}}",
            "`naming.operations.x`: string should match pattern",
        ),
        (
            "spec: a\npackage: {name: p}\nmixins: {client: {asink: 'm:C'}}",
            "`mixins.client.asink` is not a key of the configuration; did you mean `async`?",
        ),
        (
            "spec: a\npackage: {name: p}\nmixins: {client: nothing}",
            "`mixins.client`: string should match pattern",
        ),
        (
            "spec: a\npackage: {name: p}\npagination: [{type: page, outputs: {}}]",
            "`pagination[0].type`: input should be 'offsetLimit', 'cursor' or 'url', not 'page'",
        ),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(text: str, reason: str) -> None:
    """The line says what to do where that is known, such as the nearest key."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text.encode(), Path("sdk-codegen.yaml"))
    assert str(caught.value).startswith(f"sdk-codegen.yaml: {reason}")
    assert "\n" not in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*Config.model_fields, "name", "sync", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_any_value_is_settings_or_one_line(value: Any) -> None:
    """Whatever stands in the file, nothing but a `ConfigError` is raised."""
    document = {"spec": "a", "package": {"name": "p"}}
    document.update(value if isinstance(value, dict) else {"skip": value})
    try:
        parse_config(json.dumps(document).encode(), Path("c.yaml"))
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that it may be raised is the claim


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The message names it."""
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read: No such file"):
        read_config(tmp_path / "none.yaml")


def test_the_schema_that_is_shipped_is_that_of_the_model() -> None:
    """`schema_text` writes it; nobody edits it."""
    assert schema_text() == SCHEMA.read_text(encoding="utf-8")


def test_the_schema_accepts_what_the_model_accepts() -> None:
    """Editors and the command agree."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert validator.is_valid(yaml.safe_load(FULL))
    assert not validator.is_valid({**yaml.safe_load(FULL), "pakage": {}})


def test_the_command_prints_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    """For an editor that is to know it."""
    assert 0 == main(["config", "--schema"])
    assert schema_text() == capsys.readouterr().out


def test_the_command_checks_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a name it is the one of this folder; a folder is asked for its own."""
    monkeypatch.chdir(tmp_path)
    Path("sdk-codegen.yaml").write_text(FULL, encoding="utf-8")
    for arguments in (["config"], ["config", "."]):
        assert 0 == main(arguments)
        assert "sdk-codegen.yaml: is good; it makes `my_sdk`\n" == capsys.readouterr().out
