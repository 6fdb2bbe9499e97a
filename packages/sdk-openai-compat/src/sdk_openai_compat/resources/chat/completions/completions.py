"""``client.chat.completions``: the next message of a conversation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.chat.completions import (
    AsyncCompletions as GeneratedAsyncCompletions,
)
from sdk_inference_api.resources.chat.completions import Completions as GeneratedCompletions

if TYPE_CHECKING:
    from .messages import AsyncMessages, Messages

__all__ = ["AsyncCompletions", "Completions"]


class Completions(GeneratedCompletions):
    """The next message of a conversation."""

    @cached_property
    def messages(self) -> Messages:
        """What a stored completion was asked."""
        from .messages import Messages  # noqa: PLC0415  # lazy, as the generated tree is

        return Messages(self._client, self._mode)


class AsyncCompletions(GeneratedAsyncCompletions):
    """The asynchronous twin of `Completions`."""

    @cached_property
    def messages(self) -> AsyncMessages:
        """What a stored completion was asked."""
        from .messages import AsyncMessages  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncMessages(self._client, self._mode)
