"""Resources: the nodes of a client's tree, such as ``client.chat.completions``."""

from __future__ import annotations

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, cast

from .errors import ConfigurationError
from .responses import (
    APIResponse,
    AsyncStreamedAPIResponse,
    AsyncStreamingContext,
    StreamedAPIResponse,
    StreamingContext,
    StreamingView,
)

if TYPE_CHECKING:
    from ._clients import Mode
    from ._pagination import Pager, Turn
    from .clients import AsyncClient, SyncClient
    from .operations import Operation
    from .typing import CallOptions, Progress

__all__ = ["AsyncResource", "SyncResource"]

T = TypeVar("T")
Read = Callable[[APIResponse[Any]], Iterable[Any]]


class _Resource:
    """What resources of both colours share: how a page is read."""

    _client: SyncClient | AsyncClient
    _mode: Mode | None

    def _refuse_streaming(self, operation: Operation[Any]) -> None:
        if self._mode == "streaming":
            msg = f"this reads all that {operation.id} answers; do it without `with_streaming_response`"
            raise ConfigurationError(msg)

    def _pager(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None,
        options: CallOptions,
    ) -> Pager:
        from ._pagination import Pager  # noqa: PLC0415  # few calls page

        self._refuse_streaming(operation)
        base, _ = self._client._base_of(operation)  # noqa: SLF001  # one family
        return Pager(operation, arguments, options, base)

    def _whole(self, answer: APIResponse[Any]) -> Iterable[Any]:
        """Return *answer* in the form that a call of the operation returns."""
        return (answer if self._mode == "raw" else answer.parse(),)


class SyncResource(_Resource):
    """A group of operations on a client; *mode* says in which form its methods answer."""

    _client: SyncClient

    def __init__(self, client: SyncClient, mode: Mode | None = None) -> None:
        self._client = client
        self._mode = mode

    def _view(self, mode: Mode) -> Any:
        """Return the same resource, answering in another form."""
        view = type(self)(self._client, mode)
        return StreamingView(view, StreamingContext) if mode == "streaming" else view

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        return self._client.call(operation, arguments, mode=self._mode, **options)

    def _pages(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[T]:
        """
        Iterate over pages, each what `_call` would return; nothing is sent before the first.

        Raises:
            ConfigurationError: The operation does not page.
            APIResponseValidationError: The pages lead in a circle or to another server.
        """
        return self._walk(self._pager(operation, arguments, options), self._whole)

    def _iterate(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[Any]:
        """Iterate over the items of all pages, in every view; see `_pages`."""
        pager = self._pager(operation, arguments, options)
        return self._walk(pager, pager.items)

    def _walk(self, pager: Pager, read: Read) -> Generator[Any, None, None]:
        turn: Turn | None = pager.first
        while turn is not None:
            answer = self._client._turn(pager.operation, turn)  # noqa: SLF001  # one family
            yield from read(answer)
            turn = pager.after(answer)

    def _download(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Path:
        """
        Write what *operation* answers with to *file*, while it comes.

        Returns:
            The path of the file.
        """
        self._refuse_streaming(operation)
        answer = self._client.call(operation, arguments, mode="streaming", **options)
        cast("StreamedAPIResponse[Any]", answer).stream_to_file(file, progress=progress)
        return Path(file)


class AsyncWalk:
    """
    Iterates over what *read* makes of each page.

    An iterator, not a generator: nothing is left half-way when a caller stops.
    """

    def __init__(
        self, pager: Pager, read: Read, ask: Callable[[Turn], Awaitable[APIResponse[Any]]]
    ) -> None:
        self._pager = pager
        self._read = read
        self._ask = ask
        self._turn: Turn | None = pager.first
        self._answer: APIResponse[Any] | None = None
        self._left: Iterator[Any] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while True:
            for item in self._left:
                return item
            answer, self._answer = self._answer, None
            if answer is not None:
                self._turn = self._pager.after(answer)
            turn, self._turn = self._turn, None
            if turn is None:
                raise StopAsyncIteration
            answer = await self._ask(turn)
            self._left = iter(self._read(answer))
            self._answer = answer

    async def aclose(self) -> None:
        """End it, as generators do; there is nothing to let go."""
        self._turn, self._answer, self._left = None, None, iter(())


class AsyncResource(_Resource):
    """The asynchronous twin of `SyncResource`."""

    _client: AsyncClient

    def __init__(self, client: AsyncClient, mode: Mode | None = None) -> None:
        self._client = client
        self._mode = mode

    def _view(self, mode: Mode) -> Any:
        """Return the same resource, answering in another form."""
        view = type(self)(self._client, mode)
        return StreamingView(view, AsyncStreamingContext) if mode == "streaming" else view

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, T]:
        return self._client.call(operation, arguments, mode=self._mode, **options)

    def _pages(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[T]:
        """Iterate over pages; see `SyncResource._pages`."""
        return self._walk(self._pager(operation, arguments, options), self._whole)

    def _iterate(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """Iterate over the items of all pages, in every view; see `SyncResource._pages`."""
        pager = self._pager(operation, arguments, options)
        return self._walk(pager, pager.items)

    def _walk(self, pager: Pager, read: Read) -> AsyncWalk:
        ask = partial(self._client._turn, pager.operation)  # noqa: SLF001  # one family
        return AsyncWalk(pager, read, ask)

    async def _download(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        progress: Progress | None = None,
        **options: Unpack[CallOptions],
    ) -> Path:
        """Write what *operation* answers with to *file*; see `SyncResource._download`."""
        self._refuse_streaming(operation)
        answer = await self._client.call(operation, arguments, mode="streaming", **options)
        response = cast("AsyncStreamedAPIResponse[Any]", answer)
        await response.stream_to_file(file, progress=progress)
        return Path(file)
