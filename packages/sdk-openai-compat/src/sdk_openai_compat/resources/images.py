"""``client.images``: pictures from text and from pictures."""

from __future__ import annotations

from sdk_inference_api.resources.images import AsyncImages as GeneratedAsyncImages
from sdk_inference_api.resources.images import Images as GeneratedImages

from .._forms import Forms

__all__ = ["AsyncImages", "Images"]


class Images(Forms, GeneratedImages):
    """Pictures from text and from pictures."""


class AsyncImages(Forms, GeneratedAsyncImages):
    """The asynchronous twin of `Images`."""
