"""Cancelled at every wait of a call, or interrupted in any phase, a client stays as good as new."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import attrs
import pytest

from sdk_core.clients import SyncClient
from sdk_core.events import AsyncEventSource, EventSource, Reconnect

from ._lanes import LANES, Lane, done, items
from ._server import OK, Act, FaultServer, Turn, answer, turn
from ._steps import Stepped
from ._words import CHUNKED, EVENTS, FIN, GET, LONG, POST, SSE, said
from ._world import nothing_left

pytestmark = pytest.mark.usefixtures("no_waits")

_EVENT = b'data: {"a": 1}\n\n'
_END = b"data: [DONE]\n\n"
_MANY = 100  # more waits than any of these calls has


@attrs.frozen
class Work:
    """
    Something to cancel.

    Attributes:
        turns: What the server does.
        ask: What the client does; the result is looked at where nobody cancels.
        before: Whether a call has gone before, so that a connection is there.
    """

    id: str
    turns: tuple[Turn, ...]
    ask: Callable[[Any], Any]
    before: bool = False


async def _get(client: Any) -> None:
    assert await done(client.call(GET)) == {"ok": True}


async def _post(client: Any) -> None:
    assert await done(client.call(POST, body="x" * (4 << 20))) == {"ok": True}


async def _retry(client: Any) -> None:
    assert await done(client.with_options(max_retries=2).call(GET)) == {"ok": True}


async def _stream(client: Any) -> None:
    assert await items(await done(client.call(EVENTS))) == [{"a": 1}] * 3


async def _source(client: Any) -> None:
    again = Reconnect(base=0.001, rand=lambda: 1.0)
    if isinstance(client, SyncClient):
        with EventSource(client, "/fault", reconnect=again) as source:
            texts = [event.text for event in source]
    else:
        async with AsyncEventSource(client, "/fault", reconnect=again) as waited:
            texts = [event.text async for event in waited]
    assert texts == ["a", "b"]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


_EVENTS = (
    CHUNKED.replace(b"application/json", b"text/event-stream"),
    *[_chunk(_EVENT)] * 3,
    _chunk(_END),
    b"0\r\n\r\n",
)
_SOURCE = (
    *said(SSE, b"id: 1\nda", b"ta: a\n\n", FIN),
    *said(SSE + b"data: b\n\ndata: half", FIN),
    *said(answer(b"", 204)),
)

WORKS = (
    Work("call", said(OK), _get),
    Work("call-on-a-kept-connection", said(OK), _get, before=True),
    Work("chunked", said(CHUNKED, b'5\r\n{"ok"\r\n', b"7\r\n: true}\r\n", b"0\r\n\r\n"), _get),
    Work("upload", said(OK), _post),
    Work("retry", said(answer(b"", 503, "retry-after-ms: 1")), _retry),
    Work("redirect", said(answer(b"", 302, "location: /b")), _get),
    Work("stream", said(*_EVENTS), _stream),
    Work("stream-on-a-kept-connection", said(*_EVENTS), _stream, before=True),
    Work("source", _SOURCE, _source),
)


WAITING = [lane for lane in LANES if lane.loop != "sync"]


@pytest.mark.parametrize("how", ["task", "scope"])
@pytest.mark.parametrize("lane", WAITING, ids=lambda lane: lane.id)
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.id)
def test_a_call_may_be_cancelled_at_every_wait(work: Work, lane: Lane, how: str) -> None:
    """Nothing is left, and the next call of the same client succeeds."""
    if (lane.loop, how) == ("trio", "task"):
        pytest.skip("trio cancels by scope only")
    if lane.engine.endswith(".Client") and work.id == "upload":
        pytest.skip("a user's own client lets go of a half-sent body when it is collected")
    with nothing_left():
        waits = 0
        while lane.run(_cancelled(work, lane, how, waits)):
            waits += 1
            assert waits < _MANY
    # pyreqwest's own threads may have the answer before anything has to wait for it.
    assert waits or lane.engine == "pyreqwest"


async def _cancelled(work: Work, lane: Lane, how: str, at: int) -> bool:
    """Cancel *work* at its wait number *at*; return whether there was one."""
    first = (turn(Act.REQUEST, OK),) if work.before else ()
    server = FaultServer(first + work.turns)
    client = lane.connect(f"http://127.0.0.1:{server.port}")
    try:
        if work.before:
            await _get(client)
        tasks = lane.tasks()
        cancelled = await (_by_task if how == "task" else _by_scope)(work.ask(client), at)
        assert lane.tasks() == tasks
        server.forget()
        await _get(client)
    finally:
        await client.close()
        left = server.left_open()
        server.stop()
    assert left <= (lane.engine == "pyreqwest")  # as in `test_faults`
    return cancelled


async def _by_task(work: Any, at: int) -> bool:
    asyncio = sys.modules["asyncio"]

    async def run() -> None:
        await Stepped(work, at, lambda: task.cancel())  # noqa: PLW0108  # it is made below

    task = asyncio.create_task(run())
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


async def _by_scope(work: Any, at: int) -> bool:
    with anyio.CancelScope() as scope:
        await Stepped(work, at, scope.cancel)
    return bool(scope.cancelled_caught)


_HALF = LONG + b'{"ok":'
_HALF_STREAM = SSE + _EVENT
INTERRUPTIONS = {
    "waiting for the answer": (said(Act.INTERRUPT, Act.HOLD), _get),
    "in the headers": (said(LONG[:20], Act.INTERRUPT, Act.HOLD), _get),
    "in the body": (said(_HALF, Act.INTERRUPT, Act.HOLD), _get),
    "while sending": ((turn(Act.HEAD, Act.INTERRUPT, Act.STALL),), _post),
    "in a stream": (said(_HALF_STREAM, Act.INTERRUPT, Act.HOLD), _stream),
    "in a source": (said(SSE + b"data: a\n\n", Act.INTERRUPT, Act.HOLD), _source),
    "before a source connects again": (
        said(answer(b"", 503, "retry-after: 9"), Act.INTERRUPT),
        _source,
    ),
    "before a retry": (said(answer(b"", 503, "retry-after: 9"), Act.INTERRUPT), _retry),
}


# What waits in Rust sees no signal until it is back.
INTERRUPTIBLE = [lane for lane in LANES if lane.loop == "sync" and lane.engine != "pyreqwest"]


@pytest.fixture
def _terminal() -> Iterator[None]:
    """Have control-C interrupt, as in a terminal: what a shell runs in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_terminal")
@pytest.mark.parametrize("lane", INTERRUPTIBLE, ids=lambda lane: lane.id)
@pytest.mark.parametrize("phase", INTERRUPTIONS)
def test_a_blocking_call_may_be_interrupted(phase: str, lane: Lane) -> None:
    """Control-C comes through at once, nothing is left, and the next call succeeds."""
    turns, ask = INTERRUPTIONS[phase]
    with nothing_left(), FaultServer(turns, interrupt=_press) as server:
        lane.run(_interrupted(lane, server, ask))
        assert server.left_open() == 0


def _press() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


async def _interrupted(lane: Lane, server: FaultServer, ask: Callable[[Any], Any]) -> None:
    client = lane.connect(f"http://127.0.0.1:{server.port}")
    try:
        with pytest.raises(KeyboardInterrupt):
            await ask(client)
        server.forget()
        await _get(client)
    finally:
        client.close()
