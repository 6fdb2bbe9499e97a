"""Overlays."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._overlay import apply_overlay
from sdk_codegen.errors import OverlayError

DOCUMENT: dict[str, Any] = {
    "info": {"title": "Old", "version": "1"},
    "tags": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
    "paths": {"/x": {"get": {"deprecated": True}, "put": {}}},
}


def overlay(*actions: dict[str, Any], version: str = "1.1.0") -> dict[str, Any]:
    """Return an overlay of these actions."""
    return {"overlay": version, "info": {"title": "O", "version": "1"}, "actions": [*actions]}


@pytest.mark.parametrize(
    ("action", "pointer", "expected"),
    [
        (
            {"target": "$.info", "update": {"title": "New"}},
            "info",
            {"title": "New", "version": "1"},
        ),
        ({"target": "$", "update": {"x-a": 1}}, "x-a", 1),
        ({"target": "$.tags", "update": {"name": "d"}}, "tags", [*DOCUMENT["tags"], {"name": "d"}]),
        (
            {"target": "$.tags", "update": [{"name": "d"}]},
            "tags",
            [*DOCUMENT["tags"], {"name": "d"}],
        ),
        ({"target": "$.tags[?@.name != 'b']", "remove": True}, "tags", [{"name": "b"}]),
        ({"target": "$.paths.*[?@.deprecated]", "remove": True}, "paths", {"/x": {"put": {}}}),
        ({"target": "$.info.title", "update": "New"}, "info", {"title": "New", "version": "1"}),
        (
            {"target": "$.paths['/x'].put", "copy": "$.paths['/x'].get"},
            "paths",
            {"/x": {"get": {"deprecated": True}, "put": {"deprecated": True}}},
        ),
        ({"target": "$.nothing.here", "update": {"a": 1}}, "info", DOCUMENT["info"]),
    ],
)
def test_an_action_changes_what_its_target_selects(
    spec: Callable[[object], Path], action: dict[str, Any], pointer: str, expected: object
) -> None:
    """Objects are merged, arrays extended, other values replaced, removals do not shift others."""
    changed, _ = apply_overlay(DOCUMENT, spec(overlay(action)))
    assert expected == changed[pointer]


def test_the_document_itself_is_not_changed(spec: Callable[[object], Path]) -> None:
    """An overlay returns a new document."""
    apply_overlay(DOCUMENT, spec(overlay({"target": "$.info", "update": {"title": "New"}})))
    assert DOCUMENT["info"]["title"] == "Old"


def test_what_an_anchor_shares_is_changed_in_one_place(spec: Callable[[object], Path]) -> None:
    """An alias is a short way to write a value, not a link to it."""
    shared = {"a": 1}
    document = {"one": shared, "two": shared}
    changed, _ = apply_overlay(document, spec(overlay({"target": "$.one", "update": {"b": 2}})))
    assert {"one": {"a": 1, "b": 2}, "two": {"a": 1}} == changed


def test_actions_apply_in_order(spec: Callable[[object], Path]) -> None:
    """A later action sees what an earlier one did."""
    first = {"target": "$.info", "update": {"x-new": {"a": 1}}}
    second = {"target": "$.info['x-new']", "update": {"b": 2}}
    changed, _ = apply_overlay(DOCUMENT, spec(overlay(first, second, version="1.0.0")))
    assert changed["info"]["x-new"] == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (overlay(version="2.0.0"), "/overlay: `overlay` is '2.0.0'; supported are Overlay 1.0 and"),
        (overlay(), "/actions: an overlay has a list of `actions`"),
        (overlay({"update": {}}), "/actions/0: an action has a `target`"),
        (overlay({"target": "$[", "update": {}}), "/actions/0/target: `$[` is no JSONPath"),
        (overlay({"target": "$"}), "/actions/0: an action has `update`, `remove` or `copy`"),
        (overlay({"target": "$", "remove": True}), "/actions/0: `target` is the whole document"),
        (overlay({"target": "$.info", "update": 1}), "/actions/0: `update` is no mapping"),
        (overlay({"target": "$.info", "copy": "$.tags[*]"}), "/actions/0: `copy` selects 3 values"),
    ],
)
def test_an_overlay_that_does_not_apply_names_its_action(
    spec: Callable[[object], Path], document: dict[str, Any], message: str
) -> None:
    """The error is the overlay's: its file, and a pointer into it."""
    with pytest.raises(OverlayError) as caught:
        apply_overlay(DOCUMENT, spec(document))
    assert f"spec.yaml#{message}" in str(caught.value)


def test_an_overlay_leaves_the_document_that_it_was_given(tmp_path: Path) -> None:
    """Only what an action writes to is copied, and the original stays as it was."""
    overlay = tmp_path / "o.yaml"
    overlay.write_text(
        "overlay: 1.1.0\n"
        "actions:\n"
        "  - {target: $.a.b, update: {c: 1}}\n"
        "  - {target: $.a.b, update: {d: 2}}\n"
        "  - {target: '$.l[0]', remove: true}\n"
        "  - {target: $.e, copy: $.a}\n"
        "  - {target: $.e.b, update: {f: 3}}\n",
        encoding="utf-8",
    )
    before: dict[str, Any] = {"a": {"b": {}}, "l": [1, 2], "e": {}, "k": {"big": []}}
    kept = copy.deepcopy(before)
    after, _ = apply_overlay(before, overlay)
    assert kept == before
    assert after["k"] is before["k"]
    b = {"c": 1, "d": 2}
    assert {"a": {"b": b}, "l": [2], "e": {"b": {**b, "f": 3}}, "k": {"big": []}} == after
