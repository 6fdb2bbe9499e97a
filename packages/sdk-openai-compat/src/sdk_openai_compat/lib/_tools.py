"""Function tools whose arguments are pydantic models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sdk_core.typing import Omit, omit

from .._errors import ArgumentTypeError
from ._pydantic import is_basemodel_type, name_of, to_strict_json_schema

if TYPE_CHECKING:
    import pydantic

    from sdk_inference_api.params import (
        ChatCompletionFunctionToolParam,
        FunctionDefinitionParam,
        FunctionToolParam,
    )

__all__ = [
    "PydanticFunctionTool",
    "ResponsesPydanticFunctionTool",
    "pydantic_function_tool",
    "pydantic_responses_function_tool",
]


class PydanticFunctionTool(dict[str, Any]):
    """
    The definition of a function, as it is sent, that knows the model of its arguments.

    Attributes:
        model: What the arguments of a call are read into.
    """

    model: type[pydantic.BaseModel]

    def __init__(
        self, defn: FunctionDefinitionParam | dict[str, Any], model: type[pydantic.BaseModel]
    ) -> None:
        super().__init__(defn)
        self.model = model

    def cast(self) -> FunctionDefinitionParam:
        """Return itself, by the name that type checkers know."""
        return cast("FunctionDefinitionParam", self)


class ResponsesPydanticFunctionTool(dict[str, Any]):
    """The same for the Responses API, whose tools are not nested."""

    model: type[pydantic.BaseModel]

    def __init__(
        self, tool: FunctionToolParam | dict[str, Any], model: type[pydantic.BaseModel]
    ) -> None:
        super().__init__(tool)
        self.model = model

    def cast(self) -> FunctionToolParam:
        """Return itself, by the name that type checkers know."""
        return cast("FunctionToolParam", self)


def pydantic_function_tool(
    model: type[pydantic.BaseModel], *, name: str | None = None, description: str | None = None
) -> ChatCompletionFunctionToolParam:
    """
    Return a strict function tool for chat completions, with *model* for its arguments.

    With ``chat.completions.parse`` and ``.stream`` the arguments of its calls arrive as objects of
    *model*, as ``tool_calls[i].function.parsed_arguments``.

    Args:
        model: The arguments.
        name: What the model (of the server) calls it. Default: the name of *model*.
        description: When and how to call it. Default: the docstring of *model*.

    Raises:
        ConfigurationError: A strict schema cannot say what *model* says.
    """
    function = PydanticFunctionTool(_definition(model, name, description), model)
    return {"type": "function", "function": function.cast()}


def pydantic_responses_function_tool(
    model: type[pydantic.BaseModel],
    *,
    name: str | None = None,
    description: str | None = None,
    defer_loading: bool | Omit = omit,
) -> FunctionToolParam:
    """
    Return a strict function tool for the Responses API; see `pydantic_function_tool`.

    Args:
        model: The arguments.
        name: What the model (of the server) calls it. Default: the name of *model*.
        description: When and how to call it. Default: the docstring of *model*.
        defer_loading: Whether the model has to search for the tool before it knows it.
    """
    tool = {"type": "function", **_definition(model, name, description)}
    if not isinstance(defer_loading, Omit):
        tool["defer_loading"] = defer_loading
    return ResponsesPydanticFunctionTool(tool, model).cast()


def _definition(model: Any, name: str | None, description: str | None) -> dict[str, Any]:
    if not is_basemodel_type(model):
        msg = f"`model` must be a class of pydantic models, not {model!r}"
        raise ArgumentTypeError(msg)
    if description is None:
        description = model.__doc__  # its own, and not what it inherits
    definition = {
        "name": name or name_of(model),
        "strict": True,
        "parameters": to_strict_json_schema(model),
    }
    return definition if description is None else {**definition, "description": description}
