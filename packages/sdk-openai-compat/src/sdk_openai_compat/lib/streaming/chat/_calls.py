"""One tool call of a streamed choice, and its events."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json

from sdk_core.models import construct
from sdk_inference_api.models import ChatCompletionMessageCustomToolCall

from ..._chat_models import ParsedFunction, ParsedFunctionToolCall
from ..._objects import adopt, fill, late
from ..._parsing._reading import read_arguments, read_part, tool_named
from .._texts import Text, merged, text_of
from ._events import FunctionToolCallArgumentsDeltaEvent, FunctionToolCallArgumentsDoneEvent

__all__ = ["Call"]


class Call:
    """
    A tool call, as far as it has come.

    Args:
        index: Its position among the calls.
        tools: The tools of the request.
    """

    def __init__(self, index: int, tools: list[Any]) -> None:
        self.index = index
        self._done = False
        self._tools = tools
        self._id: str | None = None
        self._type: str | None = None
        self._name = ""
        self._arguments = Text()
        self._others: dict[str, Any] = {}  # what is beside the function ...
        self._inside: dict[str, Any] = {}  # ... and in it, undeclared
        self._definition: Any = None  # of the tool that is called
        self._parsed: tuple[int, Any] = (-1, None)  # for how much of the arguments
        self._function = adopt(ParsedFunction, {"name": ""})
        self._call = adopt(ParsedFunctionToolCall, {})

    @property
    def is_function(self) -> bool:
        """Whether a function is called, as nearly always."""
        return self._type in (None, "function")

    def take(self, piece: Any) -> Any:
        """Add a *piece*, and return the event that tells of it, or None."""
        if not self._id:
            self._id = piece.id
        if not self._type:
            self._type = piece.type
        delta = ""
        self._done = False
        if (function := piece.function) is not None:
            if function.name and not self._name:
                self._name = function.name
                tool = tool_named(self._tools, function.name)
                self._definition = None if tool is None else tool["function"]
            if function.arguments is not None:
                delta = text_of(function.arguments)
                self._arguments.add(delta)
            if extra := function.model_extra:
                self._inside = merged(self._inside, extra)
        if extra := piece.model_extra:
            self._others = merged(self._others, extra)
        if not self.is_function:
            return None
        values = {
            "type": "tool_calls.function.arguments.delta",
            "name": self._name,
            "index": self.index,
            "arguments_delta": delta,
        }
        if not (self._arguments.length and self._is_strict()):
            values["parsed_arguments"] = None
        source = (self._arguments, self._arguments.length)
        return late(FunctionToolCallArgumentsDeltaEvent, values, source)

    def _is_strict(self) -> bool:
        return self._definition is not None and bool(self._definition.get("strict"))

    def end(self, *, finished: bool) -> Any:
        """
        Return the event of a complete call; None if it is none, or has been told of.

        Args:
            finished: Whether nothing more can come. If the next call has begun, more can: servers
                that write several at once go from one to the other and back.

        Raises:
            ValueError: The arguments are not what the tool takes.
        """
        if self._done or not self.is_function:
            return None
        arguments = self._arguments.whole()
        parsed = None
        try:
            if not finished:
                from_json(arguments)
            if self._definition is not None:
                parsed = read_arguments(self._definition, arguments)
        except ValueError:
            if finished:
                raise
            return None
        self._done = True
        self._parsed = (self._arguments.length, parsed)
        values = {
            "type": "tool_calls.function.arguments.done",
            "name": self._name,
            "index": self.index,
            "arguments": arguments,
            "parsed_arguments": parsed,
        }
        return adopt(FunctionToolCallArgumentsDoneEvent, values)

    def snapshot(self) -> Any:
        """Return the call so far: one object, brought up to date."""
        if not self.is_function:
            return self._custom()
        length, parsed = self._parsed
        if length != self._arguments.length and self._is_strict():
            parsed = read_part(self._arguments.whole())
            self._parsed = (self._arguments.length, parsed)
        vars(self._function)["arguments"] = None  # so that the text can grow in place
        function = {
            "name": self._name,
            "arguments": self._arguments.whole(),
            "parsed_arguments": parsed,
        }
        sent = {"name", "arguments"} if parsed is None else set(function)
        fill(self._function, function, sent, self._inside)
        call = {"id": self._id, "type": "function", "function": self._function}
        # openai leaves the index of the pieces on the call, too; it is not sent back.
        fill(self._call, call, set(call), {"index": self.index, **self._others})
        return self._call

    def _custom(self) -> Any:
        call = {"id": self._id, "type": self._type, **self._others}
        return construct(ChatCompletionMessageCustomToolCall, call)
