"""``client.responses``: answers with tools, stored if you like."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.responses import AsyncResponses as GeneratedAsyncResponses
from sdk_inference_api.resources.responses import Responses as GeneratedResponses

if TYPE_CHECKING:
    from .input_items import AsyncInputItems, InputItems
    from .input_tokens import AsyncInputTokens, InputTokens

__all__ = ["AsyncResponses", "Responses"]


class Responses(GeneratedResponses):
    """Answers with tools, stored if you like."""

    @cached_property
    def input_items(self) -> InputItems:
        """What a response was asked."""
        from .input_items import InputItems  # noqa: PLC0415  # lazy, as the generated tree is

        return InputItems(self._client, self._mode)

    @cached_property
    def input_tokens(self) -> InputTokens:
        """How long a request is."""
        from .input_tokens import InputTokens  # noqa: PLC0415  # lazy, as the generated tree is

        return InputTokens(self._client, self._mode)


class AsyncResponses(GeneratedAsyncResponses):
    """The asynchronous twin of `Responses`."""

    @cached_property
    def input_items(self) -> AsyncInputItems:
        """What a response was asked."""
        from .input_items import AsyncInputItems  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncInputItems(self._client, self._mode)

    @cached_property
    def input_tokens(self) -> AsyncInputTokens:
        """How long a request is."""
        from .input_tokens import AsyncInputTokens  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncInputTokens(self._client, self._mode)
