"""``client.images``: pictures from text and from pictures."""

from __future__ import annotations

from sdk_inference_api.resources.images import AsyncImages, Images

__all__ = ["AsyncImages", "Images"]
