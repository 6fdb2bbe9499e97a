"""``client.chat``: conversations, message by message."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.chat import AsyncChat as GeneratedAsyncChat
from sdk_inference_api.resources.chat import Chat as GeneratedChat

if TYPE_CHECKING:
    from .completions.completions import AsyncCompletions, Completions

__all__ = ["AsyncChat", "Chat"]


class Chat(GeneratedChat):
    """Conversations, message by message."""

    @cached_property
    def completions(self) -> Completions:
        """The next message of a conversation."""
        from .completions.completions import Completions  # noqa: PLC0415  # lazy, as the generated tree is

        return Completions(self._client, self._mode)


class AsyncChat(GeneratedAsyncChat):
    """The asynchronous twin of `Chat`."""

    @cached_property
    def completions(self) -> AsyncCompletions:
        """The next message of a conversation."""
        from .completions.completions import AsyncCompletions  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncCompletions(self._client, self._mode)
