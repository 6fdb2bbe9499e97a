from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from sdk_core.channels import ReplyError
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    StreamInterruptedError,
)
from sdk_core.models import BaseModel

from ._peers import OPEN, Both, Peer, echo, event, result, until

pytestmark = pytest.mark.anyio


class Thing(BaseModel):
    """A result."""

    n: int


async def test_an_answer_comes_down_the_stream(colour: str, peer: Any) -> None:
    """The request goes up by POST, in the form of JSON-RPC, with the channel's headers."""
    other = peer(echo)
    async with Both(colour, other.server.url, headers={"x-session": "s"}) as both:
        assert await both.call("add", {"a": [1]}) == {"a": [1]}
        assert await both.call("nothing") is None
        assert await both.call("thing", {"n": 1}, type=Thing) == Thing(n=1)
        await both.notify("hello", [1])
        await both.notify("bye")
        assert both.channel.generation == 1
        assert both.channel.in_flight == 0
    assert other.got == [
        {"path": "/messages", "jsonrpc": "2.0", "id": 1, "method": "add", "params": {"a": [1]}},
        {"path": "/messages", "jsonrpc": "2.0", "id": 2, "method": "nothing"},
        {"path": "/messages", "jsonrpc": "2.0", "id": 3, "method": "thing", "params": {"n": 1}},
        {"path": "/messages", "jsonrpc": "2.0", "method": "hello", "params": [1]},
        {"path": "/messages", "jsonrpc": "2.0", "method": "bye"},
    ]
    for asked in other.server.requests:
        assert asked.headers["x-session"] == "s"
        if asked.line.startswith("POST"):
            assert asked.headers["content-type"] == "application/json"


async def test_an_answer_may_come_before_the_post_is_done(colour: str, peer: Any) -> None:
    """The call is registered before it is sent; and the answer to the POST may be the answer."""

    def at_once(message: dict[str, Any], other: Peer) -> bytes | None:
        if message["method"] == "direct":
            body = json.dumps(result(message, "direct")).encode()
            head = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            return head % len(body) + body
        other.say(result(message, "early"))
        assert answered.wait(10)
        return None

    answered = threading.Event()
    other = peer(at_once)
    async with Both(colour, other.server.url) as both:
        assert await both.call("direct") == "direct"
        got: list[Any] = []

        async def call() -> None:
            got.append(await both.call("early"))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await until(lambda: both.channel.answers["accepted"] == 2)
            answered.set()
        assert got == ["early"]


async def test_many_calls_are_in_flight_and_each_gets_its_own_answer(
    colour: str, peer: Any
) -> None:
    """In whatever order the answers come; no more wait at once than the limit says."""
    held: list[dict[str, Any]] = []
    most: list[int] = []

    def hold(message: dict[str, Any], other: Peer) -> None:
        held.append(message)
        if len(held) % 4 == 0:
            for each in reversed(held[-4:]):
                other.say([result(each, each["params"])])

    other = peer(hold)
    async with Both(colour, other.server.url, max_in_flight=4) as both:
        got: dict[int, Any] = {}

        async def call(n: int) -> None:
            got[n] = await both.call("x", n)
            most.append(both.channel.in_flight)

        async with anyio.create_task_group() as group:
            for n in range(20):
                group.start_soon(call, n)
        assert got == {n: n for n in range(20)}
        assert max(most) <= 4


async def test_an_error_is_an_error(colour: str, peer: Any) -> None:
    """With its code, message and data; and what is no *type* is one, too."""
    answers: dict[str, Any] = {
        "whole": {"code": -32602, "message": "no", "data": [1]},
        "short": "odd",
        "odd": {"code": True},
    }

    def fail(message: dict[str, Any], other: Peer) -> None:
        error = answers.get(message["method"])
        if error is None:
            echo(message, other)
        else:
            other.say({"id": message["id"], "error": error})

    other = peer(fail)
    async with Both(colour, other.server.url) as both:
        with pytest.raises(ReplyError, match="no") as caught:
            await both.call("whole")
        assert (caught.value.code, caught.value.data) == (-32602, [1])
        with pytest.raises(ReplyError, match="odd"):
            await both.call("short")
        with pytest.raises(ReplyError, match="answered with an error") as caught:
            await both.call("odd")
        assert caught.value.code == 0
        with pytest.raises(ReplyError, match="no valid Thing"):
            await both.call("thing", [1], type=Thing)


async def test_a_call_without_an_answer_is_called_off(colour: str, peer: Any) -> None:
    """The server is told; its answer, when it comes late or twice, is dropped and counted."""
    other = peer()
    async with Both(colour, other.server.url) as both:
        with pytest.raises(APITimeoutError, match=r"no answer to 'x' came within 0\.01 s"):
            await both.call("x", timeout=0.01)
        off = other.wait("notifications/cancelled")
        assert off["params"]["requestId"] == 1
        assert "id" not in off
        for number in (1, 1, 7, "1", True, None):
            other.say({"id": number, "result": 0})
        other._react = echo
        assert await both.call("y", "y") == "y"
        other.say({"id": 2, "result": 0})
        other.say({"jsonrpc": "2.0"})
        other.say("nonsense")
        other.say("[1, 2]")
        assert await both.call("z", "z") == "z"
        assert dict(both.channel.answers) == {
            "accepted": 2,
            "late": 2,
            "duplicate": 1,
            "stale": 0,
            "foreign": 4,
        }
        assert both.channel.malformed == 4


async def test_nothing_need_be_said_of_a_call_that_is_given_up(colour: str, peer: Any) -> None:
    """Other protocols have other words for it, or none."""
    other = peer()
    async with Both(colour, other.server.url, cancellation=None, reply_timeout=0.01) as both:
        with pytest.raises(APITimeoutError):
            await both.call("x")
    assert [message["method"] for message in other.got] == ["x"]


async def test_a_cancelled_task_calls_its_call_off(peer: Any) -> None:
    """And gives its place to the next one."""
    other = peer()
    async with Both("async", other.server.url, max_in_flight=1) as both:
        async with anyio.create_task_group() as group:
            group.start_soon(both.call, "x")
            await anyio.to_thread.run_sync(other.wait, "x")
            group.cancel_scope.cancel()
        assert both.channel.in_flight == 0
        assert other.wait("notifications/cancelled")["params"]["requestId"] == 1
        other._react = echo
        assert await both.call("y", 1) == 1


async def test_the_loss_of_the_stream_fails_the_calls_that_wait(colour: str, peer: Any) -> None:
    """At once; the next call uses the next stream, and old answers resolve nothing."""
    other = peer()
    async with Both(colour, other.server.url) as both:
        failed: list[Exception] = []

        async def call() -> None:
            try:
                await both.call("x")
            except StreamInterruptedError as error:
                failed.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            group.start_soon(call)
            await until(lambda: len(other.got) == 2)
            other.cut()
        assert "may have been carried out" in str(failed[0])
        assert len(failed) == 2
        assert failed[0] is not failed[1]
        await until(lambda: both.channel.generation == 2)
        other.say({"id": 1, "result": "old"})
        other._react = echo
        assert await both.call("y", "new") == "new"
        assert both.channel.answers["late"] == 1


async def test_calls_may_outlive_the_stream(colour: str, peer: Any) -> None:
    """Where the server sends over the next one what it could not over the last one."""
    other = peer()
    async with Both(colour, other.server.url, on_loss="rearm") as both:
        got: list[Any] = []

        async def call() -> None:
            got.append(await both.call("x"))

        async with anyio.create_task_group() as group:
            group.start_soon(call)
            await until(lambda: len(other.got) == 1)
            other.cut()
            await until(lambda: both.channel.generation == 2 and len(other.streams) == 2)
            other.say({"id": 1, "result": "kept"})
        assert got == ["kept"]


async def test_a_request_that_is_refused_is_the_error_of_its_status(colour: str, peer: Any) -> None:
    """Nothing waits for it any more, and nothing is called off."""
    refusal = b'{"error": {"message": "bad"}}'
    head = b"HTTP/1.1 400 X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    other = peer(lambda message, peer: head % len(refusal) + refusal)
    async with Both(colour, other.server.url) as both:
        with pytest.raises(BadRequestError, match="bad"):
            await both.call("x")
        with pytest.raises(BadRequestError, match="bad"):
            await both.notify("x")
        assert both.channel.in_flight == 0
    assert len(other.got) == 2


async def test_a_channel_that_is_not_entered_says_so(colour: str) -> None:
    """Nothing could answer."""
    both = Both(colour, "http://127.0.0.1:1")
    assert (both.channel.malformed, both.channel.generation) == (0, 0)
    for use in (both.call, both.notify):
        with pytest.raises(ConfigurationError, match=r"with (Async)?Channel\(\.\.\.\) as channel"):
            await use("x")


async def test_params_that_are_no_json_are_refused(colour: str, peer: Any) -> None:
    """Before anything is sent."""
    other = peer()
    async with Both(colour, other.server.url) as both:
        with pytest.raises(ConfigurationError, match="JSON"):
            await both.call("x", object())
        with pytest.raises(ConfigurationError, match="JSON"):
            await both.notify("x", object())
        assert both.channel.in_flight == 0
    assert other.got == []


async def test_the_server_may_say_where_to_post(colour: str, peer: Any) -> None:
    """Relative to the stream's address, and on the same server only."""
    other = peer(echo)
    other.hello = [event("/inbox?session=7", "endpoint")]
    async with Both(colour, other.server.url, post=None) as both:
        assert await both.call("x", 1) == 1
    assert other.got[0]["path"] == "/inbox?session=7"
    other.hello = [event("http://elsewhere.example.com/inbox", "endpoint")]
    async with Both(colour, other.server.url, post=None) as both:
        with pytest.raises(APIConnectionError, match="announced for messages leads to"):
            await both.call("x", 1)
    assert len(other.got) == 1


async def test_a_server_that_never_says_where_to_post_is_a_time_out(colour: str, peer: Any) -> None:
    """Entering fails, and lets go of everything."""
    other = peer()
    with pytest.raises(APITimeoutError, match="in time"):
        await Both(colour, other.server.url, post=None, post_timeout=0.05).__aenter__()


async def test_a_stream_that_cannot_be_had_is_an_error(colour: str, serve: Any, http: Any) -> None:
    """Entering raises what the event source raises."""
    server = serve(lambda _: iter([http(b"{}", 404)]))
    with pytest.raises(NotFoundError):
        await Both(colour, server.url).__aenter__()


async def test_calls_after_the_end_fail_with_its_reason(colour: str, serve: Any) -> None:
    """A stream that the server ends for good, or that was closed, brings no answers."""
    opened = threading.Event()
    heads = iter([OPEN, b"HTTP/1.1 204 X\r\n\r\n"])

    def handle(_: Any) -> Iterator[bytes]:
        yield next(heads)
        opened.wait(10)
        yield event("x") + b"0\r\n\r\n"

    server = serve(handle)
    async with Both(colour, server.url) as both:
        opened.set()
        await until(lambda: both.channel._link._over is not None)
        with pytest.raises(StreamInterruptedError, match="the server ended the event stream"):
            await both.call("x")
    with pytest.raises(APIConnectionError):
        await both.call("x")


async def test_a_failure_inside_leaves_the_channel_and_is_raised(colour: str, peer: Any) -> None:
    """As it was."""
    other = peer(echo)
    both = Both(colour, other.server.url)
    with pytest.raises(ZeroDivisionError):
        async with both:
            raise ZeroDivisionError


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("max_in_flight", {"max_in_flight": 0}),
        ("max_queue", {"max_queue": 1.5}),
        ("max_queue", {"max_queue": True}),
        ("reply_timeout", {"reply_timeout": -1}),
        ("post_timeout", {"post_timeout": None}),
        ("on_loss", {"on_loss": "cry"}),
        ("nonsense", {"nonsense": 1}),
    ],
)
async def test_options_that_cannot_be_are_refused(
    colour: str, name: str, options: dict[str, Any]
) -> None:
    """Before anything is sent, and by name."""
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        Both(colour, "http://127.0.0.1:1", **options)
