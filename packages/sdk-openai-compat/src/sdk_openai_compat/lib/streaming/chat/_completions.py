"""The streams of ``chat.completions.stream``, in both colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from ..._chat_models import ParsedChatCompletion
from ..._parsing import ResponseFormatT
from .._twins import AsyncEventStream, AsyncManager, EventStream, Manager
from ._state import ChatCompletionStreamState
from ._types import ParsedChatCompletionSnapshot

if TYPE_CHECKING:
    from sdk_core.streams import AsyncStream, Stream
    from sdk_inference_api.models import ChatCompletionChunk

    from ._events import ChatCompletionStreamEvent

    _Events: TypeAlias = EventStream[ChatCompletionStreamEvent[ResponseFormatT]]
    _AsyncEvents: TypeAlias = AsyncEventStream[ChatCompletionStreamEvent[ResponseFormatT]]
else:  # a union takes no parameters at run time
    _Events, _AsyncEvents = EventStream, AsyncEventStream

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncChatCompletionStreamManager",
    "ChatCompletionStream",
    "ChatCompletionStreamManager",
    "ChatCompletionStreamState",
]


class _Accumulating(Generic[ResponseFormatT]):
    _state: ChatCompletionStreamState[ResponseFormatT]

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletionSnapshot:
        """
        The completion so far: one object, which is brought up to date when it is asked for.

        Raises:
            NothingYetError: No chunk has come.
        """
        return self._state.current_completion_snapshot


class ChatCompletionStream(_Events[ResponseFormatT], _Accumulating[ResponseFormatT]):
    """
    Iterate over the events of a chat completion while it comes.

    What goes wrong in mid-stream is an `APIError` whose ``partial`` is the completion so far.
    """

    def __init__(
        self,
        *,
        raw_stream: Stream[ChatCompletionChunk],
        response_format: type[ResponseFormatT] | Any,
        input_tools: Any,
    ) -> None:
        self._state = ChatCompletionStreamState(
            response_format=response_format, input_tools=input_tools
        )
        super().__init__(raw_stream, self._state)

    def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """
        Read to the end, and return the completion with its texts and arguments parsed.

        Raises:
            APIError: The answer did not come to its end.
            LengthFinishReasonError: It is not whole.
            ContentFilterFinishReasonError: It was withheld.
            pydantic.ValidationError: The text is not what was asked for.
        """
        self.until_done()
        return self._state.get_final_completion()


class AsyncChatCompletionStream(_AsyncEvents[ResponseFormatT], _Accumulating[ResponseFormatT]):
    """The asynchronous twin of `ChatCompletionStream`."""

    def __init__(
        self,
        *,
        raw_stream: AsyncStream[ChatCompletionChunk],
        response_format: type[ResponseFormatT] | Any,
        input_tools: Any,
    ) -> None:
        self._state = ChatCompletionStreamState(
            response_format=response_format, input_tools=input_tools
        )
        super().__init__(raw_stream, self._state)

    async def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """Read to the end, and return the completion; see the same of `ChatCompletionStream`."""
        await self.until_done()
        return self._state.get_final_completion()


class ChatCompletionStreamManager(Manager[ChatCompletionStream[ResponseFormatT]]):
    """Opens and closes a `ChatCompletionStream`: ``with client.chat.completions.stream(...)``."""

    _kind = ChatCompletionStream


class AsyncChatCompletionStreamManager(AsyncManager[AsyncChatCompletionStream[ResponseFormatT]]):
    """The asynchronous twin of `ChatCompletionStreamManager`."""

    _kind = AsyncChatCompletionStream
