"""A document on its way from where it lies to the passes: what is read, within which bounds."""

from __future__ import annotations

from typing import Any

import attrs

from ._repairs import Repair

__all__ = ["DEFAULT_LIMITS", "Limits", "Source"]


@attrs.frozen
class Limits:
    """
    How much is read before a document is refused.

    Attributes:
        size: Bytes of all files and answers together, once unpacked; the largest public documents
            are about a quarter of the default.
        seconds: Time for everything that is fetched over the network.
        files: How many files and URLs one document may be made of.
        depth: Levels of nesting.
        nodes: Values after anchors are followed: a few lines of YAML can stand for billions.
        allow_remote: Whether a file may refer to URLs. A document that was itself fetched may
            always refer to URLs, and never to files.
    """

    size: int = 64 * 1024 * 1024
    seconds: float = 30.0
    files: int = 1000
    depth: int = 200
    nodes: int = 5_000_000
    allow_remote: bool = False


DEFAULT_LIMITS = Limits()


@attrs.frozen
class Source:
    """
    A document, and how it came to be.

    Attributes:
        document: Plain values; every key is text.
        name: What it was called by the user, for messages; without credentials if it is a URL.
        location: Where it was found in the end: an absolute path, or a URL after redirects.
        content: The bytes of the main file.
        parts: Every file or URL that was read, the main one first: its name relative to the main
            one, and its SHA-256 in hexadecimal.
        repairs: What bundling and conversion changed.
        swagger: The document before its conversion, where there was one.
    """

    document: dict[str, Any]
    name: str
    location: str
    content: bytes = attrs.field(repr=False)
    parts: tuple[tuple[str, str], ...]
    repairs: tuple[Repair, ...] = ()
    swagger: dict[str, Any] | None = attrs.field(default=None, repr=False)
