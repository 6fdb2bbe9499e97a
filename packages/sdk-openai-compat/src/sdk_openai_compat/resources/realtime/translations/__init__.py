"""Speech that is translated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client_secrets import AsyncClientSecrets, ClientSecrets
    from .translations import AsyncTranslations, Translations
else:
    from ...._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "ClientSecrets": f"{__name__}.client_secrets:ClientSecrets",
            "AsyncClientSecrets": f"{__name__}.client_secrets:AsyncClientSecrets",
            "Translations": f"{__name__}.translations:Translations",
            "AsyncTranslations": f"{__name__}.translations:AsyncTranslations",
        },
    )

__all__ = [
    "AsyncClientSecrets",
    "AsyncTranslations",
    "ClientSecrets",
    "Translations",
]
