"""``client.vector_stores.file_batches``: many files at once."""

from __future__ import annotations

from sdk_inference_api.resources.vector_stores.file_batches import AsyncFileBatches, FileBatches

__all__ = ["AsyncFileBatches", "FileBatches"]
