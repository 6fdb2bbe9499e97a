"""Chat completions whose text and tool calls have been parsed."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from pydantic import SerializeAsAny

from sdk_inference_api.models import (
    ChatCompletion,
    ChatCompletionChoice,
    ChatCompletionMessage,
    ChatCompletionMessageFunctionToolCall,
    FunctionCall,
)

from ._objects import Of

__all__ = [
    "ParsedChatCompletion",
    "ParsedChatCompletionMessage",
    "ParsedChoice",
    "ParsedFunction",
    "ParsedFunctionToolCall",
]

ContentT = TypeVar("ContentT")


class ParsedFunction(FunctionCall):
    """A function's name and its arguments."""

    __api_exclude__: ClassVar[Any] = {"parsed_arguments"}

    parsed_arguments: Any = None
    """
    The arguments as the model of `pydantic_function_tool`; for other strict functions, as JSON.
    """


class ParsedFunctionToolCall(ChatCompletionMessageFunctionToolCall):
    """A call of a function."""

    __api_exclude__: ClassVar[Any] = {"index": True, "function": {"parsed_arguments"}}

    function: ParsedFunction
    """The function that the model called."""


class ParsedChatCompletionMessage(Of[ContentT], ChatCompletionMessage):
    """A message of the model."""

    __api_exclude__: ClassVar[Any] = {
        "parsed": True,
        "tool_calls": {"__all__": ParsedFunctionToolCall.__api_exclude__},
    }

    parsed: ContentT | None = None
    """The text as the type that was asked for; None if there is no text, or a refusal."""

    # Calls of other tools are kept, too.
    tool_calls: list[SerializeAsAny[ParsedFunctionToolCall]] | None = None  # type: ignore[assignment]  # narrower, as in openai
    """The tools that the model wants called."""


class ParsedChoice(Of[ContentT], ChatCompletionChoice):
    """One answer to the conversation."""

    message: ParsedChatCompletionMessage[ContentT]
    """A message of the model."""


class ParsedChatCompletion(Of[ContentT], ChatCompletion):
    """A whole answer to a conversation."""

    choices: list[ParsedChoice[ContentT]]  # type: ignore[assignment]  # as above
    """The answers, `n` of them."""
