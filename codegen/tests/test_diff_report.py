"""Changes as text, JSON and changelog, and the version to give."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_codegen._diff import (
    Change,
    Impact,
    as_json,
    as_markdown,
    as_text,
    suggest,
    worst,
)
from sdk_codegen._diff._changes import code
from sdk_codegen.errors import ConfigError

GONE = Change.of(
    "field-removed", Impact.BREAKING, "models.A.b", "`models.A.b` is gone.", "/a", None
)
NEEDED = Change.of(
    "argument-added", Impact.BREAKING, "client.a(b)", "`client.a(b)` is new.", None, "/b"
)
NEW = Change.of("model-added", Impact.ADDITIVE, "models.B", "`models.B` is new.", None, "/b\n")
OLD = Change.of(
    "operation-deprecated", Impact.ADDITIVE, "client.c()", "`client.c()` is.", "/c", "/d"
)
WORDS = Change.of("documentation-changed", Impact.COSMETIC, "title", "Other words.", "/e", "/e")

ALL = [GONE, NEEDED, NEW, OLD, WORDS]


def test_text_is_grouped_by_what_changes_mean() -> None:
    """The worst first, each with its place; at the end the sum and the suggestion."""
    expected = """\
breaking (2)
  field-removed: `models.A.b` is gone.
    #/a
  argument-added: `client.a(b)` is new.
    #/b

additive (2)
  model-added: `models.B` is new.
    #/b\x20
  operation-deprecated: `client.c()` is.
    #/c -> #/d

cosmetic (1)
  documentation-changed: Other words.
    #/e

2 breaking, 2 additive, 1 cosmetic
suggested: 2.0.0
"""
    assert expected == as_text(ALL, "2.0.0")


def test_text_says_that_there_is_nothing() -> None:
    """An empty report would look like a failure."""
    assert "nothing has changed\n" == as_text([], None)


def test_json_holds_every_change() -> None:
    """For programs: kind, class, name, text and both pointers."""
    value = json.loads(as_json(ALL, "2.0.0"))
    assert ("breaking", "2.0.0") == (value["class"], value["suggested"])
    assert [change.kind for change in ALL] == [item["kind"] for item in value["changes"]]
    assert {
        "kind": "field-removed",
        "class": "breaking",
        "name": "models.A.b",
        "text": "`models.A.b` is gone.",
        "old": "/a",
        "new": None,
    } == value["changes"][0]
    assert {"class": None, "suggested": None, "changes": []} == json.loads(as_json([], None))


def test_markdown_is_an_entry_of_a_changelog() -> None:
    """Sections of Keep a Changelog; documentation is left out, what breaks is marked."""
    expected = """\
## 2.0.0

### Removed

- **Breaking:** `models.A.b` is gone.

### Changed

- **Breaking:** `client.a(b)` is new.

### Added

- `models.B` is new.

### Deprecated

- `client.c()` is.
"""
    assert expected == as_markdown(ALL, "2.0.0")


def test_markdown_says_that_there_is_nothing() -> None:
    """A release of better documentation has an entry, too."""
    assert "## Unreleased\n\nNothing that code sees has changed.\n" == as_markdown([WORDS], None)


@given(st.text())
def test_a_name_of_a_document_stays_code_on_one_line(text: str) -> None:
    """Neither a backtick nor a line break ends the span that it stands in."""
    written = code(text)
    assert (1, "`", "`") == (len(written.splitlines()), written[0], written[-1])
    assert "`" not in written[1:-1]


@pytest.mark.parametrize(
    ("version", "impact", "expected"),
    [
        ("1.4.2", Impact.BREAKING, "2.0.0"),
        ("1.4.2", Impact.ADDITIVE, "1.5.0"),
        ("1.4.2", Impact.COSMETIC, "1.4.3"),
        ("1.4.2", None, "1.4.2"),
        ("0.4.2", Impact.BREAKING, "0.5.0"),
        ("0.4.2", Impact.ADDITIVE, "0.4.3"),
        ("0.4.2", Impact.COSMETIC, "0.4.3"),
        ("v2.0.0-rc.1", Impact.ADDITIVE, "2.1.0"),
        ("2.0.0.dev3", None, "2.0.0"),
    ],
)
def test_the_next_version_follows_from_the_worst_change(
    version: str, impact: Impact | None, expected: str
) -> None:
    """Semantic versioning; below 1.0 a minor version may break."""
    assert expected == suggest(version, impact)


@pytest.mark.parametrize(
    "version", ["", "1", "1.2", "one", "1.2.3.4", "1.2.3 ", "9" * 5000 + ".0.0"]
)
def test_what_is_no_version_is_refused(version: str) -> None:
    """The message says what a version looks like."""
    with pytest.raises(ConfigError, match=r"`--version` must be three numbers such as 1\.4\.2"):
        suggest(version, None)


def test_the_worst_of_nothing_is_nothing() -> None:
    """No change has no impact."""
    assert (None, Impact.BREAKING) == (worst([]), worst([WORDS, GONE, NEW]))
