"""What has come of a chat completion: sans-IO, shared by both colours of stream."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic

from sdk_core.typing import Omit, omit

from ...._errors import (
    ContentFilterFinishReasonError,
    LengthFinishReasonError,
    NothingYetError,
)
from ...._quirks._chunks import ChatChunks
from ..._chat_models import ParsedChatCompletion
from ..._objects import adopt, fill, late
from ..._parsing import ResponseFormatT, has_parseable_input, parse_chat_completion
from ..._parsing._completions import tools_in
from .._texts import merged
from ._choices import Choice
from ._events import ChatCompletionStreamEvent, ChunkEvent
from ._types import ParsedChatCompletionSnapshot

if TYPE_CHECKING:
    from sdk_inference_api.models import ChatCompletionChunk
    from sdk_inference_api.params import ChatCompletionToolUnionParam

__all__ = ["ChatCompletionStreamState", "completion_of"]

_FIELDS: dict[str, Any] = dict.fromkeys(ParsedChatCompletion.model_fields)
_FIRST = frozenset({"id", "created", "model"})
_NOT_OF_THE_WHOLE = frozenset({"object", "choices", "obfuscation"})
_ENDED: dict[str, Any] = {
    "length": LengthFinishReasonError,
    "content_filter": ContentFilterFinishReasonError,
}


class ChatCompletionStreamState(Generic[ResponseFormatT]):
    """
    Makes a chat completion of its chunks.

    ``chat.completions.stream`` uses it; so can who has chunks from somewhere else::

        state = ChatCompletionStreamState()
        for chunk in client.chat.completions.create(..., stream=True):
            state.handle_chunk(chunk)
        completion = state.get_final_completion()

    Args:
        input_tools: The tools of the request, whose calls' arguments are parsed.
        response_format: The type of the text; or the format that was sent, which parses nothing.
    """

    def __init__(
        self,
        *,
        input_tools: Iterable[ChatCompletionToolUnionParam] | Omit = omit,
        response_format: type[ResponseFormatT] | Any | Omit = omit,
    ) -> None:
        self._tools = tools_in(input_tools)
        self._wanted: Any = response_format
        self._parses = has_parseable_input(response_format=response_format, input_tools=self._tools)
        self._mender = ChatChunks()
        self._known: dict[str, Any] | None = None  # members of the completion
        self._extra: dict[str, Any] = {}
        self._choices: dict[int, Choice] = {}
        self._completion: Any = adopt(ParsedChatCompletion, {})

    def handle_chunk(
        self, chunk: ChatCompletionChunk
    ) -> list[ChatCompletionStreamEvent[ResponseFormatT]]:
        """
        Add a *chunk*, and return the events that it makes, in order.

        Raises:
            LengthFinishReasonError: There was something to parse, and the answer is not whole.
            ContentFilterFinishReasonError: There was something to parse, and it was withheld.
            ValueError: What is complete now is not what was asked for.
        """
        mended = self._mender.mend(chunk)
        return [] if mended is None else self.take(mended)

    def take(self, chunk: Any) -> list[ChatCompletionStreamEvent[ResponseFormatT]]:
        """Add a *chunk* that a client gave, and return its events; see `handle_chunk`."""
        self._note(chunk)
        events: list[Any] = [late(ChunkEvent, {"type": "chunk", "chunk": chunk}, self)]
        for choice in chunk.choices:
            found = self._choices.get(choice.index)
            if found is None:
                found = Choice(choice.index, self._wanted, self._tools)
                self._choices[choice.index] = found
            found.take(choice, events)
            if choice.finish_reason:
                if choice.finish_reason in _ENDED and self._parses:
                    raise _ENDED[choice.finish_reason](completion=self.current_completion_snapshot)
                found.finish(events)
        return events

    def _note(self, chunk: Any) -> None:
        """Take over what *chunk* says of the whole completion."""
        known = self._known
        if known is None:
            known = self._known = {}
        for name, value in chunk.__dict__.items():
            # Identity, model and time are those of the first chunk that has them, the rest the last.
            if value is None or name in _NOT_OF_THE_WHOLE or (name in _FIRST and known.get(name)):
                continue
            known[name] = value
        if extra := chunk.model_extra:
            self._extra = merged(self._extra, extra)

    @property
    def current_completion_snapshot(self) -> ParsedChatCompletionSnapshot:
        """
        The completion so far: one object, which is brought up to date when it is asked for.

        Raises:
            NothingYetError: No chunk has come.
        """
        if self._known is None:
            msg = "no chunk has come yet, so there is nothing to take a snapshot of"
            raise NothingYetError(msg)
        choices = [self._choices[index].snapshot() for index in sorted(self._choices)]
        values = {**_FIELDS, **self._known, "object": "chat.completion", "choices": choices}
        sent = {"object", "choices", *self._known}
        fill(self._completion, values, sent, self._extra)
        snapshot: ParsedChatCompletionSnapshot = self._completion
        return snapshot

    def so_far(self) -> ParsedChatCompletionSnapshot | None:
        """Return the completion so far; None if no chunk has come."""
        return None if self._known is None else self.current_completion_snapshot

    def get_final_completion(self) -> ParsedChatCompletion[ResponseFormatT]:
        """
        Return the completion with its texts and arguments parsed; complete it has to be by now.

        Raises:
            LengthFinishReasonError: The answer is not whole.
            ContentFilterFinishReasonError: The answer was withheld.
            pydantic.ValidationError: The text is not what was asked for.
        """
        return parse_chat_completion(
            chat_completion=self.current_completion_snapshot,
            response_format=self._wanted,
            input_tools=self._tools,
        )


def completion_of(chunks: Iterable[Any]) -> Any:
    """Return the completion that *chunks*, which need not be all, make; None if there are none."""
    state: ChatCompletionStreamState[Any] = ChatCompletionStreamState()
    for chunk in chunks:
        with suppress(ValueError):  # what broke the stream may be a chunk that is none
            state.handle_chunk(chunk)
    return state.so_far()
