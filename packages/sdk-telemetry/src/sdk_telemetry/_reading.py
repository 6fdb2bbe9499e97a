"""Reading events: as strictly as their consumer does, which drops what it cannot read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ._limits import is_mapping, kind, refuse
from .errors import InvalidEventError
from .events import PromptInfo, ResponseInfo, TelemetryEvent

__all__ = ["event_in", "event_of"]

_KEYS: Final = {*TelemetryEvent.__slots__, *PromptInfo.__slots__, *ResponseInfo.__slots__}
_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


def event_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the arguments of the event that *data* says.

    Raises:
        InvalidEventError: A key is missing, or a part breaks a limit.
    """
    if not is_mapping(data):
        msg = f"an event is an object, not {kind(data)}"
        raise InvalidEventError(msg)
    within = ""
    try:
        members = {
            "event_id": data["event_id"],
            "timestamp": data["timestamp"],
            "service_name": data["service_name"],
            "model": data["model"],
            "trace_id": data.get("trace_id"),  # what may be null may be absent
            "span_id": data.get("span_id"),
            "latency_ms": data["latency_ms"],
            "cost_usd": data["cost_usd"],
            "metadata": data["metadata"],
            "errors": data["errors"],
        }
        prompt, response = _part(data, "prompt"), _part(data, "response")
        within = "prompt."
        members["prompt"] = PromptInfo(prompt["text"], prompt["tokens"], prompt.get("embedding"))
        within = "response."
        members["response"] = ResponseInfo(
            response["text"],
            response["tokens"],
            response["finish_reason"],
            response.get("embedding"),
        )
    except KeyError as missing:
        refuse(f"{within}{missing.args[0]}", "is missing")
    for name in ("event_id", "timestamp"):
        if members[name] is None:  # which would make a new one
            refuse(name, "must not be null")
    return members


def _part(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = data[name]
    if not is_mapping(part):
        refuse(name, f"must be an object, not {kind(part)}")
    return part


def event_in(data: bytes | bytearray | memoryview | str) -> dict[str, Any]:
    """
    Return the arguments of the event that JSON says.

    Raises:
        InvalidEventError: It is no JSON, a key stands twice, or as for `event_of`.
    """
    try:
        raw = data.encode() if isinstance(data, str) else bytes(data)
        found = _read(raw)
        # Of a key that stands twice, msgspec takes the last and serde neither. What is written back
        # the same holds none; what is not, such as all with spaces, needs a second look.
        if _write(found) != raw:
            json.loads(raw, object_pairs_hook=_unique)
    except InvalidEventError:
        raise
    except (ValueError, RecursionError) as exc:
        # Only msgspec's messages are known to hold nothing of what was read.
        fault = str(exc) if isinstance(exc, msgspec.DecodeError) else type(exc).__name__
        msg = f"an event is JSON in UTF-8, which this is not: {fault}"
        raise InvalidEventError(msg) from None
    return event_of(found)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        refuse(twice if twice in _KEYS else "metadata", "has a key that stands twice")
    return found
