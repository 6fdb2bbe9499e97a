"""``client.conversations.items``: what was said."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.conversations.items import AsyncItems as GeneratedAsyncItems
from sdk_inference_api.resources.conversations.items import Items as GeneratedItems

from ..._pages import Paging, conversation_page, conversation_page_to_come

__all__ = ["AsyncItems", "Items"]


class Items(Paging, GeneratedItems):
    """What was said."""

    @conversation_page(GeneratedItems.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncItems(Paging, GeneratedAsyncItems):
    """The asynchronous twin of `Items`."""

    @conversation_page_to_come(GeneratedAsyncItems.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
