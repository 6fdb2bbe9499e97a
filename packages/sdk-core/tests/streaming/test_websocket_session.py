"""What a WebSocket does between two connections, played without a network or a clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from sdk_core._effects import Call, Now, Sleep
from sdk_core._messages import Request, Response
from sdk_core._reconnect import ReadyState, Reconnect
from sdk_core._websocket import Session, WebSocketClosedError
from sdk_core.testing import request, response, send
from sdk_core.typing import Flow


class Wire:
    """A connection in memory: gives what it was given, errors included."""

    subprotocol: str | None = None
    dropped = 2

    def __init__(self, *received: Any, sends: Any = None) -> None:
        self._received = list(received)
        self._sends = sends
        self.sent: list[Any] = []
        self.closed: list[tuple[int, str]] = []

    def recv(self, timeout: float | None) -> Any:
        """Return or raise the next."""
        item = self._received.pop(0)
        if isinstance(item, Exception):
            raise item
        return item

    def send(self, data: Any) -> None:
        """Keep."""
        if self._sends is not None:
            raise self._sends
        self.sent.append(data)

    def close(self, code: int, reason: str) -> None:
        """Note."""
        self.closed.append((code, reason))


class Lock:
    """Held or not."""

    held = False

    def acquire(self) -> None:
        """Hold."""
        assert not self.held
        self.held = True

    def release(self) -> None:
        """Let go."""
        self.held = False


BROKEN = WebSocketClosedError(1006)


def session(*wires: Wire, **options: Any) -> Session:
    """Return a session that opens these in turn."""
    left = list(wires)

    def opened(asked: Request) -> tuple[Wire, Response]:
        return left.pop(0), response(101, request=asked)

    options.setdefault("reconnect", Reconnect(rand=lambda: 1.0))
    return Session(request(), send, opened, Lock(), **options)


def run(flow: Flow[Any], before: Callable[[Any], object] = lambda _: None) -> Any:
    """Perform the effects of *flow*; *before* sees each of them, and may raise to break it off."""
    step, value = flow.send, None
    clock = 0.0
    while True:
        try:
            effect: Any = step(value)
        except StopIteration as stop:
            return stop.value
        try:
            before(effect)
        except KeyboardInterrupt:
            flow.close()
            raise
        step, value = flow.send, None
        if isinstance(effect, Call):
            try:
                value = effect.function()
            except WebSocketClosedError as error:
                step, value = flow.throw, error
        elif isinstance(effect, Sleep):
            clock += effect.seconds
        else:
            assert isinstance(effect, Now)
            value = clock


def on_send_of(wire: Wire, action: Callable[[], object]) -> Callable[[Any], None]:
    """Return what acts when something is about to be sent over *wire*."""

    def before(effect: Any) -> None:
        function = getattr(effect, "function", None)
        if isinstance(function, partial) and function.func == wire.send:
            action()

    return before


def interrupt() -> None:
    """Break off."""
    raise KeyboardInterrupt


def test_what_is_read_first_connects() -> None:
    """A session need not be entered."""
    wire = Wire("a")
    made = session(wire)
    assert run(made.receive(None)) == "a"
    assert (made.state, made.wire) == (ReadyState.OPEN, wire)


def test_what_is_sent_first_connects() -> None:
    """As well."""
    wire = Wire()
    made = session(wire)
    run(made.send("a"))
    assert wire.sent == ["a"]


def test_a_connection_that_breaks_while_it_resumes_is_replaced() -> None:
    """With the wait that is due."""
    bad, good = Wire(sends=BROKEN), Wire("b")
    made = session(Wire("a", BROKEN), bad, good, resume=lambda: "go on")
    waits: list[float] = []

    def note(effect: Any) -> None:
        if isinstance(effect, Sleep):
            waits.append(effect.seconds)

    assert [run(made.receive(None), note) for _ in range(2)] == ["a", "b"]
    assert good.sent == ["go on"]
    assert waits == [1.0, 2.0]
    assert made.dropped == 2 + 2


def test_a_connection_that_is_given_up_while_it_resumes_is_closed_by_the_next_one() -> None:
    """And the lock is free."""
    half, good = Wire(), Wire("b")
    made = session(Wire("a", BROKEN), half, good, resume=lambda: "go on")
    assert run(made.receive(None)) == "a"
    with pytest.raises(KeyboardInterrupt):
        run(made.receive(None), on_send_of(half, interrupt))
    assert run(made.receive(None)) == "b"
    assert half.closed == [(1000, "")]


def test_a_connection_that_is_given_up_while_it_resumes_is_closed_with_the_session() -> None:
    """None is left behind."""
    half = Wire()
    made = session(Wire("a", BROKEN), half, resume=lambda: "go on")
    assert run(made.receive(None)) == "a"
    with pytest.raises(KeyboardInterrupt):
        run(made.receive(None), on_send_of(half, interrupt))
    run(made.close(1001, "bye"))
    assert half.closed == [(1001, "bye")]
    assert run(made.receive(None)) is None


def test_closing_while_it_resumes_ends_it() -> None:
    """The connection that is not in use yet is closed once."""
    half = Wire()
    made = session(Wire("a", BROKEN), half, resume=lambda: "go on")
    assert run(made.receive(None)) == "a"
    assert run(made.receive(None), on_send_of(half, lambda: run(made.close()))) is None
    assert half.closed == [(1000, "")]
    assert made.wire is None


def test_closing_while_it_opens_ends_it() -> None:
    """The connection is closed as soon as there is one."""
    wire = Wire()
    made = session(wire)

    def close(effect: Any) -> None:
        function = getattr(effect, "function", None)
        if isinstance(function, partial) and function.args and function.args[0] is made._request:
            run(made.close())

    assert run(made.receive(None), close) is None
    assert wire.closed == [(1000, "")]


def test_closing_while_it_waits_ends_it() -> None:
    """No other connection is made."""
    made = session(Wire("a", BROKEN))
    assert run(made.receive(None)) == "a"

    def close(effect: Any) -> None:
        if isinstance(effect, Sleep):
            run(made.close())

    assert run(made.receive(None), close) is None
    assert made.state is ReadyState.CLOSED


def test_a_loss_that_another_has_mended_is_none() -> None:
    """Whoever notices second goes on with the connection that there is."""
    old, new = Wire(BROKEN), Wire("b")
    made = session(old, new)
    run(made.connect())

    def mended(effect: Any) -> None:
        function = getattr(effect, "function", None)
        if isinstance(function, partial) and function.func == old.recv and made.wire is old:
            run(made.connect(old, BROKEN))

    assert run(made.receive(None), mended) == "b"
    assert made.backoff.connects == 1


def test_what_failed_before_it_was_open_is_an_abnormal_end() -> None:
    """Who asks for more is told so."""
    made = session(Wire(BROKEN), reconnect=Reconnect(attempts=0))
    with pytest.raises(WebSocketClosedError):
        run(made.receive(None))
    with pytest.raises(WebSocketClosedError, match=r"1006 \(it failed before"):
        run(made.send("a"))
