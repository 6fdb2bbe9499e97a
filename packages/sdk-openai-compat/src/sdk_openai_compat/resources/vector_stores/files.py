"""``client.vector_stores.files``: files that a store can find."""

from __future__ import annotations

from sdk_inference_api.resources.vector_stores.files import AsyncFiles, Files

__all__ = ["AsyncFiles", "Files"]
