"""Media types as documents and headers write them (RFC 9110 §8.3.1)."""

from __future__ import annotations


def essence(media_type: str) -> str:
    """Return *media_type* in lower case, without parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether *media_type* is JSON, or a format that is written in it (RFC 6839)."""
    plain = essence(media_type)
    return plain == "application/json" or plain.endswith("+json")


def includes(pattern: str, media_type: str) -> bool:
    """Return whether *media_type* is one of those that *pattern*, with ``*``, stands for."""
    kind, _, subtype = essence(pattern).partition("/")
    wanted, _, of = essence(media_type).partition("/")
    return kind in {"*", wanted} and subtype in {"*", of}
