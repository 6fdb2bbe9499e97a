"""Connections that are lost and made again, and what is sent meanwhile."""

from __future__ import annotations

import json
import pickle
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.sync.server import ServerConnection

from sdk_core.errors import APIStatusError, SDKError
from sdk_core.websockets import ServerFailureError, WebSocketClosedError
from sdk_openai_compat import (
    OpenAIError,
    ReconnectingEvent,
    WebSocketConnectionClosedError,
    WebSocketQueueFullError,
)
from sdk_openai_compat._websockets.outbox import Outbox

from ._sockets import CREATED, Start, at_once, breaks, connect, run, says, start

__all__ = ["start"]

pytestmark = pytest.mark.anyio

MORE = {"type": "session.updated", "session": CREATED["session"]}


@pytest.fixture(params=["sync", "asyncio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Both colours; there are no WebSockets in trio."""
    return str(request.param)


async def test_a_lost_connection_is_made_again_if_there_is_somebody_to_ask(
    colour: str, start: Start
) -> None:
    """Who is asked may change the query and the headers of all that follow."""
    told: list[ReconnectingEvent] = []
    answers: list[Any] = [None, {"extra_query": {"again": 1}}, {"extra_headers": {"x-a": "b"}}]

    def ask(event: ReconnectingEvent) -> Any:
        told.append(event)
        return answers.pop(0)

    server = start(breaks(CREATED), says(MORE, code=1012), breaks(MORE), says(CREATED))
    async with connect(colour, server, on_reconnecting=ask, max_delay=0) as socket:
        events = await socket.all()
    assert [event.type for event in events] == [
        "session.created", "session.updated", "session.updated", "session.created",
    ]  # fmt: skip
    assert [(event.attempt, event.max_attempts, event.close_code) for event in told] == [
        (1, 5, 1006),
        (1, 5, 1012),
        (1, 5, 1006),
    ]
    assert [event.delay for event in told] == [0, 0, 0]
    assert [event.extra_query for event in told] == [{"model": "m"}, {"model": "m"}, {"again": 1}]
    assert [asked.path.partition("?")[2] for asked in server.requests] == [
        "model=m", "model=m", "again=1", "again=1",
    ]  # fmt: skip
    assert server.requests[3].headers["x-a"] == "b"


async def test_what_is_sent_between_two_connections_goes_over_the_next_one(
    colour: str, start: Start
) -> None:
    """In order, before all that is sent later."""

    def second(connection: ServerConnection) -> None:
        connection.send(json.dumps(MORE))
        for _ in range(3):
            server.hears(connection)
        connection.close()

    server = start(breaks(CREATED), second)

    def ask(_: ReconnectingEvent) -> None:
        at_once(socket.made.send({"type": "first"}))
        at_once(socket.made.send_raw('{"type": "second"}'))

    async with connect(colour, server, on_reconnecting=ask) as socket:
        assert (await socket.receive()).type == "session.created"
        assert (await socket.receive()).type == "session.updated"
        await run(socket.made.send, {"type": "third"})
        assert await socket.all() == []
    assert [event["type"] for event in server.heard] == ["first", "second", "third"]


async def test_who_sends_finds_out_that_the_connection_is_lost(colour: str, start: Start) -> None:
    """And makes another, over which the message goes."""
    gone = threading.Event()

    def first(connection: ServerConnection) -> None:
        connection.close(1012)
        gone.set()

    def second(connection: ServerConnection) -> None:
        server.hears(connection)
        connection.close()

    server = start(first, second)
    async with connect(colour, server, on_reconnecting=lambda _: None) as socket:
        await run(gone.wait, 10)
        await run(socket.made.send, {"type": "x"})
        assert await socket.all() == []
    assert server.heard == [{"type": "x"}]


async def test_what_is_sent_before_there_is_a_connection_goes_first(
    colour: str, start: Start
) -> None:
    """The manager keeps it."""

    def talk(connection: ServerConnection) -> None:
        server.hears(connection)
        server.hears(connection)
        connection.close()

    server = start(talk)
    socket = connect(colour, server, max_queue_size=30)
    socket.manager.send({"type": "first"})
    with pytest.raises(WebSocketQueueFullError, match="`max_queue_size` is 30"):
        socket.manager.send({"type": "too much for it"})
    async with socket:
        await run(socket.made.send, {"type": "second"})
        assert await socket.all() == []
    assert [event["type"] for event in server.heard] == ["first", "second"]


async def test_only_so_many_bytes_are_kept(colour: str, start: Start) -> None:
    """The message that is too much is refused; the others stay."""
    refused: list[Exception] = []

    def ask(_: ReconnectingEvent) -> None:
        at_once(socket.made.send({"type": "kept"}))
        result = None
        try:
            result = socket.made.send({"type": "x" * 100})
            if result is not None:
                result.send(None)
        except WebSocketQueueFullError as exc:
            refused.append(exc)

    def second(connection: ServerConnection) -> None:
        server.hears(connection)
        connection.close()

    server = start(breaks(), second)
    async with connect(colour, server, on_reconnecting=ask, max_queue_size=64) as socket:
        assert await socket.all() == []
    assert server.heard == [{"type": "kept"}]
    assert isinstance(refused[0], OpenAIError)


async def test_giving_up_tells_what_was_not_sent(colour: str, start: Start) -> None:
    """Text and bytes, in order; neither stands in the message. The cause is the lost connection."""

    def ask(event: ReconnectingEvent) -> Any:
        at_once(socket.made.send({"type": "a"}))
        at_once(socket.made.send_raw(b"\xff"))
        return {"abort": event.attempt == 1}

    server = start(breaks())
    async with connect(colour, server, on_reconnecting=ask) as socket:
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await socket.all()
    error = caught.value
    assert (error.unsent_messages, error.unsent_frames) == (
        ['{"type":"a"}'],
        ['{"type":"a"}', b"\xff"],
    )
    assert "type" not in repr(error)
    assert isinstance(error.__cause__, WebSocketClosedError)
    assert pickle.loads(pickle.dumps(error)).unsent_frames == error.unsent_frames


async def test_what_waits_when_a_message_cannot_be_sent_is_told_behind_it(
    colour: str, start: Start
) -> None:
    """The sender that connected in vain has one more."""
    gone = threading.Event()

    def first(connection: ServerConnection) -> None:
        connection.close(1012)
        gone.set()

    def ask(_: ReconnectingEvent) -> Any:
        at_once(socket.made.send_raw("kept"))
        return {"abort": True}

    server = start(first)
    async with connect(colour, server, on_reconnecting=ask) as socket:
        await run(gone.wait, 10)
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await run(socket.made.send_raw, "mine")
    assert caught.value.unsent_messages == ["mine", "kept"]


async def test_attempts_are_counted_until_something_good_comes(colour: str, start: Start) -> None:
    """An event that says `error` is nothing good: a server may refuse each connection so."""
    no = {"type": "error", "error": {"type": "t", "message": "no"}}
    server = start(
        breaks(), says(no, code=1011), says("nonsense", code=1011), says("[]", code=1011)
    )
    told: list[int] = []

    def ask(event: ReconnectingEvent) -> None:
        told.append(event.attempt)

    messages: list[Any] = []
    async with connect(colour, server, on_reconnecting=ask, max_retries=3) as socket:
        with pytest.raises(ServerFailureError):
            await _read_on(socket.made, messages)
    assert told == [1, 2, 3]
    assert len(messages) == len(server.requests) - 1 == 3


async def _read_on(connection: Any, messages: list[Any]) -> None:
    while True:
        messages.append(await run(connection.recv_bytes))


async def test_a_refusal_is_no_lost_connection(colour: str, start: Start) -> None:
    """Another connection would not mend it; what was kept is told."""
    asked: list[Any] = []

    def process(connection: ServerConnection, request: Any) -> Any:
        asked.append(request)
        return connection.respond(403, "no") if len(asked) > 1 else None

    server = start(breaks(), process_request=process)

    def ask(_: ReconnectingEvent) -> None:
        at_once(socket.made.send_raw("kept"))

    async with connect(colour, server, on_reconnecting=ask) as socket:
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await socket.all()
    assert isinstance(caught.value.__cause__, APIStatusError)
    assert caught.value.unsent_messages == ["kept"]


@pytest.mark.difference(
    "Realtime",
    openai="An exception in `on_reconnecting` is swallowed, and the connection given up.",
    here="It reaches who reads.",
)
async def test_a_mistake_of_who_is_asked_is_not_hidden(colour: str, start: Start) -> None:
    """And no other connection is made."""

    def ask(_: ReconnectingEvent) -> None:
        msg = "mine"
        raise KeyError(msg)

    server = start(breaks())
    async with connect(colour, server, on_reconnecting=ask) as socket:
        with pytest.raises(KeyError, match="mine"):
            await socket.all()
        with pytest.raises(SDKError):
            await socket.receive()
    assert len(server.requests) == 1


async def test_closing_ends_the_wait_for_the_next_connection(colour: str, start: Start) -> None:
    """What was kept for it is told to the reader."""
    server = start(breaks())

    def ask(_: ReconnectingEvent) -> None:
        at_once(socket.made.send_raw("kept"))
        closing.start()

    async with connect(
        colour, server, on_reconnecting=ask, initial_delay=1e6, max_delay=1e6
    ) as socket:
        closing = _Closing(socket.made)
        with pytest.raises(WebSocketConnectionClosedError) as caught:
            await socket.all()
        await closing.join()
    assert caught.value.unsent_messages == ["kept"]
    assert len(server.requests) == 1


class _Closing:
    """Closes a connection while another part of the program reads."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._made: Any = None

    def start(self) -> None:
        """Begin."""
        import asyncio  # noqa: PLC0415  # one of the colours

        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._made = threading.Thread(target=self._connection.close)
            self._made.start()
        else:
            self._made = loop.create_task(self._connection.close())

    async def join(self) -> None:
        """Wait for the end of it."""
        await (run(self._made.join) if isinstance(self._made, threading.Thread) else self._made)


FRAMES = st.one_of(st.text(), st.binary())
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), FRAMES),
        st.tuples(st.sampled_from(["hold", "release", "flush", "half", "drain"]), st.none()),
    )
)


@given(STEPS, st.integers(0, 50))
def test_an_outbox_neither_loses_nor_doubles_nor_turns_round(
    steps: list[tuple[str, Any]], size: int
) -> None:
    """Whatever happens to it: what it kept comes out once, in order, and is never too much."""
    outbox = Outbox(size)
    kept: list[Any] = []
    held = False
    for step, frame in steps:
        if step == "send":
            length = len(
                frame.encode("utf-8", "surrogatepass") if isinstance(frame, str) else frame
            )
            waiting = sum(
                len(f.encode("utf-8", "surrogatepass") if isinstance(f, str) else f) for f in kept
            )
            if held and waiting + length > size:
                with pytest.raises(WebSocketQueueFullError):
                    outbox.admits(frame)
            else:
                assert outbox.admits(frame) is held
                kept += [frame] if held else []
        elif step == "half":  # a connection that takes one and breaks in the second
            left: Any = outbox.left()
            for taken in (next(left, None), next(left, None)):
                held = held and taken is not None
            if kept:
                kept.pop(0)
            left.close()
        elif step == "flush":
            assert list(outbox.left()) == kept
            kept, held = [], False
        elif step == "drain":
            assert outbox.drain() == kept
            kept, held = [], False
        else:
            getattr(outbox, step)()
            held = step == "hold"
    assert outbox.drain() == kept


def test_what_is_drained_while_it_is_sent_is_not_taken_twice() -> None:
    """A connection may be closed in the middle."""
    outbox = Outbox(10)
    for frame in ("a", "b"):
        outbox.put(frame)
    left = outbox.left()
    assert next(left) == "a"
    assert outbox.drain() == ["a", "b"]
    assert list(left) == []
