"""``client.beta``: where ``parse`` and ``stream`` of chat completions once were."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_core.resources import AsyncResource, SyncResource

if TYPE_CHECKING:
    from ..chat.chat import AsyncChat, Chat

__all__ = ["AsyncBeta", "Beta"]


class Beta(SyncResource):
    """Another way to ``client.chat``; the rest of openai's ``beta`` is hosted by OpenAI alone."""

    @cached_property
    def chat(self) -> Chat:
        """Conversations, message by message."""
        from ..chat.chat import Chat  # noqa: PLC0415  # lazy, as the generated tree is

        return Chat(self._client, self._mode)


class AsyncBeta(AsyncResource):
    """The asynchronous twin of `Beta`."""

    @cached_property
    def chat(self) -> AsyncChat:
        """Conversations, message by message."""
        from ..chat.chat import AsyncChat  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncChat(self._client, self._mode)
