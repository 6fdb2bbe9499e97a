"""Resources: the nodes of a client's tree, such as ``client.chat.completions``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from .responses import AsyncStreamingContext, StreamingContext, StreamingView
from .typing import BodyLike, HeadersLike, NotGiven, QueryLike, TimeoutLike, not_given, omit

if TYPE_CHECKING:
    from ._clients import Mode
    from .clients import AsyncClient, SyncClient
    from .operations import Operation

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
        *,
        body: object = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> T:
        return self._client.call(
            operation,
            arguments,
            body=body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
            mode=self._mode,
        )


class AsyncResource:
    """The asynchronous twin of `SyncResource`."""

    def __init__(self, client: AsyncClient, mode: Mode | None = None) -> None:
        self._client = client
        self._mode = mode

    def _view(self, mode: Mode) -> Any:
        """Return the same resource, answering in another form."""
        view = type(self)(self._client, mode)
        return StreamingView(view, AsyncStreamingContext) if mode == "streaming" else view

    async def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        body: object = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
    ) -> T:
        return await self._client.call(
            operation,
            arguments,
            body=body,
            extra_headers=extra_headers,
            extra_query=extra_query,
            extra_body=extra_body,
            timeout=timeout,
            mode=self._mode,
        )
