"""Overlays: corrections of a document that live beside it (OpenAPI Overlay 1.0 and 1.1)."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

from ._load import load
from ._pointers import join
from .errors import OverlayError

__all__ = ["apply_overlay"]


def apply_overlay(document: dict[str, Any], path: Path) -> tuple[dict[str, Any], bytes]:
    """
    Return the document with an overlay applied, and the bytes of the overlay.

    Raises:
        LoadError: The overlay cannot be read.
        OverlayError: It is not an Overlay 1.x document, or an action cannot be applied.
    """
    overlay, content = load(path)
    try:
        draft = _Draft(document)
        for index, action in enumerate(_actions(overlay)):
            _apply(draft, action, join("/actions", index))
    except OverlayError as error:
        error.file = path.as_posix()
        raise
    return draft.document, content


def _actions(overlay: dict[str, Any]) -> list[Any]:
    version = str(overlay.get("overlay", ""))
    if not re.fullmatch(r"1\.[01](\.\d+)?", version):
        msg = f"`overlay` is {version!r}; supported are Overlay 1.0 and 1.1"
        raise OverlayError(msg, "/overlay")
    actions = overlay.get("actions")
    if not isinstance(actions, list) or not actions:
        msg = "an overlay has a list of `actions`"
        raise OverlayError(msg, "/actions")
    return actions


class _Draft:
    """
    A document that is changed, while the one that it was stays as it is.

    What is written to is copied first, and nothing else is. So what stands in several places
    because of an anchor is changed in one of them.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document: Any = document
        self._own: dict[int, Any] = {}  # kept, lest their ids be given to others

    def parent(self, location: tuple[Any, ...]) -> Any:
        """Return what holds the value at *location*, ready to be written to."""
        self.document = container = self._owned(self.document)
        for part in location[:-1]:
            container[part] = self._owned(container[part])
            container = container[part]
        return container

    def put(self, location: tuple[Any, ...], value: Any) -> None:
        if location:
            self.parent(location)[location[-1]] = value
        else:
            self.document = value

    def _owned(self, container: Any) -> Any:
        if id(container) not in self._own:
            container = copy.copy(container)
            self._own[id(container)] = container
        return container


def _apply(draft: _Draft, action: Any, pointer: str) -> None:
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        msg = "an action has a `target`, a JSONPath"
        raise OverlayError(msg, pointer)
    nodes = _find(draft.document, action["target"], join(pointer, "target"))
    if action.get("remove") is True:
        # From the back: a removal shifts the items after it.
        for location in sorted(nodes, key=_order, reverse=True):
            if not location:
                msg = "`target` is the whole document, which cannot be removed"
                raise OverlayError(msg, pointer)
            del draft.parent(location)[location[-1]]
        return
    if "copy" in action:
        sources = _find(draft.document, str(action["copy"]), join(pointer, "copy"))
        if len(sources) != 1:
            msg = f"`copy` selects {len(sources)} values instead of one"
            raise OverlayError(msg, pointer)
        update = copy.deepcopy(_value(draft.document, sources[0]))
    elif "update" in action:
        update = action["update"]
    else:
        msg = "an action has `update`, `remove` or `copy`"
        raise OverlayError(msg, pointer)
    for location in nodes:
        before = _value(draft.document, location)
        draft.put(location, _merge(before, copy.deepcopy(update), pointer))


def _find(document: dict[str, Any], query: str, pointer: str) -> list[tuple[Any, ...]]:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError  # noqa: PLC0415 - rarely needed

    try:
        found = JSONPathEnvironment().find(query, document)
    except JSONPathError as error:
        msg = f"`{query}` is no JSONPath (RFC 9535): {error}"
        raise OverlayError(msg, pointer) from error
    return [node.location for node in found]


def _order(location: tuple[Any, ...]) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, part) if isinstance(part, int) else (1, part) for part in location)


def _value(document: Any, location: tuple[Any, ...]) -> Any:
    for part in location:
        document = document[part]
    return document


def _merge(target: Any, update: Any, pointer: str) -> Any:
    """Overlay 1.1, section "Action Object": objects are merged, arrays are extended."""
    if isinstance(target, list):
        return [*target, *update] if isinstance(update, list) else [*target, update]
    if isinstance(target, dict):
        if not isinstance(update, dict):
            msg = "`update` is no mapping, but its target is one"
            raise OverlayError(msg, pointer)
        merged = dict(target)
        for key, value in update.items():
            both = key in target and isinstance(target[key], dict) and isinstance(value, dict)
            lists = key in target and isinstance(target[key], list) and isinstance(value, list)
            merged[key] = _merge(target[key], value, pointer) if both or lists else value
        return merged
    return update
