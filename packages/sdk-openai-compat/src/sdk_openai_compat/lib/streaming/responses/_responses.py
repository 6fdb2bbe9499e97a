"""The streams of ``responses.stream``, in both colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeAlias

from ..._parsing._responses import TextFormatT
from ..._response_models import ParsedResponse
from .._twins import AsyncEventStream, AsyncManager, EventStream, Manager
from ._state import ResponseStreamState

if TYPE_CHECKING:
    from sdk_core.streams import AsyncStream, Stream

    from ._all_events import ResponseStreamEvent

    _Events: TypeAlias = EventStream[ResponseStreamEvent[TextFormatT]]
    _AsyncEvents: TypeAlias = AsyncEventStream[ResponseStreamEvent[TextFormatT]]
else:  # a union takes no parameters at run time
    _Events, _AsyncEvents = EventStream, AsyncEventStream

__all__ = [
    "AsyncResponseStream",
    "AsyncResponseStreamManager",
    "ResponseStream",
    "ResponseStreamManager",
    "ResponseStreamState",
]


class _Accumulating(Generic[TextFormatT]):
    """
    What both colours have in common: the state, of whose events only later ones are given.

    A response that is resumed is read from its beginning, so that snapshots are whole.
    """

    def __init__(self, text_format: Any, input_tools: Any, starting_after: int | None) -> None:
        self._state: ResponseStreamState[TextFormatT] = ResponseStreamState(
            text_format=text_format, input_tools=input_tools
        )
        self._starting_after = starting_after

    def _started(self) -> _Started[TextFormatT] | ResponseStreamState[TextFormatT]:
        if self._starting_after is None:
            return self._state
        return _Started(self._state, self._starting_after)


class _Started(Generic[TextFormatT]):
    """A state that keeps quiet about the events up to one that is known."""

    def __init__(self, state: ResponseStreamState[TextFormatT], known: int) -> None:
        self._state = state
        self._known = known
        self.so_far = state.so_far

    def take(self, event: Any, /) -> list[Any]:
        """Add an *event*, and return what it becomes, if it is a later one."""
        return [each for each in self._state.take(event) if each.sequence_number > self._known]


class ResponseStream(_Accumulating[TextFormatT], _Events[TextFormatT]):
    """
    Iterate over the events of a response while it comes.

    What goes wrong in mid-stream is an `APIError` whose ``partial`` is the response so far.
    """

    def __init__(
        self,
        *,
        raw_stream: Stream[Any],
        text_format: type[TextFormatT] | Any,
        input_tools: Any,
        starting_after: int | None = None,
    ) -> None:
        super().__init__(text_format, input_tools, starting_after)
        EventStream.__init__(self, raw_stream, self._started())

    def get_final_response(self) -> ParsedResponse[TextFormatT]:
        """
        Read to the end, and return the response with its texts and arguments parsed.

        Raises:
            APIError: It did not come to its end.
            UnfinishedResponseError: It failed, or is incomplete.
            pydantic.ValidationError: The text is not what was asked for.
        """
        self.until_done()
        return self._state.get_final_response()


class AsyncResponseStream(_Accumulating[TextFormatT], _AsyncEvents[TextFormatT]):
    """The asynchronous twin of `ResponseStream`."""

    def __init__(
        self,
        *,
        raw_stream: AsyncStream[Any],
        text_format: type[TextFormatT] | Any,
        input_tools: Any,
        starting_after: int | None = None,
    ) -> None:
        super().__init__(text_format, input_tools, starting_after)
        AsyncEventStream.__init__(self, raw_stream, self._started())

    async def get_final_response(self) -> ParsedResponse[TextFormatT]:
        """Read to the end, and return the response; see the same of `ResponseStream`."""
        await self.until_done()
        return self._state.get_final_response()


class ResponseStreamManager(Manager[ResponseStream[TextFormatT]]):
    """Opens and closes a `ResponseStream`: ``with client.responses.stream(...)``."""

    _kind = ResponseStream


class AsyncResponseStreamManager(AsyncManager[AsyncResponseStream[TextFormatT]]):
    """The asynchronous twin of `ResponseStreamManager`."""

    _kind = AsyncResponseStream
