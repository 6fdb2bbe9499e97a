from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from sdk_core.channels import ReplyError
from sdk_core.errors import (
    ConfigurationError,
)

from ._peers import Both, echo, until

pytestmark = pytest.mark.anyio


async def test_the_handler_answers_the_server(colour: str, peer: Any) -> None:
    """Requests get its result or its error; notifications get nothing."""
    told: list[Any] = []

    def decide(method: str, params: Any) -> Any:
        told.append((method, params))
        if method == "refuse":
            raise ReplyError(7, "no", [1])
        if method == "fail":
            raise KeyError(method)
        if method == "odd":
            return object()
        return {"got": params}

    async def adecide(method: str, params: Any) -> Any:
        await anyio.lowlevel.checkpoint()
        return decide(method, params)

    other = peer(echo)
    handlers = [decide] if colour == "sync" else [decide, adecide]
    for handler in handlers:
        other.got.clear()
        async with Both(colour, other.server.url, handler=handler) as both:
            await until(lambda: bool(other.streams))
            other.say({"method": "note", "params": 1})
            for number, method in enumerate(["do", "refuse", "fail", "odd"]):
                other.say({"id": f"s{number}", "method": method, "params": number})
            answers = [await anyio.to_thread.run_sync(other.wait_answer, f"s{n}") for n in range(4)]
            assert await both.call("x", 1) == 1
        assert answers[0]["result"] == {"got": 0}
        assert answers[1]["error"] == {"code": 7, "message": "no", "data": [1]}
        assert answers[2]["error"] == {"code": -32603, "message": "Internal error"}
        assert answers[3]["error"] == {"code": -32603, "message": "Internal error"}
        assert told[0] == ("note", 1)
        assert len([m for m in other.got if "method" not in m]) == 4


async def test_without_a_handler_no_method_is_found(colour: str, peer: Any) -> None:
    """The server is not left waiting."""
    other = peer()
    async with Both(colour, other.server.url):
        await until(lambda: bool(other.streams))
        other.say({"id": 1, "method": "do"})
        answer = await anyio.to_thread.run_sync(other.wait_answer, 1)
    assert answer["error"] == {"code": -32601, "message": "Method not found"}


async def test_a_handler_may_call(colour: str, peer: Any) -> None:
    """It stands in nobody's way; a slow one makes the server wait."""
    other = peer(echo)
    done: list[Any] = []
    box: list[Both] = []

    def sync_handler(_: str, params: Any) -> None:
        done.append(box[0].channel.call("inner", params))

    async def async_handler(_: str, params: Any) -> None:
        done.append(await box[0].channel.call("inner", params))

    handler = sync_handler if colour == "sync" else async_handler
    async with Both(colour, other.server.url, handler=handler, max_queue=100) as both:
        box.append(both)
        await until(lambda: bool(other.streams))
        for n in range(50):
            other.say({"method": "note", "params": n})
        await until(lambda: len(done) == 50)
    assert done == list(range(50))


async def test_a_full_queue_stops_the_reading(colour: str, peer: Any) -> None:
    """Nothing is dropped, and nothing more is kept than the limit."""
    go_on = threading.Event()
    seen: list[int] = []

    def slow(_: str, params: Any) -> None:
        go_on.wait(10)
        seen.append(params)

    async def aslow(_: str, params: Any) -> None:
        while not go_on.is_set():  # noqa: ASYNC110  # a thread sets it
            await anyio.sleep(0.001)
        seen.append(params)

    other = peer()
    handler = slow if colour == "sync" else aslow
    async with Both(colour, other.server.url, handler=handler, max_queue=2) as both:
        await until(lambda: bool(other.streams))
        for n in range(20):
            other.say({"method": "note", "params": n})
        go_on.set()
        await until(lambda: len(seen) == 20)
        assert both.channel.malformed == 0
    assert seen == list(range(20))


async def test_an_async_handler_is_for_the_other_colour(peer: Any) -> None:
    """It is refused where it can be seen, and answers with an error where it cannot."""

    async def handler(method: str, params: Any) -> None: ...

    with pytest.raises(ConfigurationError, match="AsyncChannel"):
        Both("sync", "http://127.0.0.1:1", handler=handler)

    def hidden(method: str, params: Any) -> Any:
        return handler(method, params)

    other = peer()
    async with Both("sync", other.server.url, handler=hidden):
        await until(lambda: bool(other.streams))
        other.say({"id": 1, "method": "do"})
        answer = await anyio.to_thread.run_sync(other.wait_answer, 1)
    assert answer["error"]["message"] == "Internal error"


async def test_a_handler_may_return_anything_that_can_be_awaited(peer: Any) -> None:
    """It need be no coroutine; and an error need hold no data."""

    class Later:
        def __await__(self) -> Iterator[None]:
            yield from ()
            raise ReplyError(1, "no")

    other = peer()
    for colour in ("sync", "async"):
        other.got.clear()
        streams = len(other.streams)
        async with Both(colour, other.server.url, handler=lambda *_: Later()):
            await until(lambda: len(other.streams) > streams)  # noqa: B023  # called at once
            other.say({"id": 1, "method": "do"})
            answer = await anyio.to_thread.run_sync(other.wait_answer, 1)
        wanted = {"code": 1, "message": "no"}
        assert answer["error"] == (
            wanted if colour == "async" else {"code": -32603, "message": "Internal error"}
        )
