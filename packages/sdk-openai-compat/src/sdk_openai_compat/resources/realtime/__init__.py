"""Spoken conversations over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client_secrets import AsyncClientSecrets, ClientSecrets
    from .realtime import AsyncRealtime, Realtime
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "ClientSecrets": f"{__name__}.client_secrets:ClientSecrets",
            "AsyncClientSecrets": f"{__name__}.client_secrets:AsyncClientSecrets",
            "Realtime": f"{__name__}.realtime:Realtime",
            "AsyncRealtime": f"{__name__}.realtime:AsyncRealtime",
        },
    )

__all__ = [
    "AsyncClientSecrets",
    "AsyncRealtime",
    "ClientSecrets",
    "Realtime",
]
