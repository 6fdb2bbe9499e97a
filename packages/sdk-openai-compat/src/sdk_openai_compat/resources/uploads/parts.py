"""``client.uploads.parts``: pieces of a large file."""

from __future__ import annotations

from sdk_inference_api.resources.uploads.parts import AsyncParts, Parts

__all__ = ["AsyncParts", "Parts"]
