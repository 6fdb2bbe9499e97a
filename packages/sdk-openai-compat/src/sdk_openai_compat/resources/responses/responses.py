"""``client.responses``: answers with tools, stored if you like."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.responses import AsyncResponses as GeneratedAsyncResponses
from sdk_inference_api.resources.responses import Responses as GeneratedResponses

from ..._lazy import lazy
from .._asking import signed_like
from ._connecting import AsyncConnects, Connects
from ._helping import AsyncHelps, Helps

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeAlias

    from sdk_core.streams import AsyncStream, Stream
    from sdk_inference_api.models import ResponseStreamEvent

    from ...lib._response_models import Response
    from ._connections import (
        AsyncResponsesConnection,
        AsyncResponsesConnectionManager,
        ResponsesConnection,
        ResponsesConnectionManager,
    )
    from ._typed import Creates, Retrieves
    from .input_items import AsyncInputItems, InputItems
    from .input_tokens import AsyncInputTokens, InputTokens

    _Whole: TypeAlias = Coroutine[Any, Any, Response]
    _Streamed: TypeAlias = Coroutine[Any, Any, AsyncStream[ResponseStreamEvent]]
else:
    _NAMES = ("Connection", "ConnectionManager", "ResponseResource")
    __getattr__, __dir__ = lazy(
        __name__,
        {
            name: f"{__package__}._connections:{name}"
            for part in _NAMES
            for name in (f"Responses{part}", f"AsyncResponses{part}")
        },
    )

__all__ = [
    "AsyncResponses",
    "AsyncResponsesConnection",
    "AsyncResponsesConnectionManager",
    "Responses",
    "ResponsesConnection",
    "ResponsesConnectionManager",
]


class Responses(Connects, Helps, GeneratedResponses):
    """Answers with tools, stored if you like."""

    if TYPE_CHECKING:  # the generated ones, whose responses have their text at hand
        create: Creates[Response, Stream[ResponseStreamEvent]]
        retrieve: Retrieves[Response, Stream[ResponseStreamEvent]]

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


class AsyncResponses(AsyncConnects, AsyncHelps, GeneratedAsyncResponses):
    """The asynchronous twin of `Responses`."""

    if TYPE_CHECKING:  # as above
        create: Creates[_Whole, _Streamed]
        retrieve: Retrieves[_Whole, _Streamed]

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


signed_like(GeneratedResponses.create, Responses.parse)
signed_like(GeneratedResponses.create, Responses.stream, without="stream")
signed_like(GeneratedAsyncResponses.create, AsyncResponses.parse)
signed_like(GeneratedAsyncResponses.create, AsyncResponses.stream, without="stream")
