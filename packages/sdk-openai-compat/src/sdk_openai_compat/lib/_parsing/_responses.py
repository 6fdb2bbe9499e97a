"""
Responses: what is sent for a type, and what the answer is as that type.

https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sdk_core.errors import ConfigurationError
from sdk_core.models import BaseModel, construct
from sdk_core.typing import NotGiven, Omit, omit
from sdk_inference_api.models import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputText,
)

from ..._errors import ArgumentTypeError
from .._objects import recast
from .._response_models import (
    ParsedResponse,
    ParsedResponseFunctionToolCall,
    ParsedResponseOutputMessage,
    ParsedResponseOutputText,
)
from .._tools import PydanticFunctionTool, ResponsesPydanticFunctionTool
from ._completions import format_of, tools_in, type_to_response_format_param
from ._reading import is_rich, read_arguments, read_text

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from sdk_inference_api.models import Response

    TextFormatT = TypeVar("TextFormatT", default=None)
else:
    from typing import TypeVar

    TextFormatT = TypeVar("TextFormatT")

ModelT = TypeVar("ModelT", bound=BaseModel)

__all__ = [
    "TextFormatT",
    "get_input_tool_by_name",
    "parse_function_tool_arguments",
    "parse_response",
    "parse_text",
    "parsed_as",
    "text_with",
    "tools_of",
    "type_to_text_format_param",
]

_LEFT_OUT = (Omit, NotGiven)


def type_to_text_format_param(type_: Any) -> dict[str, Any]:
    """Return what is sent as ``text.format`` for a type; see `type_to_response_format_param`."""
    return _flat(type_to_response_format_param(type_))


def _flat(found: Any) -> dict[str, Any]:
    schema = found["json_schema"]
    return {
        "type": "json_schema",
        "strict": True,
        "name": schema["name"],
        "schema": schema["schema"],
    }


def text_with(text: Any, text_format: Any) -> Any:
    """
    Return the *text* of a request with the format of *text_format*, if that is a type.

    Raises:
        ArgumentTypeError: There is a format already.
        ConfigurationError: A strict schema cannot say what the type says.
    """
    if not is_rich(text_format):
        return text
    known = {} if text is None or isinstance(text, _LEFT_OUT) else dict(text)
    if "format" in known:
        msg = "`text_format` and `text['format']` say the same thing; give one of them"
        raise ArgumentTypeError(msg)
    return {**known, "format": _flat(format_of(text_format))}


def parsed_as(sent: Any, text: Any, text_format: Any, parse_as: Any) -> Any:
    """
    Return the type that the text of the answer is read as; `omit` for none.

    Args:
        sent: The input of the request, in which the last update of the configuration decides.
        text: The form of the text in the request.
        text_format: The type that was asked for.
        parse_as: The type after such an update; None to read plain text.

    Raises:
        ArgumentTypeError: The update asks for something else than what is to be read.
    """
    if parse_as is None:
        return omit
    given = not isinstance(parse_as, _LEFT_OUT)
    update = _last_format(sent)
    if update is not None and update.get("type") == "text":
        if given:
            msg = "`parse_as` names a type, but `input` changes the format to plain text"
            raise ArgumentTypeError(msg)
        return omit
    if update is not None and is_rich(text_format) and not given:
        asked = text.get("format") if isinstance(text, Mapping) else None
        if update != asked:
            msg = (
                "`input` changes the format of the text; say in `parse_as` which type that is, "
                "or `parse_as=None` to read `output_text` yourself"
            )
            raise ArgumentTypeError(msg)
    return parse_as if given else text_format


def _last_format(sent: Any) -> Mapping[str, Any] | None:
    """Return the format of the text that the last update of the configuration sets."""
    for item in reversed(sent if isinstance(sent, list) else []):
        if isinstance(item, Mapping) and item.get("type") == "configuration_update":
            text = item.get("text")
            update = text.get("format") if isinstance(text, Mapping) else None
            if isinstance(update, Mapping):
                return update
    return None


def tools_of(tools: Any) -> Any:
    """
    Return *tools* as a list; those of `pydantic_function_tool` in the shape of this API.

    Raises:
        ConfigurationError: A tool has the shape of chat completions, and is no such one.
    """
    if tools is None or isinstance(tools, _LEFT_OUT):
        return omit
    return [_tool(tool, position) for position, tool in enumerate(tools)]


def _tool(tool: Any, position: int) -> Any:
    kind = tool.get("type")
    if kind == "namespace":
        return {**tool, "tools": list(tool["tools"])}
    if kind != "function" or "function" not in tool:
        return tool
    function = tool["function"]
    if not isinstance(function, PydanticFunctionTool):
        msg = (
            f"`tools[{position}]` has the shape of chat completions; write its `name`, `parameters` "
            "and so on beside `type`, or use `pydantic_function_tool`"
        )
        raise ConfigurationError(msg)
    return ResponsesPydanticFunctionTool({"type": "function", **function}, function.model)


def parse_response(
    *, text_format: Any, input_tools: Iterable[Any] | Omit | None, response: Response
) -> ParsedResponse[Any]:
    """
    Return *response* with its texts and arguments parsed.

    Args:
        text_format: The type of the text; `omit` leaves it alone.
        input_tools: The tools of the request.
        response: The answer, which stays as it is.

    Raises:
        pydantic.ValidationError: The text is not what was asked for.
    """
    output: list[Any] = []
    for item in response.output or ():
        kind = getattr(item, "type", None)
        if kind == "message":
            output.append(_message(known_as(ResponseOutputMessage, item), text_format))
        elif kind == "function_call":
            item = known_as(ResponseFunctionToolCall, item)  # noqa: PLW2901  # the same, typed
            found = parse_function_tool_arguments(input_tools=input_tools, function_call=item)
            output.append(recast(item, ParsedResponseFunctionToolCall, parsed_arguments=found))
        else:
            output.append(item)
    return recast(response, ParsedResponse, output=output)


def known_as(model: type[ModelT], value: Any) -> ModelT:
    """Return *value*, that a server left something out of, as the *model* that its type names."""
    return value if isinstance(value, model) else construct(model, value.to_dict())


def _message(item: Any, text_format: Any) -> Any:
    parts = []
    for part in item.content or ():
        if getattr(part, "type", None) == "output_text":
            parsed = parse_text(part.text, text_format, phase=item.phase)
            known = known_as(ResponseOutputText, part)
            parts.append(recast(known, ParsedResponseOutputText, parsed=parsed))
        else:
            parts.append(part)
    return recast(item, ParsedResponseOutputMessage, content=parts)


def parse_text(text: str, text_format: Any, *, phase: str | None) -> Any:
    """Return *text* as the type asked for; None for what is on the way to the answer."""
    if not is_rich(text_format) or phase not in (None, "final_answer"):
        return None
    return read_text(text_format, text)


def get_input_tool_by_name(
    *, input_tools: Iterable[Any], name: str, namespace: str | None = None
) -> Any:
    """Return the function tool that is called *name*, of a *namespace* if one is said; or None."""
    tools = list(input_tools)
    if namespace is not None:
        for tool in tools:
            if tool.get("type") == "namespace" and tool.get("name") == namespace:
                return _function(tool["tools"], name)
        if namespace != name:  # a tool that is found by search is its own namespace
            return None
    return _function(tools, name)


def _function(tools: Iterable[Any], name: str) -> Any:
    for tool in tools:
        if tool.get("type") == "function" and tool.get("name") == name:
            return tool
    return None


def parse_function_tool_arguments(
    *, input_tools: Iterable[Any] | Omit | None, function_call: Any
) -> Any:
    """Return the arguments of a call as its tool says; None if the tool is unknown or lax."""
    tool = get_input_tool_by_name(
        input_tools=tools_in(input_tools),
        name=function_call.name,
        namespace=function_call.namespace,
    )
    return None if tool is None else read_arguments(tool, function_call.arguments)
