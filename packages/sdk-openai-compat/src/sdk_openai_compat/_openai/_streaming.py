"""``openai._streaming``: the two classes of streams."""

from __future__ import annotations

from .._streams import AsyncStream, Stream

__all__ = ["AsyncStream", "Stream"]
