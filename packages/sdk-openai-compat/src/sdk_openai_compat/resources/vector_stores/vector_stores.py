"""``client.vector_stores``: files that are found by meaning."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sdk_inference_api.resources.vector_stores import (
    AsyncVectorStores as GeneratedAsyncVectorStores,
)
from sdk_inference_api.resources.vector_stores import VectorStores as GeneratedVectorStores

from ..._calling import Beta
from ..._pages import Paging, cursor_page, cursor_page_to_come, page, page_to_come

if TYPE_CHECKING:
    from .file_batches import AsyncFileBatches, FileBatches
    from .files import AsyncFiles, Files

__all__ = ["AsyncVectorStores", "VectorStores"]


class VectorStores(Beta, Paging, GeneratedVectorStores):
    """Files that are found by meaning."""

    @cursor_page(GeneratedVectorStores.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    @page(GeneratedVectorStores.search)
    def search(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

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


class AsyncVectorStores(Beta, Paging, GeneratedAsyncVectorStores):
    """The asynchronous twin of `VectorStores`."""

    @cursor_page_to_come(GeneratedAsyncVectorStores.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    @page_to_come(GeneratedAsyncVectorStores.search)
    def search(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

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
