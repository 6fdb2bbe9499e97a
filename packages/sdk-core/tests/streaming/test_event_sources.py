from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.errors import (
    APIResponseValidationError,
    APITimeoutError,
    ConfigurationError,
)
from sdk_core.events import EventSource, ReadyState, Reconnect
from sdk_core.models import BaseModel

from ._peers import until
from ._sources import NOTHING, Both, chunked, cut, script

pytestmark = pytest.mark.anyio
Serve = Callable[..., SimpleNamespace]


class Thing(BaseModel):
    """An event's data."""

    n: int


async def test_events_come_over_several_connections(colour: str, serve: Serve) -> None:
    """A real server that ends, breaks off and fails, until it says that there is no more."""
    server = serve(
        script(
            chunked(b"id: 1\nretry: 0\nda", b"ta: a\n\n"),
            cut(b"id: 2\ndata: b\n\n", b": ping\n\ndata: lost"),
            b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n",
            chunked(b"id: 3\nevent: x\ndata: c\n\n"),
            NOTHING,
        )
    )
    async with Both(colour, server.url, query={"a": 1}, headers={"x-a": "b"}) as both:
        assert both.source.ready_state.name == "CONNECTING"
        first = await both.next()
        assert (first.text, both.source.last_event_id) == ("a", "1")
        assert both.source.ready_state.name == "OPEN"
        assert both.source.response.status_code == 200
        assert [(e.text, e.event, e.id) for e in await both.all()] == [
            ("b", "message", "2"),
            ("c", "x", "3"),
        ]
        assert (both.source.ready_state.name, both.source.reconnects) == ("CLOSED", 4)
        assert (both.source.retry, both.source.duplicates) == (0.0, 0)
    assert [r.headers.get("last-event-id") for r in server.requests] == [None, "1", "2", "2", "3"]
    for asked in server.requests:
        assert asked.line == "GET /events?a=1 HTTP/1.1"
        assert asked.headers["accept"] == "text/event-stream"
        assert asked.headers["cache-control"] == "no-store"
        assert asked.headers["x-a"] == "b"


async def test_silence_counts_as_a_loss_and_comments_break_it(colour: str, serve: Serve) -> None:
    """The time limit is for silence: bytes of any kind begin it again."""
    go_on = threading.Event()

    def handle(asked: SimpleNamespace) -> Iterator[bytes]:
        if "last-event-id" in asked.headers:
            yield NOTHING
            return
        yield from chunked(b"id: 1\ndata: a\n\n", b": ping\n\n", end=False)
        go_on.wait(30)

    server = serve(handle)
    async with Both(colour, server.url, idle_timeout=1.0) as both:  # what is sent is in time
        assert [event.text for event in await both.all()] == ["a"]
        go_on.set()
        assert both.source.reconnects == 1


async def test_silence_without_end_is_an_error(colour: str, serve: Serve) -> None:
    """Once the attempts are used up, it is the time-out that is raised."""
    go_on = threading.Event()

    def handle(_: SimpleNamespace) -> Iterator[bytes]:
        go_on.wait(30)
        yield b""

    server = serve(handle)
    async with Both(
        colour, server.url, idle_timeout=0.05, reconnect=Reconnect(attempts=1, base=0)
    ) as both:
        with pytest.raises(APITimeoutError):
            await both.next()
        go_on.set()
    await until(lambda: len(server.requests) == 2)


async def test_items_are_of_the_type_that_is_asked_for(colour: str, serve: Serve) -> None:
    """Data that is none is an error, behind which the iteration goes on."""
    server = serve(
        script(chunked(b'data: {"n": 1}\n\nid: 7\ndata: nonsense\n\ndata: {"n": 2}\n\n'), NOTHING)
    )
    async with Both(colour, server.url, type=Thing) as both:
        assert await both.next() == Thing(n=1)
        assert both.source.last_event_id == ""
        with pytest.raises(APIResponseValidationError, match="event '7' is no valid Thing"):
            await both.next()
        assert [thing.n for thing in await both.all()] == [2]


async def test_a_source_may_ask_with_a_body(colour: str, serve: Serve) -> None:
    """Every connection sends it again."""
    server = serve(script(chunked(b"id: 1\ndata: a\n\n"), NOTHING))
    async with Both(
        colour, server.url, path="events", method="post", body={"q": 1}, last_event_id="0"
    ) as both:
        assert len(await both.all()) == 1
    assert [(r.line, r.body) for r in server.requests] == [
        ("POST /events HTTP/1.1", b'{"q":1}')
    ] * 2
    assert server.requests[0].headers["last-event-id"] == "0"


async def test_closing_ends_it(colour: str, serve: Serve) -> None:
    """What was not read is lost, and the connection is let go."""
    go_on = threading.Event()

    def handle(_: SimpleNamespace) -> Iterator[bytes]:
        yield from chunked(b"data: a\n\n", end=False)
        go_on.wait(30)

    server = serve(handle)
    async with Both(colour, server.url) as both:
        if colour == "sync":
            with both.source as entered:
                assert next(iter(entered)).text == "a"
        else:
            async with both.source as entered:
                assert (await anext(aiter(entered))).text == "a"
        assert both.source.ready_state.name == "CLOSED"
        assert await both.next() is None
        go_on.set()


@pytest.mark.parametrize("phase", ["reading", "waiting"])
async def test_another_thread_may_close_it(serve: Serve, phase: str) -> None:
    """Whoever reads, or waits to connect again, is done at once."""
    go_on, reached = threading.Event(), threading.Event()

    def handle(_: SimpleNamespace) -> Iterator[bytes]:
        if phase == "reading":
            yield from chunked(b"data: a\n\n", end=False)
            go_on.wait(30)
        else:
            yield from chunked(b"retry: 100000\ndata: a\n\n")

    server = serve(handle)
    lost = threading.Event()
    async with Both("sync", server.url) as both:
        both.source._source.observe(
            watch=lambda state: lost.set() if state is ReadyState.CONNECTING else None
        )
        found: list[str] = []

        def consume() -> None:
            for event in both.source:
                found.append(event.text)  # it is looked at meanwhile
                reached.set()

        reader = threading.Thread(target=consume)
        reader.start()
        assert await anyio.to_thread.run_sync(reached.wait, 5)
        if phase == "waiting":
            assert await anyio.to_thread.run_sync(lost.wait, 5)
        both.source.close()
        reader.join(5)
        assert not reader.is_alive()
        assert found == ["a"]
        go_on.set()


async def test_a_wait_that_is_cancelled_loses_no_event(serve: Serve) -> None:
    """The next one connects again, from where it was."""
    go_on = threading.Event()

    def handle(asked: SimpleNamespace) -> Iterator[bytes]:
        if "last-event-id" in asked.headers:
            yield from chunked(b"id: 2\ndata: b\n\n")
            return
        yield from chunked(b"id: 1\ndata: a\n\n", end=False)
        go_on.wait(30)

    server = serve(handle)
    async with Both("async", server.url) as both:
        assert (await both.next()).text == "a"
        with anyio.move_on_after(0.05) as scope:
            await both.next()
        assert scope.cancelled_caught
        go_on.set()
        assert (await both.next()).text == "b"
        assert server.requests[1].headers["last-event-id"] == "1"


async def test_a_source_that_is_dropped_lets_go(serve: Serve) -> None:
    """Without being closed, for people forget."""
    gone = threading.Event()

    def handle(_: SimpleNamespace) -> Iterator[bytes]:
        try:
            yield from chunked(b"data: a\n\n", end=False)
            while not gone.wait(0.01):
                yield b"4\r\n: a\n\r\n"
        finally:
            gone.set()

    server = serve(handle)
    both = Both("sync", server.url)
    assert (await both.next()).text == "a"
    both.source = EventSource(both.client, "/other")
    assert gone.wait(5)
    await both.close()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("last_event_id", {"last_event_id": "a\nb"}),
        ("max_event_size", {"max_event_size": 0}),
        ("max_event_size", {"max_event_size": True}),
        ("timeout", {"idle_timeout": -1}),
    ],
)
async def test_options_that_cannot_be_are_refused(
    colour: str, name: str, options: dict[str, Any]
) -> None:
    """Before anything is sent, and by name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        Both(colour, "http://127.0.0.1:1", **options)
