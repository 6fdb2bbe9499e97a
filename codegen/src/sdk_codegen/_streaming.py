"""Streams: what an operation sends item by item, and how it is asked to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from . import _ir as ir
from ._pointers import join
from ._schemas import Schema
from .errors import UnsupportedError

__all__ = ["event_data", "item_schema", "streaming"]

Resolve: TypeAlias = Callable[[Schema, str], tuple[Schema, str]]
"""Returns the schema behind references, and where it is."""


def item_schema(media: dict[str, Any], pointer: str) -> tuple[Schema | None, str]:
    """
    Return the schema of one item, and where it is.

    OpenAPI 3.2 has `itemSchema`; before it, documents gave the type of an event as `schema`.
    """
    key = "itemSchema" if "itemSchema" in media else "schema"
    return media.get(key), join(pointer, key)


def event_data(
    schema: Schema | None, pointer: str, resolve: Resolve, errors: list[Schema]
) -> tuple[Schema | None, str]:
    """
    Return the type of the data, where *schema* describes a whole event.

    OpenAPI 3.2, section "Special Considerations for text/event-stream Content": an event is an
    object with `data`, `event`, `id` and `retry`. A constant among its data ends the stream, and
    one of *errors* is raised: neither is an item.
    """
    found, place = resolve(schema or {}, pointer)
    data = (found.get("properties") or {}).get("data")
    if not isinstance(data, dict):
        return schema, pointer
    data, place = resolve(data, join(place, "properties", "data"))
    variants = [
        resolve(variant, join(place, "anyOf", index))
        for index, variant in enumerate(data.get("anyOf", ()))
    ]
    items = [
        (variant["contentSchema"], join(where, "contentSchema"))
        for variant, where in variants or [(data, place)]
        if "contentSchema" in variant and variant["contentSchema"] not in errors
    ]
    if len(items) > 1:
        return {"anyOf": [item for item, _ in items]}, join(place, "anyOf")
    if items:
        return items[0]
    return (data, place) if data.get("type") == "string" else (schema, pointer)


def streaming(
    operation: dict[str, Any], pointer: str, successes: Iterable[ir.Response], resolve: Resolve
) -> ir.Streaming | None:
    """
    Return how the operation streams.

    Without `x-sdk-streaming` an operation that has nothing but a stream always streams, and one
    that has both is asked by a boolean property `stream`, if its body has one.
    """
    found = operation.get("x-sdk-streaming")
    kinds = {content.kind for item in successes for content in item.contents}
    if found is None:
        if not kinds & {"events", "lines"}:
            return None
        if kinds <= {"events", "lines"}:
            return ir.Streaming()
        return ir.Streaming("stream") if _has_switch(operation, resolve) else None
    known = ("completed-by", "switch", "terminator")
    if not isinstance(found, dict) or not found.keys() <= set(known):
        msg = f"`x-sdk-streaming` is a mapping with {', '.join(known)}"
        raise UnsupportedError(msg, join(pointer, "x-sdk-streaming"))
    if not kinds & {"events", "lines"}:
        msg = "there is `x-sdk-streaming`, but no answer is a stream"
        raise UnsupportedError(msg, join(pointer, "x-sdk-streaming"))
    pointer_to, values = _completed_by(found.get("completed-by"), pointer)
    switch, value = _switch(found.get("switch"), pointer)
    return ir.Streaming(switch, found.get("terminator"), pointer_to, values, value)


def _switch(found: Any, pointer: str) -> tuple[str | None, str | None]:
    """Return the member that asks for a stream and its value there: none for ``true``."""
    if found is None or isinstance(found, str):
        return found, None
    if isinstance(found, dict) and len(found) == 1:
        [(name, value)] = found.items()
        if isinstance(value, str):
            return name, value
    msg = "`switch` is a name, or a mapping from one name to the value that asks for a stream"
    raise UnsupportedError(msg, join(pointer, "x-sdk-streaming", "switch"))


def _completed_by(found: Any, pointer: str) -> tuple[str | None, tuple[str, ...]]:
    """Return a pointer and the values to wait for there: none for any, which is just a pointer."""
    if found is None or isinstance(found, str):
        return found, ()
    if isinstance(found, dict) and len(found) == 1:
        [(place, values)] = found.items()
        if isinstance(values, list) and values and all(isinstance(item, str) for item in values):
            return place, tuple(values)
    msg = "`completed-by` is a pointer, or a mapping from one pointer to a list of values"
    raise UnsupportedError(msg, join(pointer, "x-sdk-streaming", "completed-by"))


def _has_switch(operation: dict[str, Any], resolve: Resolve) -> bool:
    contents = (operation.get("requestBody") or {}).get("content") or {}
    for media in contents.values():
        body, _ = resolve(media.get("schema") or {}, "")
        kind = (body.get("properties") or {}).get("stream", {}).get("type", ())
        if kind == "boolean" or "boolean" in kind:
            return True
    return False
