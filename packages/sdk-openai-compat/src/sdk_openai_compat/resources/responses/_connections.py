"""Connections of ``client.responses``, under openai's names."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Unpack

from sdk_core.operations import Ref

from ..._websockets.connections import (
    AsyncConnection,
    AsyncConnectionManager,
    Connection,
    ConnectionManager,
)
from ..._websockets.speaking import Speaking

R = TypeVar("R")

if TYPE_CHECKING:
    from sdk_inference_api import params
    from sdk_inference_api.arguments.responses import CreateResponseParamsBase
    from sdk_inference_api.models import ResponsesServerEvent as Event

    class CreateMembers(CreateResponseParamsBase, total=False):
        """The arguments of ``client.responses.create``, and what a WebSocket adds."""

        stream: bool | None
        generate: bool
        stream_id: str

else:  # would load pydantic
    Event = Any

__all__ = [
    "AsyncResponsesConnection",
    "AsyncResponsesConnectionManager",
    "AsyncResponsesResponseResource",
    "ResponsesConnection",
    "ResponsesConnectionManager",
    "ResponsesResponseResource",
]


class ResponseResource(Speaking[R]):
    """``connection.response``; one class for both colours."""

    def create(self, **members: Unpack[CreateMembers]) -> R:
        """
        Ask for an answer, whose events follow.

        Args:
            **members: Those of ``client.responses.create``; also ``stream_id``, a lane to have
                several answers at a time, and ``generate``: False only reads the input.
        """
        return self._say("response.create", members)

    def steer(self, *, input: params.ResponseInputParam, previous_response_id: str) -> R:  # noqa: A002  # openai's name
        """
        Add an input to an answer in progress; ``response.steer.accepted`` or ``.failed`` answers.

        Args:
            input: A text, or items.
            previous_response_id: Of the answer.
        """
        members = {"input": input, "previous_response_id": previous_response_id}
        return self._say("response.steer", members)


ResponsesResponseResource: TypeAlias = ResponseResource[None]
AsyncResponsesResponseResource: TypeAlias = ResponseResource[Coroutine[Any, Any, None]]

_EVENT = Ref("sdk_inference_api.models", "ResponsesServerEvent")


class ResponsesConnection(Connection[Event]):
    """Answers over a WebSocket."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.response = ResponsesResponseResource(self)


class AsyncResponsesConnection(AsyncConnection[Event]):
    """The asynchronous twin of `ResponsesConnection`."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.response = AsyncResponsesResponseResource(self)


class ResponsesConnectionManager(ConnectionManager[ResponsesConnection]):
    """What `responses.connect` returns."""


class AsyncResponsesConnectionManager(AsyncConnectionManager[AsyncResponsesConnection]):
    """What `responses.connect` of an asynchronous client returns."""
