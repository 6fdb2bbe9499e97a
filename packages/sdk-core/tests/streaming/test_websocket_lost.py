"""What an application says to lost connections, and to the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest
from websockets.sync.server import ServerConnection

from sdk_core.errors import APIConnectionError, APIResponseValidationError
from sdk_core.models import BaseModel
from sdk_core.websockets import GoingAwayError, Lost, Reconnect, WebSocketClosedError

from ._sockets import Both, Start, breaks, says

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Run in asyncio: the library has no other loop that a client could choose."""
    return "asyncio"


async def test_who_is_told_of_a_lost_connection_changes_the_next_one(
    colour: str, start: Start
) -> None:
    """Query and headers; each stays until it is changed."""
    told: list[Lost] = []
    answers: list[Any] = [None, {"query": {"n": 1}}, {"query": {"n": 2}, "headers": {"x-a": "b"}}]

    def ask(lost: Lost) -> Any:
        told.append(lost)
        return answers.pop(0)

    server = start(breaks(), says(code=1012), breaks(), says("a"))
    async with Both(colour, server.url, query={"n": 0}, on_lost=ask) as both:
        assert await both.all() == ["a"]
    assert [request.path for request in server.requests] == [
        "/live?n=0", "/live?n=0", "/live?n=1", "/live?n=2",
    ]  # fmt: skip
    assert server.requests[3].headers["x-a"] == "b"
    assert [(type(lost.error), lost.wait, lost.opened) for lost in told] == [
        (WebSocketClosedError, 0, 1),
        (GoingAwayError, 0, 2),
        (WebSocketClosedError, 0, 3),
    ]


async def test_it_may_be_asked_asynchronously(start: Start) -> None:
    """By an asynchronous client."""

    async def ask(_: Lost) -> bool:
        return False

    async with Both("async", start(breaks()).url, on_lost=ask) as both:
        with pytest.raises(WebSocketClosedError, match="1006"):
            await both.receive()


async def test_giving_up_raises_what_happened(colour: str, start: Start) -> None:
    """Also where there has been no connection."""
    opened: list[int] = []

    def ask(lost: Lost) -> bool:
        opened.append(lost.opened)
        return False

    server = start()
    server.close()
    with pytest.raises(APIConnectionError):
        async with Both(colour, server.url, on_lost=ask):
            pass
    assert opened == [0]


async def test_a_mistake_of_who_is_asked_ends_it(colour: str, start: Start) -> None:
    """It is not hidden, and nothing is asked again."""

    def ask(_: Lost) -> None:
        msg = "mine"
        raise KeyError(msg)

    async with Both(colour, start(breaks()).url, on_lost=ask) as both:
        with pytest.raises(KeyError, match="mine"):
            await both.receive()
        assert both.socket.ready_state.name == "CLOSED"


async def test_an_iterator_is_asked_for_the_next_message_when_the_last_one_is_sent(
    colour: str, start: Start
) -> None:
    """So that what is not sent is known to whom it belongs."""
    waiting = ["a", "b", "c"]

    def left() -> Iterator[str]:
        while waiting:
            yield waiting[0]
            del waiting[0]

    heard: list[Any] = []

    def second(connection: ServerConnection) -> None:
        heard.extend(connection.recv(10) for _ in range(3))
        connection.close()

    async with Both(colour, start(breaks(), second).url, resume=left) as both:
        assert await both.all() == []
    assert (heard, waiting) == (["a", "b", "c"], [])


async def test_closing_ends_the_wait_for_the_next_connection(colour: str, start: Start) -> None:
    """In the middle of it."""
    pausing = threading.Event()
    slow = Reconnect(base=1e6, cap=1e6, rand=lambda: 0.9)
    server = start(breaks())
    async with (
        Both(colour, server.url, reconnect=slow) as both,
        anyio.create_task_group() as group,
    ):
        pause = both.socket._pause

        def noted(seconds: float) -> Any:
            pausing.set()
            return pause(seconds)

        both.socket._session.observe(pause=noted)
        group.start_soon(both.all)
        await anyio.to_thread.run_sync(pausing.wait, 10)
        await both.close()
    assert len(server.requests) == 1


async def test_closing_while_somebody_is_asked_ends_it(start: Start) -> None:
    """No other connection is made."""

    async def ask(_: Lost) -> None:
        await both.close()

    server = start(breaks())
    async with Both("async", server.url, on_lost=ask) as both:
        assert await both.all() == []
    assert len(server.requests) == 1


async def test_an_address_stands_for_path_and_base_url(colour: str, start: Start) -> None:
    """That of a WebSocket or of HTTP, with a query of its own."""
    server = start(says(), says())
    for url in (server.url, f"ws{server.url[4:]}"):
        async with Both(colour, "http://127.0.0.1:9", f"{url}/other?v=1", query={"n": 1}) as both:
            assert await both.all() == []
    assert [request.path for request in server.requests] == ["/other?v=1&n=1"] * 2


async def test_messages_may_be_of_any_size(colour: str, start: Start) -> None:
    """If there is no limit."""
    large = "x" * (1 << 24 | 1)
    async with Both(colour, start(says(large)).url, max_message_size=None) as both:
        assert await both.receive() == large


class Update(BaseModel):
    """A message."""

    n: int


async def test_a_strict_client_refuses_messages_that_do_not_fit(colour: str, start: Start) -> None:
    """As it refuses answers."""
    server = start(says('{"n": "x"}'), says('{"n": "x"}'))
    async with Both(colour, server.url, type=Update) as both:
        assert (await both.receive()).n == "x"
    async with Both(colour, server.url, type=Update, client={"strict": True}) as both:
        with pytest.raises(APIResponseValidationError):
            await both.receive()
