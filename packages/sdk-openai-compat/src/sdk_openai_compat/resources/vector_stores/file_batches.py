"""``client.vector_stores.file_batches``: many files at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_core.typing import not_given, omit
from sdk_inference_api.resources.vector_stores.file_batches import (
    AsyncFileBatches as GeneratedAsyncFileBatches,
)
from sdk_inference_api.resources.vector_stores.file_batches import (
    FileBatches as GeneratedFileBatches,
)

from ..._calling import Beta
from ..._pages import Paging, cursor_page, cursor_page_to_come
from ..._waiting import are_over, asking, async_wait, in_milliseconds, pace, wait

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sdk_core.typing import (
        BodyLike,
        FileTypes,
        HeadersLike,
        NotGiven,
        Omit,
        QueryLike,
        TimeoutLike,
    )
    from sdk_inference_api.models import VectorStoreFileBatch
    from sdk_inference_api.params import (
        CreateVectorStoreFileRequestParam,
        FileChunkingStrategyParam,
    )

__all__ = ["AsyncFileBatches", "FileBatches"]


class FileBatches(Beta, Paging, GeneratedFileBatches):
    """Many files at once."""

    @cursor_page(GeneratedFileBatches.list_files)
    def list_files(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    def poll(
        self,
        batch_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFileBatch:
        """
        Wait until all files of a batch have been processed, well or not: see its ``file_counts``.

        Args:
            batch_id: The batch.
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
        batch: VectorStoreFileBatch = wait(
            lambda: ask(batch_id, vector_store_id=vector_store_id), are_over, options
        )
        return batch

    def create_and_poll(
        self,
        vector_store_id: str,
        *,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        file_ids: Sequence[str] | Omit = omit,
        files: Iterable[CreateVectorStoreFileRequestParam] | Omit = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> VectorStoreFileBatch:
        """Add files to a store, and wait until they have been processed; see `create` and `poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # refuses before anything is sent
        batch = type(self)(self._client).create(
            vector_store_id,
            attributes=attributes,
            chunking_strategy=chunking_strategy,
            file_ids=file_ids,
            files=files,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return self.poll(
            batch.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
        )

    def upload_and_poll(
        self,
        vector_store_id: str,
        *,
        files: Iterable[FileTypes],
        max_concurrency: int = 5,
        file_ids: Sequence[str] = (),
        poll_interval_ms: float | Omit = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFileBatch:
        """
        Upload files, add them to a store and wait until they have been processed; see `poll`.

        Args:
            vector_store_id: The store.
            files: What to upload. The first failure is raised, with a note that says which file
                it is about; nothing is added to the store then.
            max_concurrency: How many are uploaded at the same time.
            file_ids: Files that have been uploaded before, to be added too.
            poll_interval_ms: As for `poll`.
            chunking_strategy: How the files are cut.
            max_wait_seconds: As for `poll`; the uploads are not part of it.
        """
        from ..._uploading import listed, upload_all  # noqa: PLC0415  # few upload many
        from ..files import Files  # noqa: PLC0415  # lazy, as the generated tree is

        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        sent = upload_all(
            Files(self._client).create, listed(files, max_concurrency), max_concurrency
        )
        return self.create_and_poll(
            vector_store_id,
            file_ids=[*file_ids, *(file.id for file in sent)],
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            chunking_strategy=chunking_strategy,
        )


class AsyncFileBatches(Beta, Paging, GeneratedAsyncFileBatches):
    """The asynchronous twin of `FileBatches`."""

    @cursor_page_to_come(GeneratedAsyncFileBatches.list_files)
    def list_files(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    async def poll(
        self,
        batch_id: str,
        *,
        vector_store_id: str,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFileBatch:
        """Wait until all files of a batch have been processed; see `FileBatches.poll`."""
        interval = in_milliseconds(poll_interval_ms)
        options = pace(interval, max_wait_seconds)
        ask = asking(type(self)(self._client), interval)
        batch: VectorStoreFileBatch = await async_wait(
            lambda: ask(batch_id, vector_store_id=vector_store_id), are_over, options
        )
        return batch

    async def create_and_poll(
        self,
        vector_store_id: str,
        *,
        attributes: Mapping[str, str | float | bool] | Omit | None = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        file_ids: Sequence[str] | Omit = omit,
        files: Iterable[CreateVectorStoreFileRequestParam] | Omit = omit,
        poll_interval_ms: float | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> VectorStoreFileBatch:
        """Add files to a store and wait for them; see `FileBatches.create_and_poll`."""
        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        batch = await type(self)(self._client).create(
            vector_store_id,
            attributes=attributes,
            chunking_strategy=chunking_strategy,
            file_ids=file_ids,
            files=files,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return await self.poll(
            batch.id,
            vector_store_id=vector_store_id,
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
        )

    async def upload_and_poll(
        self,
        vector_store_id: str,
        *,
        files: Iterable[FileTypes],
        max_concurrency: int = 5,
        file_ids: Sequence[str] = (),
        poll_interval_ms: float | Omit = omit,
        chunking_strategy: FileChunkingStrategyParam | Omit = omit,
        max_wait_seconds: float | Omit | None = omit,
    ) -> VectorStoreFileBatch:
        """
        Upload files, add them to a store and wait for them; see `FileBatches.upload_and_poll`.

        The first failure ends the uploads that are going on.
        """
        from ..._uploading import async_upload_all, listed  # noqa: PLC0415  # as above
        from ..files import AsyncFiles  # noqa: PLC0415  # as above

        pace(in_milliseconds(poll_interval_ms), max_wait_seconds)  # as above
        create = AsyncFiles(self._client).create
        sent = await async_upload_all(create, listed(files, max_concurrency), max_concurrency)
        return await self.create_and_poll(
            vector_store_id,
            file_ids=[*file_ids, *(file.id for file in sent)],
            poll_interval_ms=poll_interval_ms,
            max_wait_seconds=max_wait_seconds,
            chunking_strategy=chunking_strategy,
        )
