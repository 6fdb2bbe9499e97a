"""``client.chat.completions.messages``: what a stored completion was asked."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.chat.completions.messages import (
    AsyncMessages as GeneratedAsyncMessages,
)
from sdk_inference_api.resources.chat.completions.messages import Messages as GeneratedMessages

from ...._pages import Paging, cursor_page, cursor_page_to_come

__all__ = ["AsyncMessages", "Messages"]


class Messages(Paging, GeneratedMessages):
    """What a stored completion was asked."""

    @cursor_page(GeneratedMessages.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncMessages(Paging, GeneratedAsyncMessages):
    """The asynchronous twin of `Messages`."""

    @cursor_page_to_come(GeneratedAsyncMessages.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
