"""Files that are found by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .file_batches import AsyncFileBatches, FileBatches
    from .files import AsyncFiles, Files
    from .vector_stores import AsyncVectorStores, VectorStores
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "FileBatches": f"{__name__}.file_batches:FileBatches",
            "AsyncFileBatches": f"{__name__}.file_batches:AsyncFileBatches",
            "Files": f"{__name__}.files:Files",
            "AsyncFiles": f"{__name__}.files:AsyncFiles",
            "VectorStores": f"{__name__}.vector_stores:VectorStores",
            "AsyncVectorStores": f"{__name__}.vector_stores:AsyncVectorStores",
        },
    )

__all__ = [
    "AsyncFileBatches",
    "AsyncFiles",
    "AsyncVectorStores",
    "FileBatches",
    "Files",
    "VectorStores",
]
