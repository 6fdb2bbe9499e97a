"""Resources: the nodes of a client's tree, such as ``client.chat.completions``."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, Unpack

from .responses import AsyncStreamingContext, StreamingContext, StreamingView

if TYPE_CHECKING:
    from ._clients import Mode
    from .clients import AsyncClient, SyncClient
    from .operations import Operation
    from .typing import CallOptions

__all__ = ["AsyncResource", "SyncResource"]

T = TypeVar("T")


class SyncResource:
    """A group of operations on a client; *mode* says in which form its methods answer."""

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


class AsyncResource:
    """The asynchronous twin of `SyncResource`."""

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
