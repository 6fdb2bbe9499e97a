"""``client.responses.input_items``: what a response was asked."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.responses.input_items import (
    AsyncInputItems as GeneratedAsyncInputItems,
)
from sdk_inference_api.resources.responses.input_items import InputItems as GeneratedInputItems

from ..._pages import Paging, cursor_page, cursor_page_to_come

__all__ = ["AsyncInputItems", "InputItems"]


class InputItems(Paging, GeneratedInputItems):
    """What a response was asked."""

    @cursor_page(GeneratedInputItems.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncInputItems(Paging, GeneratedAsyncInputItems):
    """The asynchronous twin of `InputItems`."""

    @cursor_page_to_come(GeneratedAsyncInputItems.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
