"""`client.responses.connect`: answers over a WebSocket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.sync.server import ServerConnection

from sdk_core.models import UnknownVariant
from sdk_inference_api import models

from ._sockets import Entered, Start, client, says, start

__all__ = ["start"]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sync", "asyncio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Both colours; there are no WebSockets in trio."""
    return str(request.param)


STEER = {"id": "steer_1", "previous_response_id": "resp_1"}
SCRIPT: list[Any] = [
    {"type": "response.output_text.delta", "delta": "Hi", "item_id": "msg_1", "stream_id": "a"},
    {"type": "response.steer.accepted", "steer": STEER, "sequence_number": 3},
    {"type": "response.steer.pending", "steer": STEER, "required_input": [{"type": "x"}]},
    {"type": "response.steer.failed", "steer": {**STEER, "input": "x"}, "error": {"message": "no"}},
    {"type": "error", "status": 400, "error": {"message": "no", "headers": {"a": "b"}}},
    {"type": "novel"},
]


async def test_answers_are_asked_for_and_come_as_typed_events(colour: str, start: Start) -> None:
    """Of several at a time each has its lane."""

    def talk(connection: ServerConnection) -> None:
        server.hears(connection)
        server.hears(connection)
        says(*SCRIPT)(connection)

    server = start(talk)
    made = client(colour, server.url, default_query={"v": "1"})
    async with Entered(made.responses.connect()) as socket:
        response = socket.made.response
        await socket.say(response.create, model="m", input="Hello", stream_id="a", generate=True)
        await socket.say(response.steer, input="Be brief", previous_response_id="resp_1")
        events = await socket.all()
    assert server.requests[0].path == "/v1/responses?v=1"
    assert server.heard == [
        {
            "type": "response.create",
            "model": "m",
            "input": "Hello",
            "stream_id": "a",
            "generate": True,
        },
        {"type": "response.steer", "input": "Be brief", "previous_response_id": "resp_1"},
    ]
    assert [type(event) for event in events] == [
        models.ResponseTextDeltaEvent,
        models.ResponseSteerAcceptedEvent,
        models.ResponseSteerPendingEvent,
        models.ResponseSteerFailedEvent,
        models.ResponseWsError,
        UnknownVariant,
    ]
    assert (events[0].stream_id, events[1].stream_id) == ("a", None)
    assert events[3].steer.input == "x"
    assert events[4].error.headers == {"a": "b"}


async def test_the_parameters_may_be_given_by_position(colour: str, start: Start) -> None:
    """Query, headers and options of the connection come first, as openai has it."""
    server = start(says())
    made = client(colour, server.url)
    async with Entered(made.responses.connect({"q": "1"}, {"x-a": "b"}, {"max_size": 9})) as socket:
        assert await socket.all() == []
    [asked] = server.requests
    assert (asked.path, asked.headers["x-a"]) == ("/v1/responses?q=1", "b")


async def test_a_mapping_is_sent_as_it_is(colour: str, start: Start) -> None:
    """Also one that this package does not know."""

    def talk(connection: ServerConnection) -> None:
        server.hears(connection)
        connection.send(json.dumps({"type": "response.created", "response": {}}))
        connection.close()

    server = start(talk)
    async with Entered(client(colour, server.url).responses.connect()) as socket:
        await socket.say(socket.made.send, event={"type": "novel"})
        assert [event.type for event in await socket.all()] == ["response.created"]
    assert server.heard == [{"type": "novel"}]
