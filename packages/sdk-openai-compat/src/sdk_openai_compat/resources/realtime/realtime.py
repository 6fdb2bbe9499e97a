"""``client.realtime``: spoken conversations over a WebSocket."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.realtime import AsyncRealtime as GeneratedAsyncRealtime
from sdk_inference_api.resources.realtime import Realtime as GeneratedRealtime

if TYPE_CHECKING:
    from .client_secrets import AsyncClientSecrets, ClientSecrets

__all__ = ["AsyncRealtime", "Realtime"]


class Realtime(GeneratedRealtime):
    """Spoken conversations over a WebSocket."""

    @cached_property
    def client_secrets(self) -> ClientSecrets:
        """Keys for browsers."""
        from .client_secrets import ClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return ClientSecrets(self._client, self._mode)


class AsyncRealtime(GeneratedAsyncRealtime):
    """The asynchronous twin of `Realtime`."""

    @cached_property
    def client_secrets(self) -> AsyncClientSecrets:
        """Keys for browsers."""
        from .client_secrets import AsyncClientSecrets  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncClientSecrets(self._client, self._mode)
