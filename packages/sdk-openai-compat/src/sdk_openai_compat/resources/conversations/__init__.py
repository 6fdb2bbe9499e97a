"""Conversations that the server keeps, and their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conversations import AsyncConversations, Conversations
    from .items import AsyncItems, Items
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Conversations": f"{__name__}.conversations:Conversations",
            "AsyncConversations": f"{__name__}.conversations:AsyncConversations",
            "Items": f"{__name__}.items:Items",
            "AsyncItems": f"{__name__}.items:AsyncItems",
        },
    )

__all__ = [
    "AsyncConversations",
    "AsyncItems",
    "Conversations",
    "Items",
]
