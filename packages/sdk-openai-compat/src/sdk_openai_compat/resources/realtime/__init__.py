"""Spoken conversations over a WebSocket."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .calls import AsyncCalls, Calls
    from .client_secrets import AsyncClientSecrets, ClientSecrets
    from .realtime import AsyncRealtime, Realtime
    from .translations.translations import AsyncTranslations, Translations
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Calls": f"{__name__}.calls:Calls",
            "AsyncCalls": f"{__name__}.calls:AsyncCalls",
            "ClientSecrets": f"{__name__}.client_secrets:ClientSecrets",
            "AsyncClientSecrets": f"{__name__}.client_secrets:AsyncClientSecrets",
            "Realtime": f"{__name__}.realtime:Realtime",
            "AsyncRealtime": f"{__name__}.realtime:AsyncRealtime",
            "Translations": f"{__name__}.translations.translations:Translations",
            "AsyncTranslations": f"{__name__}.translations.translations:AsyncTranslations",
        },
    )

__all__ = [
    "AsyncCalls",
    "AsyncClientSecrets",
    "AsyncRealtime",
    "AsyncTranslations",
    "Calls",
    "ClientSecrets",
    "Realtime",
    "Translations",
]
