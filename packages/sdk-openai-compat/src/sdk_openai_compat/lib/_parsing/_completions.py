"""
Chat completions: what is sent for a type, and what the answer is as that type.

https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sdk_core.errors import ConfigurationError
from sdk_core.typing import NotGiven, Omit, omit

from ..._errors import ContentFilterFinishReasonError, LengthFinishReasonError
from .._chat_models import (
    ParsedChatCompletion,
    ParsedChatCompletionMessage,
    ParsedChoice,
    ParsedFunction,
    ParsedFunctionToolCall,
)
from .._objects import recast
from .._pydantic import name_of, strict_schema_of, to_strict_json_schema
from ._reading import is_rich, read_arguments, read_text, tool_named

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from sdk_inference_api.models import ChatCompletion, ChatCompletionMessage

    ResponseFormatT = TypeVar("ResponseFormatT", default=None)
else:
    from typing import TypeVar

    ResponseFormatT = TypeVar("ResponseFormatT")

__all__ = [
    "ResponseFormatT",
    "format_of",
    "get_input_tool_by_name",
    "has_parseable_input",
    "has_rich_response_format",
    "is_parseable_tool",
    "is_response_format_param",
    "materialize_input_tools",
    "maybe_parse_content",
    "parse_chat_completion",
    "parse_function_tool_arguments",
    "tools_in",
    "type_to_response_format_param",
    "validate_input_tools",
]


def type_to_response_format_param(response_format: Any) -> Any:
    """
    Return what is sent as ``response_format`` for a type; a dictionary, or `omit`, is itself.

    Raises:
        ConfigurationError: A strict schema cannot say what the type says.
        TypeError: It is no type that pydantic knows.
    """
    if not is_rich(response_format):
        return omit if isinstance(response_format, NotGiven) else response_format
    return _format(response_format, to_strict_json_schema(response_format))


def format_of(response_format: Any) -> Any:
    """Return the same, to be sent only: its schema is shared."""
    if not is_rich(response_format):
        return response_format
    return _format(response_format, strict_schema_of(response_format))


def _format(wanted: Any, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"schema": schema, "name": name_of(wanted), "strict": True},
    }


def tools_in(tools: Any) -> list[Any]:
    """Return *tools* as a list, which is empty if none were given."""
    return [] if tools is None or isinstance(tools, (Omit, NotGiven)) else list(tools)


def materialize_input_tools(tools: Iterable[Any] | Omit = omit) -> list[Any] | Omit:
    """Return *tools* as a list, because they are read more than once."""
    return omit if isinstance(tools, (Omit, NotGiven)) else list(tools)


def validate_input_tools(tools: Iterable[Any] | Omit = omit) -> list[Any] | Omit:
    """
    Return *tools* as a list, of which the arguments of each can be parsed.

    Raises:
        ConfigurationError: One is no function, or no strict one.
    """
    given = materialize_input_tools(tools)
    for position, tool in enumerate(tools_in(given)):
        if tool.get("type") != "function":
            msg = (
                f"`tools[{position}]` is of the type {tool.get('type')!r}, and only arguments of "
                "functions can be parsed; use `create` or `stream` for others"
            )
            raise ConfigurationError(msg)
        function = tool.get("function", {})
        if function.get("strict") is not True:
            msg = (
                f"the function `{function.get('name')}` in `tools[{position}]` is not strict, so "
                "that its arguments cannot be parsed; set `strict`, or use `create`"
            )
            raise ConfigurationError(msg)
    return given


def parse_chat_completion(
    *, response_format: Any, input_tools: Iterable[Any] | Omit, chat_completion: ChatCompletion
) -> ParsedChatCompletion[Any]:
    """
    Return *chat_completion* with its texts and arguments parsed.

    Args:
        response_format: The type of the text; a dictionary or `omit` leaves it alone.
        input_tools: The tools of the request.
        chat_completion: The answer, which stays as it is.

    Raises:
        LengthFinishReasonError: The answer is not whole.
        ContentFilterFinishReasonError: The answer was withheld.
        pydantic.ValidationError: The text is not what was asked for.
    """
    tools = tools_in(input_tools)
    choices = []
    for choice in chat_completion.choices:
        if choice.finish_reason == "length":
            raise LengthFinishReasonError(completion=chat_completion)
        if choice.finish_reason == "content_filter":
            raise ContentFilterFinishReasonError(completion=chat_completion)
        message = choice.message
        changes: dict[str, Any] = {"parsed": maybe_parse_content(response_format, message)}
        if message.tool_calls:
            changes["tool_calls"] = [_parsed_call(call, tools) for call in message.tool_calls]
        parsed: Any = recast(message, ParsedChatCompletionMessage, **changes)
        choices.append(recast(choice, ParsedChoice, message=parsed))
    return recast(chat_completion, ParsedChatCompletion, choices=choices)


def _parsed_call(call: Any, tools: list[Any]) -> Any:
    if call.type != "function":
        return call
    found = parse_function_tool_arguments(input_tools=tools, function=call.function)
    function = recast(call.function, ParsedFunction, parsed_arguments=found)
    return recast(call, ParsedFunctionToolCall, function=function)


def get_input_tool_by_name(*, input_tools: list[Any], name: str) -> Any:
    """Return the function tool that is called *name*, or None."""
    return tool_named(input_tools, name)


def parse_function_tool_arguments(*, input_tools: list[Any], function: Any) -> Any:
    """Return the arguments of a call as its tool says; None if the tool is unknown or lax."""
    tool = tool_named(input_tools, function.name)
    return None if tool is None else read_arguments(tool["function"], function.arguments)


def maybe_parse_content(
    response_format: Any, message: ChatCompletionMessage | ParsedChatCompletionMessage[Any]
) -> Any:
    """Return the text of *message* as the type asked for; None without one, and for refusals."""
    if is_rich(response_format) and message.content and not message.refusal:
        return read_text(response_format, message.content)
    return None


def has_parseable_input(*, response_format: Any, input_tools: Iterable[Any] | Omit = omit) -> bool:
    """Say whether an answer to such a request holds something to parse."""
    return is_rich(response_format) or any(map(is_parseable_tool, tools_in(input_tools)))


def has_rich_response_format(response_format: Any) -> bool:
    """Say whether the text is to be read as a type."""
    return is_rich(response_format)


def is_response_format_param(response_format: object) -> bool:
    """Say whether it is a format as it is sent."""
    return isinstance(response_format, Mapping)


def is_parseable_tool(input_tool: Any) -> bool:
    """Say whether the arguments of calls of the tool are parsed."""
    if input_tool.get("type") != "function":
        return False
    function = input_tool.get("function", {})
    return getattr(function, "model", None) is not None or bool(function.get("strict"))
