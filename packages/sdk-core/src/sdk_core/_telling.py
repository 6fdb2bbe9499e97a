"""Telling: how attempts and the items of streams reach the hooks; loaded where there are any."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import SDKError
from .hooks import ErrorEvent, RequestEvent, ResponseEvent, StreamEvent
from .streams import AsyncStream, Stream

if TYPE_CHECKING:
    from ._messages import Request, Response
    from ._readers import Reader
    from .hooks import Hooks
    from .typing import Flow, Inner

T = TypeVar("T")


def tell_attempt(request: Request, inner: Inner) -> Flow[Response]:
    """Tell that an attempt begins, and what it was answered; a `Policy`."""
    hooks = request.hooks
    assert hooks is not None
    yield from hooks.tell(RequestEvent(request))
    response = yield from inner(request)
    yield from hooks.tell(ResponseEvent(request, response))
    return response


def tell_failure(request: Request, error: SDKError) -> Flow[None]:
    """Tell that a call failed for good."""
    assert request.hooks is not None
    return request.hooks.tell(ErrorEvent(request, error))


class ToldStream(Stream[T]):
    """A `Stream` whose items are told to the hooks."""

    @staticmethod
    def _items(response: Response, reader: Reader) -> Iterator[T]:
        hooks, request = _hooks_of(response), response.request
        items: Iterator[T] = Stream._items(response, reader)  # noqa: SLF001  # of the base
        try:
            for index, item in enumerate(items):
                hooks.emit(StreamEvent(request, item, index))
                yield item
        except SDKError as error:
            hooks.emit(ErrorEvent(request, error))
            raise


class ToldAsyncStream(AsyncStream[T]):
    """The asynchronous twin of `ToldStream`."""

    _told = 0

    async def __anext__(self) -> T:
        hooks, request = _hooks_of(self.response), self.response.request
        try:
            item = await super().__anext__()
        except SDKError as error:
            await hooks.aemit(ErrorEvent(request, error))
            raise
        index, self._told = self._told, self._told + 1
        await hooks.aemit(StreamEvent(request, item, index))
        return item


def told(hooks: Hooks, kind: Any) -> Any:
    """Return what stands for *kind*, a class of streams, where *hooks* are told of its items."""
    if not hooks.wants(StreamEvent) and not hooks.wants(ErrorEvent):
        return kind
    return _telling(kind)


@lru_cache(maxsize=16)  # tracers make a class for each call
def _telling(kind: Any) -> Any:
    base = ToldStream if issubclass(kind, Stream) else ToldAsyncStream
    return base if kind in base.__bases__ else type(kind.__name__, (base, kind), {})


def _hooks_of(response: Response) -> Hooks:
    hooks = response.request.hooks
    assert hooks is not None
    return hooks
