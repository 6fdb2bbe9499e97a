"""
The consumer's rules, written again and strictly: what it would drop is refused here, with a reason.

It reads a message with serde_json into Rust structures (`u32`, `f64`, `f32`, `Uuid`, `DateTime<Utc>`,
maps and vectors of strings), then checks lengths and ranges. Where it is lenient about times it is
not here: they end in ``Z``.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

DEPTH = 128  # serde_json's limit of recursion

_UUID = re.compile(
    r"[0-9a-f]{32}|(?:urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    re.ASCII | re.IGNORECASE,
)
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z", re.ASCII)


class Dropped(Exception):
    """The message is dropped; *path* says where it went wrong."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or 'message'}: {why}")
        self.path = path


def drop(path: str, why: str) -> NoReturn:
    """
    Drop the message.

    Raises:
        Dropped: Always.
    """
    raise Dropped(path, why) from None


class Number(str):
    """A number as it was written."""

    __slots__ = ()

    @property
    def is_integer(self) -> bool:
        """Whether serde_json takes it for one: with a sign, zero is a float."""
        return not set(self) & set(".eE") and self != "-0"


class Members(list[tuple[str, Any]]):
    """The members of an object, repeated ones too."""


def accept(message: bytes) -> dict[str, Any]:
    """
    Return what the consumer makes of *message*.

    Raises:
        Dropped: It makes nothing of it.
    """
    event = _struct(
        "",
        _parsed(message),
        {
            "event_id": _uuid,
            "timestamp": _time,
            "service_name": _string,
            "trace_id": _option(_string),
            "span_id": _option(_string),
            "model": _string,
            "prompt": _prompt,
            "response": _response,
            "latency_ms": _f64,
            "cost_usd": _f64,
            "metadata": _map,
            "errors": _vector(_string),
        },
    )
    _validate(event)
    return event


def _parsed(message: bytes) -> Any:
    def refuse(constant: str) -> NoReturn:
        drop("", f"{constant} is no JSON")

    try:
        found = json.loads(
            message.decode("utf-8"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=refuse,
            object_pairs_hook=Members,
        )
    except (ValueError, RecursionError) as exc:
        drop("", f"no JSON in UTF-8: {exc}")
    _check_strings(found, 0)
    return found


def _check_strings(value: Any, depth: int) -> None:
    if depth > DEPTH:
        drop("", "recursion limit exceeded")
    if isinstance(value, Number):
        if math.isinf(float(value)):
            drop("", "number out of range")
    elif isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            drop("", "lone surrogate in hex escape")
    elif isinstance(value, Members):
        for name, each in value:
            _check_strings(name, depth)
            _check_strings(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _check_strings(each, depth + 1)


Read = Callable[[str, Any], Any]


def _struct(path: str, value: Any, fields: dict[str, Read]) -> dict[str, Any]:
    if not isinstance(value, Members):
        drop(path, "invalid type, expected a map")
    found: dict[str, Any] = {}
    for name, each in value:
        where = f"{path}.{name}" if path else name
        if name in found:
            drop(where, "duplicate field")
        if name in fields:
            found[name] = fields[name](where, each)
    for name, read in fields.items():
        if name not in found:
            where = f"{path}.{name}" if path else name
            if not getattr(read, "optional", False):
                drop(where, "missing field")
            found[name] = None
    return found


def _option(read: Read) -> Read:
    def optional(path: str, value: Any) -> Any:
        return None if value is None else read(path, value)

    optional.optional = True  # type: ignore[attr-defined]  # a mark for `_struct`
    return optional


def _vector(read: Read) -> Read:
    def vector(path: str, value: Any) -> list[Any]:
        if not isinstance(value, list) or isinstance(value, Members):
            drop(path, "invalid type, expected a sequence")
        return [read(path, each) for each in value]

    return vector


def _string(path: str, value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        drop(path, "invalid type, expected a string")
    return value


def _map(path: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Members):
        drop(path, "invalid type, expected a map")
    return {name: _string(path, each) for name, each in value}


def _u32(path: str, value: Any) -> int:
    if not isinstance(value, Number) or not value.is_integer or not 0 <= int(value) < 2**32:
        drop(path, "invalid value, expected u32")
    return int(value)


def _f64(path: str, value: Any) -> float:
    if not isinstance(value, Number):
        drop(path, "invalid type, expected f64")
    return float(value)


def _f32(path: str, value: Any) -> float:
    try:
        packed = struct.pack("<f", _f64(path, value))
    except OverflowError:
        drop(path, "not finite as f32")
    (number,) = struct.unpack("<f", packed)
    return float(number)


def _uuid(path: str, value: Any) -> str:
    if not _UUID.fullmatch(_string(path, value)):
        drop(path, "no UUID")
    return str(value).lower()


def _time(path: str, value: Any) -> datetime:
    found = _TIME.fullmatch(_string(path, value))
    if found is None:
        drop(path, "no time as in RFC 3339, in UTC, with Z")
    try:
        return datetime.fromisoformat(f"{found[1]}{(found[2] or '.0')[:7]}+00:00")
    except ValueError:
        drop(path, "no time that there is")


def _prompt(path: str, value: Any) -> dict[str, Any]:
    embedding = _option(_vector(_f32))
    return _struct(path, value, {"text": _string, "tokens": _u32, "embedding": embedding})


def _response(path: str, value: Any) -> dict[str, Any]:
    embedding = _option(_vector(_f32))
    return _struct(
        path,
        value,
        {"text": _string, "tokens": _u32, "finish_reason": _string, "embedding": embedding},
    )


def _validate(event: dict[str, Any]) -> None:
    if not 1 <= len(event["service_name"]) <= 255:
        drop("service_name", "length")
    for part in ("prompt", "response"):
        if len(event[part]["text"]) > 100_000:
            drop(f"{part}.text", "length")
    for name in ("latency_ms", "cost_usd"):
        if event[name] < 0:
            drop(name, "range")
    if event["prompt"]["tokens"] + event["response"]["tokens"] >= 2**32:
        drop("response.tokens", "attempt to add with overflow")
