"""``client.conversations``: conversations that the server keeps."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.conversations import (
    AsyncConversations as GeneratedAsyncConversations,
)
from sdk_inference_api.resources.conversations import Conversations as GeneratedConversations

from ..._calling import Calling

if TYPE_CHECKING:
    from .items import AsyncItems, Items

__all__ = ["AsyncConversations", "Conversations"]


class Conversations(Calling, GeneratedConversations):
    """Conversations that the server keeps."""

    @cached_property
    def items(self) -> Items:
        """What was said."""
        from .items import Items  # noqa: PLC0415  # lazy, as the generated tree is

        return Items(self._client, self._mode)


class AsyncConversations(Calling, GeneratedAsyncConversations):
    """The asynchronous twin of `Conversations`."""

    @cached_property
    def items(self) -> AsyncItems:
        """What was said."""
        from .items import AsyncItems  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncItems(self._client, self._mode)
