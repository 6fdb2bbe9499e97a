"""`client.realtime.connect`: typed events over a WebSocket."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from queue import Queue
from typing import Any

import anyio
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from sdk_core.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    AuthenticationError,
    ConfigurationError,
    UnknownOptionError,
)
from sdk_core.models import UnknownVariant
from sdk_core.websockets import GoingAwayError, PolicyViolationError, WebSocketClosedError
from sdk_inference_api import models
from sdk_openai_compat import AsyncOpenAI

from ._clients import KEY
from ._sockets import (
    CREATED,
    SESSION,
    Entered,
    Start,
    breaks,
    client,
    connect,
    run,
    says,
    start,
)

__all__ = ["start"]

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["sync", "asyncio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Both colours; there are no WebSockets in trio."""
    return str(request.param)


PLACE = {"response_id": "resp_1", "item_id": "item_1", "output_index": 0, "content_index": 0}
CALL = {
    "type": "function_call",
    "id": "item_2",
    "call_id": "call_1",
    "name": "f",
    "arguments": "{}",
}
SCRIPT: list[Any] = [
    {"type": "response.created", "event_id": "ev_3", "response": {"id": "resp_1", "status": "in_progress"}},
    *({"type": "response.output_audio.delta", "delta": str(n), **PLACE} for n in range(3)),
    {"type": "response.output_audio.done", **PLACE},
    {"type": "response.output_item.done", "response_id": "resp_1", "output_index": 1, "item": CALL},
    {"type": "error", "event_id": "ev_9", "error": {"type": "invalid_request_error", "message": "no"}},
    {"type": "novel.event", "more": {"a": 1}},
    {"type": "response.done", "response": {"id": "resp_1", "status": "completed", "output": [CALL]}},
]  # fmt: skip


async def test_a_conversation_is_a_sequence_of_typed_events(colour: str, start: Start) -> None:
    """In the server's order, nothing lost; what is not known yet is kept with all its members."""

    def talk(connection: ServerConnection) -> None:
        connection.send(json.dumps(CREATED))
        update = server.hears(connection)
        connection.send(json.dumps({"type": "session.updated", "session": update["session"]}))
        server.hears(connection)
        says(*SCRIPT)(connection)

    server = start(talk)
    async with connect(colour, server) as socket:
        created = await socket.receive()
        assert isinstance(created, models.SessionCreatedEvent)
        assert isinstance(created.session, models.RealtimeSessionCreateRequest)
        await socket.say(socket.made.session.update, session={**SESSION, "tools": []})
        updated = await socket.receive()
        assert isinstance(updated, models.SessionUpdatedEvent)
        session: Any = updated.session
        assert session.tools == []
        await socket.say(socket.made.response.create)
        events = await socket.all()
    assert [event.type for event in events] == [said["type"] for said in SCRIPT]
    assert [event.delta for event in events[1:4]] == ["0", "1", "2"]
    assert isinstance(events[5].item, models.RealtimeConversationItemFunctionCall)
    assert isinstance(events[6], models.RealtimeErrorEvent)
    assert isinstance(events[7], UnknownVariant)
    assert events[7].more.a == 1
    assert events[8].response.output[0].call_id == "call_1"
    assert server.heard[1] == {"type": "response.create"}


ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
SAID: list[tuple[str, dict[str, Any]]] = [
    ("session.update", {"session": SESSION, "event_id": "e"}),
    ("response.create", {"response": {"instructions": "x"}}),
    ("response.cancel", {"response_id": "resp_1"}),
    ("response.cancel", {}),
    ("input_audio_buffer.append", {"audio": "AAAA"}),
    ("input_audio_buffer.commit", {"event_id": "e"}),
    ("input_audio_buffer.clear", {}),
    ("output_audio_buffer.clear", {}),
    ("conversation.item.create", {"item": ITEM, "previous_item_id": "root"}),
    ("conversation.item.delete", {"item_id": "item_1"}),
    ("conversation.item.retrieve", {"item_id": "item_1"}),
    (
        "conversation.item.truncate",
        {"item_id": "item_1", "audio_end_ms": 1, "content_index": 0},
    ),
]


async def test_each_part_of_a_connection_says_one_kind_of_event(colour: str, start: Start) -> None:
    """With the members that were given, and no others."""

    def talk(connection: ServerConnection) -> None:
        for _ in SAID:
            server.hears(connection)
        connection.close()

    server = start(talk)
    async with connect(colour, server) as socket:
        for name, members in SAID:
            function = socket.made
            for part in name.split("."):
                function = getattr(function, part)
            await socket.say(function, **members)
        assert await socket.all() == []
    assert server.heard == [{"type": name, **members} for name, members in SAID]


async def test_events_are_sent_as_models_as_mappings_and_as_they_are(
    colour: str, start: Start
) -> None:
    """Of a model what was set; a text is no event, and `send_raw` takes it."""

    def talk(connection: ServerConnection) -> None:
        for _ in range(3):
            server.hears(connection)
        assert connection.recv(10) == b"\x00"
        connection.close()

    server = start(talk)
    async with connect(colour, server) as socket:
        event = models.InputAudioBufferAppendEvent(type="input_audio_buffer.append", audio="AA")
        await run(socket.made.send, event)
        await run(socket.made.send, {"type": "novel"})
        await run(socket.made.send_raw, '{"type": "raw"}')
        await run(socket.made.send_raw, b"\x00")
        with pytest.raises(ConfigurationError, match="`send_raw`"):
            await run(socket.made.send, "raw")
        assert await socket.all() == []
    assert server.heard == [
        {"type": "input_audio_buffer.append", "audio": "AA"},
        {"type": "novel"},
        {"type": "raw"},
    ]


async def test_messages_can_be_read_before_they_are_decoded(colour: str, start: Start) -> None:
    """As bytes, however they were sent."""
    server = start(says(CREATED, json.dumps(CREATED).encode()))
    async with connect(colour, server) as socket:
        for _ in range(2):
            data = await run(socket.made.recv_bytes)
            assert json.loads(data) == CREATED
            assert isinstance(socket.made.parse_event(data), models.SessionCreatedEvent)
        assert socket.made.parse_event(json.dumps(CREATED)).event_id == "ev_1"


@pytest.mark.difference(
    "Realtime",
    openai="A message that is no JSON raises json.JSONDecodeError.",
    here="It raises APIResponseValidationError; what follows can still be read.",
)
async def test_a_message_that_is_no_json_is_an_error_of_ours(colour: str, start: Start) -> None:
    """The connection stays."""
    server = start(says("nonsense", CREATED))
    async with connect(colour, server) as socket:
        with pytest.raises(APIResponseValidationError, match="no valid event"):
            await socket.receive()
        assert [event.type for event in await socket.all()] == ["session.created"]


async def test_the_address_is_the_clients(colour: str, start: Start) -> None:
    """Path, query, credential and headers; `call_id` joins a call."""
    server = start(says(), says(), says())
    named = client(colour, server.url, default_query={"q": "1"}, organization="org")
    async with Entered(named.realtime.connect(model="m/1", extra_headers={"X-A": "b"})) as socket:
        assert await socket.all() == []
    async with Entered(
        named.realtime.connect(call_id="rtc_1", extra_query={"intent": "transcription"})
    ):
        pass
    moved = client(colour, "http://127.0.0.1:9", websocket_base_url=f"ws{server.url[4:]}/live?v=2")
    async with Entered(moved.realtime.connect(model="m")):
        pass
    first, second, third = server.requests
    assert first.path == "/v1/realtime?q=1&model=m%2F1"
    assert second.path == "/v1/realtime?q=1&call_id=rtc_1&intent=transcription"
    assert third.path == "/live/realtime?v=2&model=m"
    assert (first.headers["authorization"], first.headers["x-a"]) == (f"Bearer {KEY}", "b")
    assert first.headers["openai-organization"] == "org"
    assert third.headers["authorization"] == f"Bearer {KEY}"


async def test_what_the_server_refuses_is_the_error_of_its_status(
    colour: str, start: Start
) -> None:
    """At once, and no key is shown."""

    def refuse(connection: ServerConnection, _: Any) -> Any:
        return connection.respond(401, '{"error": {"message": "no"}}')

    server = start(process_request=refuse)
    with pytest.raises(AuthenticationError) as caught:
        async with connect(colour, server, on_reconnecting=lambda _: None):
            pass
    assert KEY not in repr(caught.value)


async def test_a_server_that_is_not_there_is_an_error_at_once(colour: str, start: Start) -> None:
    """The first connection is not tried again, whatever is said of others."""
    told: list[Any] = []
    server = start()
    server.close()
    with pytest.raises(APIConnectionError):
        async with connect(colour, server, on_reconnecting=told.append):
            pass
    assert told == []


async def test_an_orderly_end_ends_the_iteration(colour: str, start: Start) -> None:
    """Who asks for one more event is told that it is over; so is who sends."""
    server = start(says(CREATED, code=1000, reason="done"))
    async with connect(colour, server) as socket:
        assert [event.type for event in await socket.all()] == ["session.created"]
        for asks in (socket.receive, lambda: run(socket.made.send, {"type": "x"})):
            with pytest.raises(WebSocketClosedError, match=r"1000 \(done\)"):
                await asks()


@pytest.mark.difference(
    "Realtime",
    openai="Errors of a connection are those of the library `websockets`; a server that goes away "
    "(1001) ends the iteration as if all had been said.",
    here="They are an APIConnectionError, a class for each group of close codes; only 1000 ends the "
    "iteration.",
)
@pytest.mark.parametrize(
    ("code", "error"),
    [(1001, GoingAwayError), (1008, PolicyViolationError), (4001, WebSocketClosedError)],
)
async def test_another_end_is_an_error(
    colour: str, start: Start, code: int, error: type[Exception]
) -> None:
    """With code and reason, behind the events that came."""
    server = start(says(CREATED, code=code, reason="no"))
    async with connect(colour, server) as socket:
        assert (await socket.receive()).type == "session.created"
        with pytest.raises(WebSocketClosedError) as caught:
            await socket.all()
        assert type(caught.value) is error
        assert isinstance(caught.value, APIConnectionError)
        assert (caught.value.code, caught.value.reason) == (code, "no")


async def test_a_connection_that_breaks_is_an_error(colour: str, start: Start) -> None:
    """Unless there is somebody to say that it is to be made again."""
    server = start(breaks(CREATED))
    async with connect(colour, server) as socket:
        assert (await socket.receive()).type == "session.created"
        with pytest.raises(WebSocketClosedError, match="1006"):
            await socket.all()
    assert len(server.requests) == 1


async def test_a_connection_can_be_entered_and_closed_by_hand(colour: str, start: Start) -> None:
    """With code and reason."""
    heard: Queue[Any] = Queue()

    def talk(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            connection.recv()
        heard.put((connection.close_code, connection.close_reason))

    server = start(talk)
    made = client(colour, server.url).realtime.connect(model="m")
    connection = await run(made.enter)
    await run(connection.close, code=4000, reason="bye")
    with pytest.raises(WebSocketClosedError, match="4000"):
        await run(connection.recv)
    assert heard.get(timeout=10) == (4000, "bye")


async def test_a_slow_reader_loses_nothing(colour: str, start: Start) -> None:
    """The server waits while the reader does; the order stays."""
    flood = [{"type": "novel", "n": n, "filling": "x" * 10_000} for n in range(300)]
    server = start(says(*flood))
    async with connect(colour, server, websocket_connection_options={"max_queue": 1}) as socket:
        assert (await socket.receive()).n == 0
        assert [event.n for event in await socket.all()] == list(range(1, 300))


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_wait_that_is_cancelled_loses_nothing(start: Start) -> None:
    """The next one gets the event, and what is sent meanwhile is sent."""

    def talk(connection: ServerConnection) -> None:
        server.hears(connection)
        connection.send(json.dumps(CREATED))
        connection.close()

    server = start(talk)
    async with connect("asyncio", server) as socket:
        with anyio.move_on_after(0) as scope:
            await socket.made.recv()
        assert scope.cancelled_caught
        await socket.made.response.create()
        assert [event.type for event in await socket.all()] == ["session.created"]


async def test_handlers_are_called_with_the_events_of_their_type(colour: str, start: Start) -> None:
    """Those of the manager, too; `event` stands for all types, `once` is for one event."""
    server = start(says(*SCRIPT))
    told: list[tuple[str, str]] = []
    socket = connect(colour, server)

    def note(name: str) -> Any:
        def handle(event: Any) -> None:
            told.append((name, event.type))

        async def later(event: Any) -> None:
            handle(event)

        return handle if colour == "sync" else later

    removed = note("removed")
    assert socket.manager.on("response.created", note("manager")) is socket.manager
    assert socket.manager.on("error", removed).off("error", removed) is socket.manager
    async with socket:
        connection = socket.made
        assert connection.once("response.output_audio.delta", note("once")) is connection
        handler = note("decorated")
        assert connection.on("response.done")(handler) is handler
        assert connection.once("novel.event")(handler) is handler
        others = note("others")
        connection.on("error", others).on("error", removed).off("error", removed)
        connection.off("error", removed).off("error", others)
        connection.on("event", note("all"))
        await run(connection.dispatch_events)
    assert [kind for name, kind in told if name == "all"] == [said["type"] for said in SCRIPT]
    assert [entry for entry in told if entry[0] != "all"] == [
        ("manager", "response.created"),
        ("once", "response.output_audio.delta"),
        ("decorated", "novel.event"),
        ("decorated", "response.done"),
    ]


async def test_handlers_need_not_be_asynchronous(colour: str, start: Start) -> None:
    """In either colour."""
    server = start(says(CREATED))
    told: list[Any] = []
    async with connect(colour, server) as socket:
        socket.made.on("session.created", told.append)
        await run(socket.made.dispatch_events)
    assert [event.event_id for event in told] == ["ev_1"]


@pytest.mark.parametrize("error", [{"message": "no", "code": "c"}, None, "text"])
async def test_an_error_that_nobody_handles_ends_the_dispatching(
    colour: str, start: Start, error: Any
) -> None:
    """With what the server says of it."""
    server = start(says({"type": "error", "error": error}))
    async with connect(colour, server) as socket:
        with pytest.raises(APIError, match="an `error` event") as caught:
            await run(socket.made.dispatch_events)
    assert caught.value.code == ("c" if isinstance(error, dict) else None)


@pytest.mark.parametrize(
    ("options", "error", "says_what"),
    [
        ({"extensions": []}, UnknownOptionError, "`extensions`"),
        ({"compression": "gzip"}, ConfigurationError, "`compression`"),
        ({"max_queue": 0}, ConfigurationError, "`max_queue`"),
        ({"max_size": 0}, ConfigurationError, "`max_size`"),
    ],
)
async def test_options_of_a_connection_that_cannot_be_are_refused(
    colour: str, start: Start, options: Any, error: type[Exception], says_what: str
) -> None:
    """Before anything is sent, by name."""
    server = start()
    with pytest.raises(error, match=says_what):
        async with connect(colour, server, websocket_connection_options=options):
            pass
    assert server.requests == []


@pytest.mark.parametrize(
    ("options", "offered"),
    [
        ({}, False),
        ({"max_size": 1000}, True),
        ({"max_size": 1000, "compression": None}, False),
        ({"compression": "deflate", "max_queue": None, "subprotocols": ["realtime"]}, True),
        ({"max_queue": (16, 4), "ping_interval": None, "ping_timeout": 5, "close_timeout": 1}, False),
    ],
)  # fmt: skip
async def test_the_options_of_a_connection_are_openais(
    colour: str, start: Start, options: Any, offered: bool
) -> None:
    """Messages may be of any size unless one is given, and then they may be compressed."""
    server = start(says(CREATED), subprotocols=options.get("subprotocols"))
    async with connect(colour, server, websocket_connection_options=options) as socket:
        assert len(await socket.all()) == 1
    asked = server.requests[0].headers
    assert ("sec-websocket-extensions" in asked) is offered
    assert asked.get("sec-websocket-protocol") == (
        "realtime" if "subprotocols" in options else None
    )


async def test_the_extra_is_named_where_it_is_missing(
    colour: str, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is sent."""
    monkeypatch.setitem(sys.modules, "websockets", None)
    with pytest.raises(ConfigurationError, match=r"sdk-openai-compat\[realtime\]"):
        async with connect(colour, start()):
            pass


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_trio_is_refused_in_words(start: Start) -> None:
    """The library behind it knows asyncio only."""
    server = start()
    made = AsyncOpenAI(api_key=KEY, base_url=server.url)
    with pytest.raises(ConfigurationError, match="event loop of asyncio"):
        async with made.realtime.connect(model="m"):
            pass
