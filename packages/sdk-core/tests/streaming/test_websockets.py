from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection

from sdk_core.errors import (
    APIResponseValidationError,
    APITimeoutError,
)
from sdk_core.hooks import Hooks, RetryEvent, StreamEvent
from sdk_core.models import BaseModel
from sdk_core.websockets import (
    GoingAwayError,
    MessageTooLargeError,
    PolicyViolationError,
    ProtocolViolationError,
    Reconnect,
    ServerFailureError,
    WebSocketClosedError,
)

from ._sockets import (
    SECRET,
    Both,
    Handle,
    Start,
    breaks,
    echo,
    read_up,
    says,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """Run in asyncio: the library has no other loop that a client could choose."""
    return "asyncio"


class Update(BaseModel):
    """A message."""

    n: int


async def test_messages_go_both_ways(colour: str, start: Start) -> None:
    """Text as text, bytes as binary, all else as JSON."""
    server = start(echo)
    async with Both(colour, server.url) as both:
        assert both.socket.ready_state.name == "OPEN"
        assert both.socket.response.status_code == 101
        sent = ["é", b"\x00", bytearray(b"a"), {"a": [1]}, Update(n=1)]
        for message in sent:
            await both.send(message)
        got = [await both.receive() for _ in sent]
        assert got == ["é", b"\x00", b"a", '{"a":[1]}', '{"n":1}']
    assert both.socket.ready_state.name == "CLOSED"
    assert (both.socket.close_code, both.socket.close_reason) == (1000, "")


async def test_messages_are_of_the_type_that_is_asked_for(colour: str, start: Start) -> None:
    """What is none is an error, behind which the messages go on."""
    server = start(says('{"n": 1}', b'{"n": 2}', "nonsense", '{"n": 3}'))
    async with Both(colour, server.url, type=Update) as both:
        assert [await both.receive(), await both.receive()] == [Update(n=1), Update(n=2)]
        with pytest.raises(APIResponseValidationError, match="no valid Update"):
            await both.receive()
        assert await both.all() == [Update(n=3)]
    server = start(says("[1]"))
    async with Both(colour, server.url, type=object) as both:
        assert await both.all() == [[1]]


async def test_the_opening_is_a_request_of_the_clients(colour: str, start: Start) -> None:
    """Path, query, headers and credential are the client's and the call's."""
    server = start(says())
    async with Both(
        colour,
        f"{server.url}/v1?version=2",
        path="live",
        query={"a": 1},
        headers={"x-a": "b"},
        client={"auth": None, "default_headers": {"x-key": SECRET}},
    ) as both:
        assert await both.all() == []
    asked = server.requests[0]
    assert asked.path == "/v1/live?version=2&a=1"
    assert (asked.headers["x-a"], asked.headers["x-key"]) == ("b", SECRET)
    assert asked.headers["user-agent"].startswith(("SyncClient/", "AsyncClient/"))
    assert asked.headers.get_all("host") == [server.url.removeprefix("http://")]


async def test_who_asks_without_iterating_is_told_that_it_is_over(
    colour: str, start: Start
) -> None:
    """With the code of the orderly end."""
    server = start(says("a", code=1000, reason="done"))
    async with Both(colour, server.url) as both:
        assert await both.receive() == "a"
        with pytest.raises(WebSocketClosedError, match=r"1000 \(done\)"):
            await both.receive()


async def test_a_subprotocol_is_agreed_on(colour: str, start: Start) -> None:
    """The server's choice is known."""
    server = start(echo, subprotocols=["v2", "v1"])
    async with Both(colour, server.url, subprotocols=("v1", "v3")) as both:
        assert both.socket.subprotocol == "v1"
    assert both.socket.subprotocol is None


async def test_a_lost_connection_is_made_again_and_resumed(colour: str, start: Start) -> None:
    """What `resume` returns goes first over each connection but the first one."""
    heard: list[list[str]] = []

    def resumed(*messages: str, code: int) -> Handle:
        def handle(connection: ServerConnection) -> None:
            heard.append([connection.recv(5), connection.recv(5)])  # type: ignore[list-item]
            says(*messages, code=code)(connection)

        return handle

    server = start(
        breaks("1", "2"),
        resumed("3", code=1012),
        breaks(),
        resumed("4", code=1000),
    )
    seen: list[str] = []

    def resume() -> list[Any]:
        return [{"after": seen[-1]}, "go"]

    told: list[Any] = []
    hooks = Hooks(on_retry=told.append, on_stream=told.append)
    async with Both(colour, server.url, resume=resume, client={"hooks": hooks}) as both:
        for _ in range(4):
            seen.append(await both.receive())  # noqa: PERF401  # `resume` looks at it
        assert await both.all() == []
        assert (both.socket.reconnects, both.socket.close_code) == (3, 1000)
    assert seen == ["1", "2", "3", "4"]
    assert heard == [['{"after":"2"}', "go"], ['{"after":"3"}', "go"]]
    assert [e.item for e in told if isinstance(e, StreamEvent)] == seen
    assert {e.reason for e in told if isinstance(e, RetryEvent)} <= {
        "GoingAwayError",
        "WebSocketClosedError",
    }


async def test_resume_may_be_asynchronous(start: Start) -> None:
    """For an asynchronous client."""
    heard: list[Any] = []

    def second(connection: ServerConnection) -> None:
        heard.append(connection.recv(5))
        connection.close()

    server = start(breaks(), second)

    async def resume() -> str:
        return "again"

    async with Both("async", server.url, resume=resume) as both:
        assert await both.all() == []
    assert heard == ["again"]


async def test_what_a_connection_did_not_take_goes_over_the_next_one(
    colour: str, start: Start
) -> None:
    """Sending finds out that the connection is lost, and connects."""
    gone = threading.Event()

    def first(connection: ServerConnection) -> None:
        connection.close(1012)
        gone.set()

    server = start(first, echo)
    async with Both(colour, server.url, resume=lambda: None) as both:
        await anyio.to_thread.run_sync(gone.wait, 5)
        await both.send("a")
        assert await both.receive() == "a"
        assert both.socket.reconnects == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1002, ProtocolViolationError),
        (1003, ProtocolViolationError),
        (1008, PolicyViolationError),
        (1009, MessageTooLargeError),
        (4001, WebSocketClosedError),
    ],
)
async def test_close_codes_that_no_other_connection_mends_are_errors(
    colour: str, start: Start, code: int, error: type[Exception]
) -> None:
    """Each of its own class, with code and reason; nothing is sent or received after it."""
    server = start(says("a", code=code, reason="no"))
    async with Both(colour, server.url) as both:
        assert await both.receive() == "a"
        with pytest.raises(WebSocketClosedError) as caught:
            await both.receive()
        assert type(caught.value) is error
        assert (caught.value.code, caught.value.reason) == (code, "no")
        assert str(caught.value) == f"WebSocket closed with code {code} (no)"
        assert caught.value.request.url.endswith("/live")
        for again in (both.receive, lambda: both.send("b")):
            with pytest.raises(error):
                await again()
        assert (both.socket.close_code, both.socket.reconnects) == (code, 0)


@pytest.mark.parametrize(
    ("code", "error"),
    [(1001, GoingAwayError), (1011, ServerFailureError), (1013, GoingAwayError)],
)
async def test_it_gives_up_after_so_many_connections(
    colour: str, start: Start, code: int, error: type[Exception]
) -> None:
    """With the error of the last one."""
    server = start(*[says(code=code)] * 3)
    async with Both(colour, server.url, reconnect=Reconnect(attempts=2, base=0)) as both:
        with pytest.raises(error):
            await both.receive()
        assert both.socket.ready_state.name == "CLOSED"
    assert len(server.requests) == 3


async def test_the_codes_that_are_retried_can_be_chosen(colour: str, start: Start) -> None:
    """An application has codes of its own."""
    server = start(says(code=4000), says("a"))
    async with Both(colour, server.url, retried_codes=frozenset({4000})) as both:
        assert await both.all() == ["a"]


async def test_silence_is_an_error_that_leaves_the_connection(colour: str, start: Start) -> None:
    """The wait for a message can be limited."""
    server = start(echo)
    for overflow in ("wait", "drop_oldest"):
        server = start(echo)
        async with Both(colour, server.url, overflow=overflow) as both:
            with pytest.raises(APITimeoutError, match="no message came within"):
                await both.receive(0.01)
            await both.send("a")
            assert await both.receive() == "a"


async def test_a_message_that_is_too_large_is_an_error(colour: str, start: Start) -> None:
    """Nothing is asked for again, for it would come again."""
    server = start(says("x" * 2000))
    async with Both(colour, server.url, max_message_size=1000) as both:
        with pytest.raises(MessageTooLargeError):
            await both.receive()


async def test_a_slow_reader_holds_the_server_up(colour: str, start: Start) -> None:
    """By default no message is lost, however slowly they are read."""
    count = 200
    server = start(says(*(str(n) + "x" * 5000 for n in range(count))))
    async with Both(colour, server.url, max_queue=2, compression=False) as both:
        await anyio.sleep(0.05)
        assert [int(m.rstrip("x")) for m in await both.all()] == list(range(count))
        assert both.socket.dropped == 0


@pytest.mark.parametrize(
    ("overflow", "kept"), [("drop_oldest", ["18", "19"]), ("drop_newest", ["0", "1"])]
)
async def test_messages_may_be_dropped_instead(
    colour: str, start: Start, overflow: str, kept: list[str]
) -> None:
    """As many as there is no room for, and they are counted."""
    server = start(says(*map(str, range(20))))
    async with Both(colour, server.url, max_queue=2, overflow=overflow) as both:
        await read_up(both)
        assert await both.all() == kept
        assert both.socket.dropped == 18


async def test_a_slow_reader_may_lose_the_connection_instead(colour: str, start: Start) -> None:
    """The server is told why, and so is the reader, after what was kept."""
    codes: list[Any] = []

    def handle(connection: ServerConnection) -> None:
        try:
            for n in range(20):
                connection.send(str(n))
            connection.recv(5)
        except ConnectionClosed as exc:
            codes.append(exc.rcvd and exc.rcvd.code)

    server = start(handle)
    async with Both(colour, server.url, max_queue=2, overflow="close") as both:
        await read_up(both)
        assert [await both.receive(), await both.receive()] == ["0", "1"]
        with pytest.raises(PolicyViolationError, match="faster than they were read"):
            await both.receive()
    server.close()
    assert codes == [1008]


async def test_a_server_that_answers_no_ping_is_lost(colour: str, start: Start) -> None:
    """The connection is given up and made again."""
    held = threading.Event()

    def deaf(connection: ServerConnection) -> None:
        connection.protocol.receive_data = lambda data: None  # type: ignore[method-assign]
        held.wait(10)

    server = start(deaf, says("a"))
    async with Both(
        colour, server.url, ping_interval=0.05, ping_timeout=1.0, close_timeout=0.1
    ) as both:
        assert await both.receive() == "a"
        assert both.socket.reconnects == 1
        held.set()


async def test_closing_tells_the_server_and_who_waits(start: Start) -> None:
    """Another thread's wait for a message ends."""
    told: list[Any] = []

    def handle(connection: ServerConnection) -> None:
        try:
            connection.recv()
        except ConnectionClosed as exc:
            told.append((exc.rcvd.code, exc.rcvd.reason) if exc.rcvd else None)

    server = start(handle)
    async with Both("sync", server.url) as both:
        results: list[Any] = []
        waiting = threading.Thread(target=lambda: results.extend(both.socket))
        waiting.start()
        await both.close(4000, "done")
        waiting.join(5)
        assert not waiting.is_alive()
        with pytest.raises(WebSocketClosedError, match="4000"):
            await both.receive()
    server.close()
    assert (told, results) == ([(4000, "done")], [])


async def test_a_wait_that_is_cancelled_loses_no_message(start: Start) -> None:
    """The next one gets what comes."""
    for overflow in ("wait", "drop_newest"):
        server = start(echo)
        async with Both("async", server.url, overflow=overflow) as both:
            with anyio.move_on_after(0.02) as scope:
                await both.receive(None)
            assert scope.cancelled_caught
            await both.send("a")
            assert await both.receive() == "a"
            assert both.socket.reconnects == 0


async def test_sender_and_receiver_make_one_connection_between_them(
    colour: str, start: Start
) -> None:
    """Who finds out second uses what the first one made."""
    gone = threading.Event()

    def first(connection: ServerConnection) -> None:
        connection.close(1012)
        gone.set()

    server = start(first, echo)
    async with Both(colour, server.url) as both:
        await anyio.to_thread.run_sync(gone.wait, 5)
        got: list[Any] = []

        async def receive() -> None:
            got.append(await both.receive())

        async with anyio.create_task_group() as group:
            group.start_soon(receive)
            group.start_soon(both.send, "a")
        assert (got, both.socket.reconnects, len(server.requests)) == (["a"], 1, 2)
