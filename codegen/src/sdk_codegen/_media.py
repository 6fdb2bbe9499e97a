"""Media types: how a body is written, and how a response is read."""

from __future__ import annotations

from typing import Literal

from ._ir import ContentKind, Encoding

__all__ = ["ENCODINGS", "STRUCTURED", "content_kind", "encoding", "essence"]

ENCODINGS: tuple[Encoding, ...] = ("json", "form", "multipart", "text", "bytes")
"""Of several ways to write a body, the first of these is taken."""

STRUCTURED = frozenset({"json", "form", "multipart"})
"""The encodings of an object with members."""

LINE_STREAMS = frozenset(
    {
        "application/json-seq",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/x-jsonlines",
        "application/x-ndjson",
    }
)


def essence(media_type: str) -> str:
    """Return a media type without its parameters, in small letters."""
    return media_type.partition(";")[0].strip().lower()


def encoding(media_type: str) -> Encoding:
    """Return how a body of this type is written."""
    kind = essence(media_type)
    if kind == "application/x-www-form-urlencoded":
        return "form"
    if kind == "multipart/form-data":
        return "multipart"
    return _plain(kind)


def content_kind(media_type: str) -> ContentKind:
    """Return how a response of this type is read."""
    kind = essence(media_type)
    if kind == "text/event-stream":
        return "events"
    return "lines" if kind in LINE_STREAMS else _plain(kind)


def _plain(kind: str) -> Literal["json", "text", "bytes"]:
    if kind in ("application/json", "text/json") or kind.endswith("+json"):
        return "json"
    return "text" if kind.startswith("text/") or kind.endswith("xml") else "bytes"
