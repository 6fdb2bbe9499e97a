"""``client.uploads.parts``: pieces of a large file."""

from __future__ import annotations

from sdk_inference_api.resources.uploads.parts import AsyncParts as GeneratedAsyncParts
from sdk_inference_api.resources.uploads.parts import Parts as GeneratedParts

from ..._forms import Forms

__all__ = ["AsyncParts", "Parts"]


class Parts(Forms, GeneratedParts):
    """Pieces of a large file."""


class AsyncParts(Forms, GeneratedAsyncParts):
    """The asynchronous twin of `Parts`."""
