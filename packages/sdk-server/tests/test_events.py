"""Event streams, played without a network on both event loops."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any

import anyio
import pytest
from starlette.types import Message, Scope

from sdk_server._events import Delta, EventReader, EventStream
from sdk_server._problems import Problem

pytestmark = pytest.mark.anyio

SCOPE: Scope = {"type": "http", "method": "POST", "path": "/", "headers": []}


class Peer:
    """The other side of a response: collects what is sent, and may go away."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.asked = False
        self.gone = anyio.Event()
        self.reacts: Callable[[Message], Any] = lambda message: None

    async def receive(self) -> Message:
        """Return what is left of the request, then wait until the client goes away."""
        if not self.asked:
            self.asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Keep a message and react to it."""
        self.sent.append(message)
        self.reacts(message)

    @property
    def pieces(self) -> list[bytes]:
        """The pieces of the body."""
        return [message.get("body", b"") for message in self.sent[1:]]


async def play(
    deltas: AsyncGenerator[Delta, None],
    peer: Peer,
    *,
    keepalive: float = 60,
    stopping: anyio.Event | None = None,
    grace: float = 5,
) -> None:
    """Send deltas to a peer until the response ends."""
    response = EventStream(
        deltas, keepalive=keepalive, stopping=stopping or anyio.Event(), grace=grace
    )
    with anyio.fail_after(10):
        await response(SCOPE, peer.receive, peer.send)


class Source:
    """Deltas that tell whether they were closed."""

    def __init__(self, *deltas: Delta | Exception, forever: bool = False) -> None:
        self.deltas = deltas
        self.forever = forever
        self.closed = False

    async def __call__(self) -> AsyncGenerator[Delta, None]:
        """Yield the deltas, or raise what stands among them."""
        try:
            for delta in self.deltas:
                if isinstance(delta, Exception):
                    raise delta
                yield delta
            if self.forever:
                await anyio.sleep_forever()
        finally:
            self.closed = True


async def test_objects_become_events_and_the_terminator_ends_them() -> None:
    """One write an event, then `[DONE]`, then the end of the body."""
    peer, source = Peer(), Source({"a": "ü\n\u2028"}, {"b": 2})
    await play(source(), peer)
    assert [
        'data: {"a":"ü\\n\u2028"}\n\n'.encode(),
        b'data: {"b":2}\n\n',
        b"data: [DONE]\n\n",
        b"",
    ] == peer.pieces
    assert [True, True, True, False] == [m["more_body"] for m in peer.sent[1:]]
    assert source.closed


async def test_the_headers_say_that_it_is_a_stream() -> None:
    """Nobody caches or buffers it, and no length is promised."""
    peer = Peer()
    await play(Source()(), peer)
    headers = {name.decode(): value.decode() for name, value in peer.sent[0]["headers"]}
    assert {
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
        "content-type": "text/event-stream; charset=utf-8",
    } == headers


async def test_bytes_pass_as_they_are_without_a_second_terminator() -> None:
    """An upstream frames its own events, in pieces of any size."""
    peer = Peer()
    await play(Source(b"data: {", b"}\n\ndata: [DONE]\n\n")(), peer)
    assert [b"data: {", b"}\n\ndata: [DONE]\n\n", b""] == peer.pieces


async def test_a_problem_on_the_way_becomes_an_error_event() -> None:
    """The status is sent already, so the event tells, and no terminator follows."""
    peer = Peer()
    await play(Source({"a": 1}, Problem(502, "Gone.", code="upstream_error"))(), peer)
    event = json.loads(peer.pieces[1].removeprefix(b"data: "))
    assert {
        "message": "Gone.",
        "type": "server_error",
        "param": None,
        "code": "upstream_error",
    } == event["error"]
    assert [b""] == peer.pieces[2:]


async def test_a_bug_on_the_way_tells_nothing_but_its_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The message does not hold the exception, the log does."""
    peer = Peer()
    await play(Source(ValueError("secret"))(), peer)
    assert b"The server failed" in peer.pieces[0]
    assert b"secret" not in peer.pieces[0]
    assert "secret" in caplog.text


async def test_silence_is_filled_with_comments_until_the_client_goes_away() -> None:
    """Keep-alives come at their interval, and the work ends with the client."""
    peer, source = Peer(), Source({"a": 1}, forever=True)

    def leave(message: Message) -> None:
        if peer.pieces.count(b": keep-alive\n\n") == 3:
            peer.gone.set()

    peer.reacts = leave
    await play(source(), peer, keepalive=0.01)
    first, *comments = peer.pieces
    assert b'data: {"a":1}\n\n' == first
    assert {b": keep-alive\n\n"} == set(comments)
    assert 3 <= len(comments)  # another may be on its way when the client goes
    assert source.closed


async def test_events_in_time_need_no_comments() -> None:
    """The silence is measured from the last event."""

    async def steady() -> AsyncGenerator[Delta, None]:
        for number in range(5):
            await anyio.sleep(0.02)
            yield {"n": number}

    peer = Peer()
    await play(steady(), peer, keepalive=5)
    assert b": keep-alive\n\n" not in peer.pieces
    assert 7 == len(peer.pieces)


async def test_stopping_ends_the_stream_with_an_error_event() -> None:
    """The server does not wait for an endless answer, and the client learns why it ends."""
    peer, source, stopping = Peer(), Source({"a": 1}, forever=True), anyio.Event()
    peer.reacts = lambda message: stopping.set() if peer.pieces else None
    await play(source(), peer, stopping=stopping)
    assert b'"code":"server_stopping"' in peer.pieces[1]
    assert b"" == peer.pieces[-1]
    assert source.closed


async def test_a_client_that_left_before_the_first_event_stops_the_work() -> None:
    """Nothing is made for nobody."""
    peer, source = Peer(), Source(forever=True)
    peer.gone.set()
    await play(source(), peer)
    assert [] == peer.pieces


async def test_a_client_that_does_not_read_does_not_hold_up_the_end() -> None:
    """After a grace the rest of the answer is given up."""
    source, stopping = Source({"a": 1}, forever=True), anyio.Event()

    class Stuck(Peer):
        async def send(self, message: Message) -> None:
            await super().send(message)
            if self.pieces:
                stopping.set()
                await anyio.sleep_forever()

    peer = Stuck()
    await play(source(), peer, stopping=stopping, grace=0.01)
    assert [b'data: {"a":1}\n\n'] == peer.pieces
    assert source.closed


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
async def test_events_are_read_from_pieces_cut_anywhere(end: bytes) -> None:
    """Comments, other fields and empty events are no data; lines of one event are joined."""
    lines = [b": hi", b"", b"event: x", b"data: 1", b"data:2", b"", b"id: 7", b"", b"data: 3", b""]
    text = end.join([*lines, b""])
    for size in range(1, len(text)):
        reader = EventReader()
        pieces = [text[place : place + size] for place in range(0, len(text), size)]
        found = [data for piece in pieces for data in reader.feed(piece)]
        found += [*reader.feed(b"x")]  # a line break at the end may have been half of one
        assert [b"1\n2", b"3"] == found
