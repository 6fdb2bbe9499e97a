"""``client.responses.connect``: answers over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_core.typing import HeadersLike, QueryLike

from ..._websockets.options import Plan

if TYPE_CHECKING:
    from ..._websockets.options import (
        OnReconnecting,
        SyncWebSocketConnectionOptions,
        WebSocketConnectionOptions,
    )
    from ._connections import AsyncResponsesConnectionManager, ResponsesConnectionManager

__all__ = ["AsyncConnects", "Connects"]


class Connects:
    """Part of `Responses`."""

    _client: Any

    def connect(
        self,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: SyncWebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> ResponsesConnectionManager:
        """
        Return a context manager that connects; ``enter()`` connects for somebody who will close.

        Needs the extra ``realtime``.

        Args:
            extra_query: More of the query.
            extra_headers: More headers.
            websocket_connection_options: See `SyncWebSocketConnectionOptions`.
            on_reconnecting: Called with a `ReconnectingEvent` before each further attempt; returns
                `ReconnectingOverrides` or None. Without it a lost connection is an error.
            max_retries: Attempts in a row to connect again.
            initial_delay: Seconds, the longest wait before the first of them; it doubles.
            max_delay: Seconds, the longest wait.
            max_queue_size: Bytes that are kept while there is no connection.

        Raises:
            ConfigurationError: An option cannot be used, or the extra is not installed.
        """
        from ._connections import ResponsesConnection, ResponsesConnectionManager  # noqa: PLC0415  # needs what others do not

        plan = Plan.of(
            self._client,
            "/responses",
            {},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return ResponsesConnectionManager(self._client, plan, ResponsesConnection)


class AsyncConnects:
    """Part of `AsyncResponses`."""

    _client: Any

    def connect(
        self,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: WebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> AsyncResponsesConnectionManager:
        """Return a context manager that connects, in asyncio; see `Connects.connect`."""
        from ._connections import AsyncResponsesConnection, AsyncResponsesConnectionManager  # noqa: PLC0415  # as above

        plan = Plan.of(
            self._client,
            "/responses",
            {},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return AsyncResponsesConnectionManager(self._client, plan, AsyncResponsesConnection)
