"""
Events of a chat completion that comes in chunks.

What an event says of the whole so far is made when it is read: a program that only prints deltas
pays for nothing else.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

from sdk_core.models import BaseModel
from sdk_inference_api.models import ChatCompletionChunk, ChatCompletionTokenLogprob

from ..._objects import Late, Of
from ..._parsing._reading import read_part
from ._types import ParsedChatCompletionSnapshot

__all__ = [
    "ChatCompletionStreamEvent",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "ParsedChatCompletionSnapshot",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
]

ContentT = TypeVar("ContentT")


class ChunkEvent(Late):
    """A chunk came, as the server sent it."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot",)

    type: Literal["chunk"]
    chunk: ChatCompletionChunk
    snapshot: ParsedChatCompletionSnapshot
    """The answer so far: one object, which is brought up to date when it is asked for."""

    def _make(self, name: str, source: Any) -> Any:  # noqa: ARG002  # there is one
        return source.current_completion_snapshot


class ContentDeltaEvent(Late):
    """More text came."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot", "parsed")

    type: Literal["content.delta"]
    delta: str
    snapshot: str
    """The text so far."""
    parsed: object | None = None
    """The JSON so far, where a type was asked for."""

    def _make(self, name: str, source: Any) -> Any:
        text, end = source
        return text.upto(end) if name == "snapshot" else read_part(self.snapshot)


class ContentDoneEvent(Of[ContentT], BaseModel):
    """The text is complete."""

    type: Literal["content.done"]
    content: str
    parsed: ContentT | None = None
    """The text as the type that was asked for."""


class RefusalDeltaEvent(Late):
    """More of a refusal came."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot",)

    type: Literal["refusal.delta"]
    delta: str
    snapshot: str
    """The refusal so far."""

    def _make(self, name: str, source: Any) -> Any:  # noqa: ARG002  # there is one
        text, end = source
        return text.upto(end)


class RefusalDoneEvent(BaseModel):
    """The refusal is complete."""

    type: Literal["refusal.done"]
    refusal: str


class FunctionToolCallArgumentsDeltaEvent(Late):
    """More of a function's arguments came."""

    late_fields: ClassVar[tuple[str, ...]] = ("arguments", "parsed_arguments")

    type: Literal["tool_calls.function.arguments.delta"]
    name: str
    index: int
    arguments: str
    """Their JSON text so far."""
    parsed_arguments: object
    """The JSON so far, where the function is strict."""
    arguments_delta: str

    def _make(self, name: str, source: Any) -> Any:
        text, end = source
        return text.upto(end) if name == "arguments" else read_part(self.arguments)


class FunctionToolCallArgumentsDoneEvent(BaseModel):
    """A function's arguments are complete."""

    type: Literal["tool_calls.function.arguments.done"]
    name: str
    index: int
    arguments: str
    """Their JSON text."""
    parsed_arguments: object
    """The arguments as the model of `pydantic_function_tool`; of other strict functions, as JSON."""


class _LogprobsDeltaEvent(Late):
    """More log probabilities came."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot",)

    def _make(self, name: str, source: Any) -> Any:  # noqa: ARG002  # there is one
        entries, end = source
        return entries[:end]


class LogprobsContentDeltaEvent(_LogprobsDeltaEvent):
    """More log probabilities of the text came."""

    type: Literal["logprobs.content.delta"]
    content: list[ChatCompletionTokenLogprob]
    snapshot: list[ChatCompletionTokenLogprob]
    """All so far."""


class LogprobsContentDoneEvent(BaseModel):
    """The log probabilities of the text are complete."""

    type: Literal["logprobs.content.done"]
    content: list[ChatCompletionTokenLogprob]


class LogprobsRefusalDeltaEvent(_LogprobsDeltaEvent):
    """More log probabilities of the refusal came."""

    type: Literal["logprobs.refusal.delta"]
    refusal: list[ChatCompletionTokenLogprob]
    snapshot: list[ChatCompletionTokenLogprob]
    """All so far."""


class LogprobsRefusalDoneEvent(BaseModel):
    """The log probabilities of the refusal are complete."""

    type: Literal["logprobs.refusal.done"]
    refusal: list[ChatCompletionTokenLogprob]


ChatCompletionStreamEvent: TypeAlias = (
    ChunkEvent
    | ContentDeltaEvent
    | ContentDoneEvent[ContentT]
    | RefusalDeltaEvent
    | RefusalDoneEvent
    | FunctionToolCallArgumentsDeltaEvent
    | FunctionToolCallArgumentsDoneEvent
    | LogprobsContentDeltaEvent
    | LogprobsContentDoneEvent
    | LogprobsRefusalDeltaEvent
    | LogprobsRefusalDoneEvent
)
