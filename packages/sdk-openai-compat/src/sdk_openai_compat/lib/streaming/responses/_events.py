"""Events of a response that say more here than in the API."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

from sdk_inference_api import models

from ..._objects import Late, Of
from ..._response_models import ParsedResponse

__all__ = [
    "ResponseCompletedEvent",
    "ResponseFunctionCallArgumentsDeltaEvent",
    "ResponseTextDeltaEvent",
    "ResponseTextDoneEvent",
]

ContentT = TypeVar("ContentT")


class ResponseTextDeltaEvent(Late, models.ResponseTextDeltaEvent):
    """The next piece of a text."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot",)

    snapshot: str
    """The text so far."""

    def _make(self, name: str, source: Any) -> Any:  # noqa: ARG002  # there is one
        text, end = source
        return text.upto(end)


class ResponseTextDoneEvent(Of[ContentT], models.ResponseTextDoneEvent):
    """A text is complete."""

    parsed: ContentT | None = None
    """The text as the type that was asked for."""


class ResponseFunctionCallArgumentsDeltaEvent(Late, models.ResponseFunctionCallArgumentsDeltaEvent):
    """The next piece of a function's arguments."""

    late_fields: ClassVar[tuple[str, ...]] = ("snapshot",)

    snapshot: str
    """Their JSON text so far."""

    def _make(self, name: str, source: Any) -> Any:  # noqa: ARG002  # there is one
        text, end = source
        return text.upto(end)


class ResponseCompletedEvent(Of[ContentT], models.ResponseCompletedEvent):
    """The answer is complete."""

    response: ParsedResponse[ContentT]
    """The answer, with its texts and arguments parsed."""
