"""Resources: the nodes of a client's tree, such as ``client.chat.completions``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack, overload

from .errors import ConfigurationError
from .responses import (
    AsyncStreamingContext,
    StreamingContext,
    StreamingView,
)

if TYPE_CHECKING:
    from ._clients import Mode
    from ._pagination import Pager
    from .clients import AsyncClient, SyncClient
    from .operations import Operation
    from .pagination import AsyncPages, Pages
    from .typing import CallOptions, Progress

__all__ = ["AsyncResource", "SyncResource"]

T = TypeVar("T")


class Resource:
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

    def _whole(self, page: Any) -> Iterable[Any]:
        """Return *page* in the form that a call of the operation returns."""
        return (page.response if self._mode == "raw" else page.answer,)


class SyncResource(Resource):
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
        return self._turned(self._pager(operation, arguments, options))._read(self._whole)  # noqa: SLF001  # one family

    def _iterate(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Iterator[Any]:
        """Iterate over the items of all pages, in every view; see `_pages`."""
        return iter(self._turned(self._pager(operation, arguments, options)))

    def _turned(self, pager: Pager) -> Pages[Any]:
        """Return the pages that *pager* leads through."""
        from .pagination import Pages  # noqa: PLC0415  # few calls page

        ask = partial(self._client._turn, pager.operation)  # noqa: SLF001  # one family
        return Pages(pager, ask)

    def _download(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        progress: Progress | None = None,
        checksum: str | None = None,
        resume: bool = False,
        parts: int = 1,
        **options: Unpack[CallOptions],
    ) -> Path:
        """
        Write what *operation* answers with to *file*, while it comes; see `transfers.download`.

        Returns:
            The path of the file.
        """
        from .transfers import download  # noqa: PLC0415  # few calls go to a file

        self._refuse_streaming(operation)
        return download(
            self._client,
            operation,
            file,
            arguments,
            checksum=checksum,
            resume=resume,
            parts=parts,
            progress=progress,
            **options,
        )


class AsyncResource(Resource):
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
        return self._turned(self._pager(operation, arguments, options))._read(self._whole)  # noqa: SLF001  # one family

    def _iterate(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncIterator[Any]:
        """Iterate over the items of all pages, in every view; see `SyncResource._pages`."""
        return aiter(self._turned(self._pager(operation, arguments, options)))

    def _turned(self, pager: Pager) -> AsyncPages[Any]:
        """Return the pages that *pager* leads through."""
        from .pagination import AsyncPages  # noqa: PLC0415  # few calls page

        ask = partial(self._client._turn, pager.operation)  # noqa: SLF001  # one family
        return AsyncPages(pager, ask)

    async def _download(
        self,
        operation: Operation[Any],
        file: str | PathLike[str],
        arguments: Mapping[str, object] | None = None,
        *,
        progress: Progress | None = None,
        checksum: str | None = None,
        resume: bool = False,
        parts: int = 1,
        **options: Unpack[CallOptions],
    ) -> Path:
        """Write what *operation* answers with to *file*; see `SyncResource._download`."""
        from .transfers import async_download  # noqa: PLC0415  # as above

        self._refuse_streaming(operation)
        return await async_download(
            self._client,
            operation,
            file,
            arguments,
            checksum=checksum,
            resume=resume,
            parts=parts,
            progress=progress,
            **options,
        )


class Child(Generic[T]):
    """
    A property of a client that is made when it is first asked for, and then kept.

    Threads that ask at the same time may each make one, but all get the same: the first that is
    there. No lock is held while it is made, so that nothing can wait for itself. A copy of the
    client makes its own.
    """

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self._name = ""
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, client: object, owner: type[Any]) -> T: ...
    def __get__(self, client: object | None, owner: type[Any]) -> Self | T:
        if client is None:
            return self
        # From then on the instance's own attribute is found before this one.
        kept: T = client.__dict__.setdefault(self._name, self._make(client))
        return kept


def without_children(client: object) -> dict[str, Any]:
    """Return the attributes of *client* but its children, of which a copy makes its own."""
    return {
        name: value
        for name, value in vars(client).items()
        if not isinstance(value, SyncResource | AsyncResource)
        and not isinstance(getattr(type(client), name, None), Child)
    }


def closable(client: object) -> Iterator[Callable[[], Any]]:
    """
    Iterate over what closes those children of *client* that are context managers.

    Others may have a method ``close`` too, but it is one of the API's.
    """
    for name, value in list(vars(client).items()):
        if isinstance(getattr(type(client), name, None), Child) and (
            hasattr(value, "__exit__") or hasattr(value, "__aexit__")
        ):
            yield value.close
