"""``client.vector_stores``: files that are found by meaning."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.vector_stores import (
    AsyncVectorStores as GeneratedAsyncVectorStores,
)
from sdk_inference_api.resources.vector_stores import VectorStores as GeneratedVectorStores

if TYPE_CHECKING:
    from .file_batches import AsyncFileBatches, FileBatches
    from .files import AsyncFiles, Files

__all__ = ["AsyncVectorStores", "VectorStores"]


class VectorStores(GeneratedVectorStores):
    """Files that are found by meaning."""

    @cached_property
    def file_batches(self) -> FileBatches:
        """Many files at once."""
        from .file_batches import FileBatches  # noqa: PLC0415  # lazy, as the generated tree is

        return FileBatches(self._client, self._mode)

    @cached_property
    def files(self) -> Files:
        """Files that a store can find."""
        from .files import Files  # noqa: PLC0415  # lazy, as the generated tree is

        return Files(self._client, self._mode)


class AsyncVectorStores(GeneratedAsyncVectorStores):
    """The asynchronous twin of `VectorStores`."""

    @cached_property
    def file_batches(self) -> AsyncFileBatches:
        """Many files at once."""
        from .file_batches import AsyncFileBatches  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncFileBatches(self._client, self._mode)

    @cached_property
    def files(self) -> AsyncFiles:
        """Files that a store can find."""
        from .files import AsyncFiles  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncFiles(self._client, self._mode)
