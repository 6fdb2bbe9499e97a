"""``client.realtime``: spoken conversations over a WebSocket."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_core.typing import HeadersLike, Omit, QueryLike, omit
from sdk_inference_api.resources.realtime import AsyncRealtime as GeneratedAsyncRealtime
from sdk_inference_api.resources.realtime import Realtime as GeneratedRealtime

from ..._lazy import lazy
from ..._websockets.options import Plan

if TYPE_CHECKING:
    from ..._websockets.options import (
        OnReconnecting,
        SyncWebSocketConnectionOptions,
        WebSocketConnectionOptions,
    )
    from ._connections import (
        AsyncRealtimeConnection,
        AsyncRealtimeConnectionManager,
        RealtimeConnection,
        RealtimeConnectionManager,
    )
    from .calls import AsyncCalls, Calls
    from .client_secrets import AsyncClientSecrets, ClientSecrets
    from .translations.translations import AsyncTranslations, Translations
else:
    _NAMES = (
        "Connection",
        "ConnectionManager",
        "ConversationItemResource",
        "ConversationResource",
        "InputAudioBufferResource",
        "OutputAudioBufferResource",
        "ResponseResource",
        "SessionResource",
    )
    __getattr__, __dir__ = lazy(
        __name__,
        {
            name: f"{__package__}._connections:{name}"
            for part in _NAMES
            for name in (f"Realtime{part}", f"AsyncRealtime{part}")
        },
    )

__all__ = [
    "AsyncRealtime",
    "AsyncRealtimeConnection",
    "AsyncRealtimeConnectionManager",
    "Realtime",
    "RealtimeConnection",
    "RealtimeConnectionManager",
]


class Realtime(GeneratedRealtime):
    """Spoken conversations over a WebSocket."""

    @cached_property
    def client_secrets(self) -> ClientSecrets:
        """Keys for browsers."""
        from .client_secrets import ClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return ClientSecrets(self._client, self._mode)

    @cached_property
    def calls(self) -> Calls:
        """Calls over WebRTC and the telephone."""
        from .calls import Calls  # noqa: PLC0415  # lazy, as the generated tree is

        return Calls(self._client, self._mode)

    @cached_property
    def translations(self) -> Translations:
        """Speech that is translated."""
        from .translations.translations import Translations  # noqa: PLC0415  # lazy, as the generated tree is

        return Translations(self._client, self._mode)

    def connect(
        self,
        *,
        call_id: str | Omit = omit,
        model: str | Omit = omit,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: SyncWebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> RealtimeConnectionManager:
        """
        Return a context manager that connects; ``enter()`` connects for somebody who will close.

        Needs the extra ``realtime``.

        Args:
            call_id: Of a call to join.
            model: Identifier of the model that speaks.
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
        from ._connections import RealtimeConnection, RealtimeConnectionManager  # noqa: PLC0415  # as above

        plan = Plan.of(
            self._client,
            "/realtime",
            {"model": model, "call_id": call_id},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return RealtimeConnectionManager(self._client, plan, RealtimeConnection)


class AsyncRealtime(GeneratedAsyncRealtime):
    """The asynchronous twin of `Realtime`."""

    @cached_property
    def client_secrets(self) -> AsyncClientSecrets:
        """Keys for browsers."""
        from .client_secrets import AsyncClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncClientSecrets(self._client, self._mode)

    @cached_property
    def calls(self) -> AsyncCalls:
        """Calls over WebRTC and the telephone."""
        from .calls import AsyncCalls  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncCalls(self._client, self._mode)

    @cached_property
    def translations(self) -> AsyncTranslations:
        """Speech that is translated."""
        from .translations.translations import AsyncTranslations  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncTranslations(self._client, self._mode)

    def connect(
        self,
        *,
        call_id: str | Omit = omit,
        model: str | Omit = omit,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: WebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> AsyncRealtimeConnectionManager:
        """Return a context manager that connects, in asyncio; see `Realtime.connect`."""
        from ._connections import AsyncRealtimeConnection, AsyncRealtimeConnectionManager  # noqa: PLC0415  # as above

        plan = Plan.of(
            self._client,
            "/realtime",
            {"model": model, "call_id": call_id},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return AsyncRealtimeConnectionManager(self._client, plan, AsyncRealtimeConnection)
