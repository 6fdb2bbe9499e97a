"""``client.vector_stores.files``: files that a store can find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_core.typing import not_given, omit
from sdk_inference_api.resources.vector_stores.files import AsyncFiles as GeneratedAsyncFiles
from sdk_inference_api.resources.vector_stores.files import Files as GeneratedFiles

from ..._calling import Beta
from ..._pages import Paging, cursor_page, cursor_page_to_come, page, page_to_come
from ..._waiting import asking, async_wait, in_milliseconds, is_over, pace, wait

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdk_core.typing import (
        BodyLike,
        FileTypes,
        HeadersLike,
        NotGiven,
        Omit,
        QueryLike,
        TimeoutLike,
    )
    from sdk_inference_api.models import VectorStoreFile
    from sdk_inference_api.params import FileChunkingStrategyParam

__all__ = ["AsyncFiles", "Files"]


class Files(Beta, Paging, GeneratedFiles):
    """Files that a store can find."""

    @cursor_page(GeneratedFiles.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    @page(GeneratedFiles.content)
    def content(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    def poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFile:
        """
        Wait until a file has been processed, well or not: see its ``status`` and ``last_error``.

        Args:
            file_id: The file.
            vector_store_id: The store.
            poll_interval_ms: Milliseconds between two requests. Default: what the server says
                (``openai-poll-after-ms``), else one second.
            max_wait_seconds: Seconds for all of them, None for no limit. Default: half an hour.

        Raises:
            PollTimeoutError: It took longer.
            ConfigurationError: An argument is no number >= 0.
        """
        interval = in_milliseconds(poll_interval_ms)
        options = pace(interval, max_wait_seconds)
        ask = asking(type(self)(self._client), interval)
        file: VectorStoreFile = wait(
            lambda: ask(file_id, vector_store_id=vector_store_id), is_over, options
        )
        return file

    def create_and_poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> VectorStoreFile:
        """Add a file to a store, and wait until it has been processed; see `create` and `poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # refuses before anything is sent
        type(self)(self._client).create(
            vector_store_id,
            file_id=file_id,
            attributes=attributes,
            chunking_strategy=chunking_strategy,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return self.poll(
            file_id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
        )

    def upload(
        self,
        *,
        vector_store_id: str,
        file: FileTypes,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    ) -> VectorStoreFile:
        """Upload a file and add it to a store; it is processed in the background."""
        sent = _files_of(self).create(file=file, purpose="assistants")
        return type(self)(self._client).create(
            vector_store_id, file_id=sent.id, chunking_strategy=chunking_strategy
        )

    def upload_and_poll(
        self,
        *,
        vector_store_id: str,
        file: FileTypes,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    ) -> VectorStoreFile:
        """Upload a file, add it to a store and wait until it has been processed; see `poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        sent = _files_of(self).create(file=file, purpose="assistants")
        return self.create_and_poll(
            sent.id,
            vector_store_id=vector_store_id,
            attributes=attributes,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            chunking_strategy=chunking_strategy,
        )


class AsyncFiles(Beta, Paging, GeneratedAsyncFiles):
    """The asynchronous twin of `Files`."""

    @cursor_page_to_come(GeneratedAsyncFiles.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    @page_to_come(GeneratedAsyncFiles.content)
    def content(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    async def poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFile:
        """Wait until a file has been processed; see `Files.poll`."""
        interval = in_milliseconds(poll_interval_ms)
        options = pace(interval, max_wait_seconds)
        ask = asking(type(self)(self._client), interval)
        file: VectorStoreFile = await async_wait(
            lambda: ask(file_id, vector_store_id=vector_store_id), is_over, options
        )
        return file

    async def create_and_poll(
        self,
        file_id: str,
        *,
        vector_store_id: str,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> VectorStoreFile:
        """Add a file to a store and wait for it; see `Files.create_and_poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        await type(self)(self._client).create(
            vector_store_id,
            file_id=file_id,
            attributes=attributes,
            chunking_strategy=chunking_strategy,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return await self.poll(
            file_id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
        )

    async def upload(
        self,
        *,
        vector_store_id: str,
        file: FileTypes,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    ) -> VectorStoreFile:
        """Upload a file and add it to a store; see `Files.upload`."""
        sent = await _async_files_of(self).create(file=file, purpose="assistants")
        return await type(self)(self._client).create(
            vector_store_id, file_id=sent.id, chunking_strategy=chunking_strategy
        )

    async def upload_and_poll(
        self,
        *,
        vector_store_id: str,
        file: FileTypes,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
    ) -> VectorStoreFile:
        """Upload a file, add it to a store and wait for it; see `Files.upload_and_poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        sent = await _async_files_of(self).create(file=file, purpose="assistants")
        return await self.create_and_poll(
            sent.id,
            vector_store_id=vector_store_id,
            attributes=attributes,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            chunking_strategy=chunking_strategy,
        )


def _files_of(resource: Any) -> Any:
    from ..files import Files as UploadedFiles  # noqa: PLC0415  # lazy, as the generated tree is

    return UploadedFiles(resource._client)  # noqa: SLF001  # one family


def _async_files_of(resource: Any) -> Any:
    from ..files import AsyncFiles as UploadedFiles  # noqa: PLC0415  # as above

    return UploadedFiles(resource._client)  # noqa: SLF001  # one family
