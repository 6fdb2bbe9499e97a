"""``client.realtime.translations``: speech that is translated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.realtime.translations import (
    AsyncTranslations as GeneratedAsyncTranslations,
)
from sdk_inference_api.resources.realtime.translations import Translations as GeneratedTranslations

from ...._lazy import lazy
from ...._websockets.options import Plan

if TYPE_CHECKING:
    from sdk_core.typing import HeadersLike, QueryLike

    from ...._websockets.options import (
        OnReconnecting,
        SyncWebSocketConnectionOptions,
        WebSocketConnectionOptions,
    )
    from ._connections import (
        AsyncTranslationsConnection,
        AsyncTranslationsConnectionManager,
        TranslationsConnection,
        TranslationsConnectionManager,
    )
    from .client_secrets import AsyncClientSecrets, ClientSecrets
else:
    _NAMES = (
        "Connection",
        "ConnectionManager",
        "SessionInputAudioBufferResource",
        "SessionResource",
    )
    __getattr__, __dir__ = lazy(
        __name__,
        {
            name: f"{__package__}._connections:{name}"
            for part in _NAMES
            for name in (f"Translations{part}", f"AsyncTranslations{part}")
        },
    )

__all__ = [
    "AsyncTranslations",
    "AsyncTranslationsConnection",
    "AsyncTranslationsConnectionManager",
    "Translations",
    "TranslationsConnection",
    "TranslationsConnectionManager",
]


class Translations(GeneratedTranslations):
    """Speech that is translated."""

    @cached_property
    def client_secrets(self) -> ClientSecrets:
        """Keys for browsers."""
        from .client_secrets import ClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return ClientSecrets(self._client, self._mode)

    def connect(
        self,
        model: str,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: SyncWebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> TranslationsConnectionManager:
        """
        Return a context manager that connects; ``enter()`` connects for somebody who will close.

        Args:
            model: Identifier of the model that translates.
            extra_query: This and the other arguments are those of `Realtime.connect`.
            extra_headers: As said above.
            websocket_connection_options: As said above.
            on_reconnecting: As said above.
            max_retries: As said above.
            initial_delay: As said above.
            max_delay: As said above.
            max_queue_size: As said above.
        """
        from ._connections import TranslationsConnection, TranslationsConnectionManager  # noqa: PLC0415  # needs what others do not

        plan = Plan.of(
            self._client,
            "/realtime/translations",
            {"model": model},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return TranslationsConnectionManager(self._client, plan, TranslationsConnection)


class AsyncTranslations(GeneratedAsyncTranslations):
    """The asynchronous twin of `Translations`."""

    @cached_property
    def client_secrets(self) -> AsyncClientSecrets:
        """Keys for browsers."""
        from .client_secrets import AsyncClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncClientSecrets(self._client, self._mode)

    def connect(
        self,
        model: str,
        extra_query: QueryLike | None = None,
        extra_headers: HeadersLike | None = None,
        websocket_connection_options: WebSocketConnectionOptions | None = None,
        on_reconnecting: OnReconnecting | None = None,
        max_retries: int = 5,
        initial_delay: float = 0.5,
        max_delay: float = 8.0,
        max_queue_size: int = 1 << 20,
    ) -> AsyncTranslationsConnectionManager:
        """Return a context manager that connects, in asyncio; see `Translations.connect`."""
        from ._connections import AsyncTranslationsConnection, AsyncTranslationsConnectionManager  # noqa: PLC0415  # needs what others do not

        plan = Plan.of(
            self._client,
            "/realtime/translations",
            {"model": model},
            extra_query,
            extra_headers,
            websocket_connection_options,
            on_reconnecting=on_reconnecting,
            max_retries=max_retries,
            initial_delay=initial_delay,
            max_delay=max_delay,
            max_queue_size=max_queue_size,
        )
        return AsyncTranslationsConnectionManager(self._client, plan, AsyncTranslationsConnection)
