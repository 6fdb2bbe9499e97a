"""Responses with their text at hand, and those whose text and function calls have been parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias, TypeVar

from pydantic import SerializeAsAny, field_serializer

from sdk_core.models import Tagged
from sdk_inference_api.models import Response as GeneratedResponse
from sdk_inference_api.models import (
    ResponseFunctionToolCall,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
)

from ._objects import Of

if TYPE_CHECKING:  # importing all items would be most of what one costs
    from ._response_items import ParsedResponseOutputItem

__all__ = [
    "ParsedContent",
    "ParsedResponse",
    "ParsedResponseFunctionToolCall",
    "ParsedResponseOutputMessage",
    "ParsedResponseOutputText",
    "Response",
]

ContentT = TypeVar("ContentT")


class Response(GeneratedResponse):
    """An answer with tools."""

    @property
    def output_text(self) -> str:
        """All texts of its messages, one behind the other; empty if there are none."""
        return "".join(
            part.text
            for item in self.output or ()
            if item.type == "message"
            for part in item.content or ()
            if part.type == "output_text" and part.text is not None
        )


class ParsedResponseOutputText(Of[ContentT], ResponseOutputText):
    """A text."""

    __api_exclude__: ClassVar[Any] = {"parsed"}

    parsed: ContentT | None = None
    """The text as the type that was asked for."""


ParsedContent: TypeAlias = Annotated[
    ParsedResponseOutputText[ContentT] | ResponseOutputRefusal, Tagged("type")
]


class ParsedResponseOutputMessage(Of[ContentT], ResponseOutputMessage):
    """A message of the model."""

    __api_exclude__: ClassVar[Any] = {"content": {"__all__": {"parsed"}}}

    content: list[  # type: ignore[assignment]  # narrower, as in openai
        SerializeAsAny[
            Annotated[ParsedResponseOutputText[ContentT] | ResponseOutputRefusal, Tagged("type")]
        ]
    ]
    """The parts of the message."""


class ParsedResponseFunctionToolCall(ResponseFunctionToolCall):
    """A function that the model wants called."""

    __api_exclude__: ClassVar[Any] = {"parsed_arguments"}

    parsed_arguments: Any = None
    """
    The arguments as the model of the tool; for other strict functions, as JSON.
    """


class ParsedResponse(Of[ContentT], Response):
    """An answer with tools, with its texts and arguments parsed."""

    if TYPE_CHECKING:
        output: list[ParsedResponseOutputItem[ContentT]]  # type: ignore[assignment]  # as above
        """What the model wrote and did."""

    @field_serializer("output")
    def _as_they_are(self, output: Any) -> Any:
        return output  # and not as the classes that the base declares

    @property
    def output_parsed(self) -> ContentT | None:
        """The first text that was parsed; None if there is none."""
        for item in self.output or ():
            if item.type == "message":
                for part in item.content or ():
                    parsed: ContentT | None = getattr(part, "parsed", None)
                    if parsed is not None:
                        return parsed
        return None
