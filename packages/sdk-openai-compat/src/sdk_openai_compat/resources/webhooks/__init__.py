"""What the service sends to its users."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .webhooks import AsyncWebhooks, Webhooks
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Webhooks": f"{__name__}.webhooks:Webhooks",
            "AsyncWebhooks": f"{__name__}.webhooks:AsyncWebhooks",
        },
    )

__all__ = ["AsyncWebhooks", "Webhooks"]
