"""``client.files``: documents that other calls refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from sdk_core.operations import Content
from sdk_core.typing import not_given
from sdk_inference_api.operations import files as operations
from sdk_inference_api.resources.files import AsyncFiles as GeneratedAsyncFiles
from sdk_inference_api.resources.files import Files as GeneratedFiles

from .._binary import Binary
from .._forms import Forms
from .._pages import Paging, cursor_page, cursor_page_to_come
from .._waiting import MAX_WAIT, async_wait, is_processed, pace, wait

if TYPE_CHECKING:
    from sdk_core.operations import Operation
    from sdk_core.typing import BodyLike, HeadersLike, NotGiven, QueryLike, TimeoutLike
    from sdk_inference_api.models import FileObject

    from .._binary import binary, binary_to_come

__all__ = ["AsyncFiles", "Files"]

_AS_TEXT: Operation[Any] = attrs.evolve(
    operations.DOWNLOAD_FILE, responses={"200": (Content("*/*", "text"),)}, deprecated=True
)


class Files(Paging, Binary, Forms, GeneratedFiles):
    """Files that are kept on the server for other operations."""

    @cursor_page(GeneratedFiles.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    if TYPE_CHECKING:

        @binary(GeneratedFiles.content)
        def content(self) -> Any:  # type: ignore[override]  # what holds the bytes
            """Return what holds the bytes."""

    def retrieve_content(
        self,
        file_id: str,
        *,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> str:
        """Return the content of a file as text; `content` also gives its bytes."""
        text: str = self._call(
            _AS_TEXT,
            {"file_id": file_id},
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return text

    def wait_for_processing(
        self,
        id: str,  # noqa: A002  # openai's name
        *,
        poll_interval: float = 5.0,
        max_wait_seconds: float | None = MAX_WAIT,
    ) -> FileObject:
        """
        Wait until a file has been processed, well or not: see its ``status``.

        Args:
            id: The file.
            poll_interval: Seconds between two requests.
            max_wait_seconds: Seconds for all of them, None for no limit.

        Raises:
            PollTimeoutError: It took longer.
            ConfigurationError: An argument is no number >= 0.
        """
        options = pace(poll_interval, max_wait_seconds)
        files = type(self)(self._client)
        file: FileObject = wait(lambda: files.retrieve(id), is_processed, options)
        return file


class AsyncFiles(Paging, Binary, Forms, GeneratedAsyncFiles):
    """The asynchronous twin of `Files`."""

    @cursor_page_to_come(GeneratedAsyncFiles.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    if TYPE_CHECKING:

        @binary_to_come(GeneratedAsyncFiles.content)
        def content(self) -> Any:  # type: ignore[override]  # what holds the bytes
            """Return what holds the bytes."""

    async def retrieve_content(
        self,
        file_id: str,
        *,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> str:
        """Return the content of a file as text; see `Files.retrieve_content`."""
        text: str = await self._call(
            _AS_TEXT,
            {"file_id": file_id},
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
        )
        return text

    async def wait_for_processing(
        self,
        id: str,  # noqa: A002  # openai's name
        *,
        poll_interval: float = 5.0,
        max_wait_seconds: float | None = MAX_WAIT,
    ) -> FileObject:
        """Wait until a file has been processed; see `Files.wait_for_processing`."""
        options = pace(poll_interval, max_wait_seconds)
        files = type(self)(self._client)
        file: FileObject = await async_wait(lambda: files.retrieve(id), is_processed, options)
        return file
