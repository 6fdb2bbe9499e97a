"""Races: how the two drivers run several flows for one result, and clean up behind the losers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import BoundedSemaphore, Lock, Thread
from typing import TYPE_CHECKING, Any

import attrs

from ._drivers import AsyncDriver, SyncDriver, Transport
from ._messages import Response
from ._waits import let_go

if TYPE_CHECKING:
    from ._effects import Race
    from ._messages import Request
    from .typing import Flow

_THREADS = 64  # of all races of the process at once; with none free, a flow runs without rivals
_free = BoundedSemaphore(_THREADS)


@attrs.frozen
class _Outcome:
    result: Any = None
    error: BaseException | None = None

    def unwrap(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


_NONE = _Outcome()


@attrs.define
class _Standing:
    """What both colours know of a race: how many run, and what it has come to so far."""

    race: Race
    running: int = 1
    last: _Outcome = _NONE
    due: float | None = 0.0  # when the next one starts; None: there is no other
    beaten: list[_Outcome] = attrs.Factory(list)  # whose answers are to be closed

    def wait(self) -> float | None:
        """Return the seconds until the next flow starts."""
        return None if self.due is None else max(0.0, self.due - time.monotonic())

    def next(self) -> Flow[Any] | None:
        """Return the flow to start now."""
        flow = self.race.more()
        self.due = None if flow is None else time.monotonic() + self.race.after
        self.running += flow is not None
        return flow

    def came_in(self, outcome: _Outcome) -> bool:
        """Note *outcome*; return whether it ends the race."""
        self.running -= 1
        if outcome.error is not None:
            if self.last is _NONE:
                self.last = outcome
            return self.running == 0
        self.beaten.append(self.last)
        self.last = outcome
        return self.running == 0 or self.race.wins(outcome.result)


class _Lost(BaseException):
    """The race was over before this flow had sent its request."""


@attrs.frozen
class _Gate:
    """Lets nothing more through to a transport once the race is over."""

    _transport: Transport
    _is_over: Callable[[], bool]

    def send(self, request: Request) -> Response:
        if self._is_over():
            raise _Lost
        return self._transport.send(request)


class _Threads:
    """
    Flows that run in threads.

    A thread that waits for a server cannot be stopped. The answer of one that has lost is closed
    when it comes, which gives its connection back; the process does not wait for it at its end.
    """

    def __init__(self, transport: Transport) -> None:
        self.finished: SimpleQueue[_Outcome] = SimpleQueue()
        gate: Any = _Gate(transport, lambda: self._over)  # no driver closes its transport
        self._driver = SyncDriver(gate)
        self._lock = Lock()
        self._over = False

    def start(self, flow: Flow[Any]) -> bool:
        """Run *flow* if a thread is free."""
        if not _free.acquire(blocking=False):
            return False
        target = copy_context().run
        Thread(target=target, args=(self._run, flow), name="sdk-core race", daemon=True).start()
        return True

    def _run(self, flow: Flow[Any]) -> None:
        try:
            outcome = _Outcome(self._driver.run(flow))
        except BaseException as exc:
            outcome = _Outcome(error=exc)
        finally:
            _free.release()
        with self._lock:
            over = self._over
            if not over:
                self.finished.put(outcome)
        if over:
            _close(outcome)

    def end(self) -> None:
        """Have whatever comes in from now on closed."""
        with self._lock:
            self._over = True
        with suppress(Empty):
            while True:
                _close(self.finished.get_nowait())


def race(transport: Transport, effect: Race) -> Any:
    """Run the flows of *effect* in threads; return what the winner returned."""
    threads = _Threads(transport)
    if not threads.start(effect.flow):
        return SyncDriver(transport).run(effect.flow)
    standing = _Standing(effect, due=time.monotonic() + effect.after)
    try:
        while True:
            try:
                outcome = threads.finished.get(timeout=standing.wait())
            except Empty:
                flow = standing.next()
                if flow is not None and not threads.start(flow):
                    flow.close()
                    standing.running -= 1
                    standing.due = None
                continue
            if standing.came_in(outcome):
                return standing.last.unwrap()
    except BaseException:
        standing.beaten.append(standing.last)
        raise
    finally:
        threads.end()
        for beaten in standing.beaten:
            _close(beaten)


def _close(outcome: _Outcome) -> None:
    response = outcome.result
    if isinstance(response, Response) and response.stream is not None:
        with suppress(Exception):
            response.stream.close()


async def arace(driver: AsyncDriver, effect: Race) -> Any:
    """Run the flows of *effect* as tasks; return what the winner returned."""
    tasks = _Tasks(driver, effect)
    try:
        await tasks.run()
        return tasks.standing.last.unwrap()
    except BaseException:
        tasks.standing.beaten.append(tasks.standing.last)
        raise
    finally:
        for beaten in (*tasks.standing.beaten, *tasks.finished):
            if isinstance(beaten.result, Response):
                await let_go(beaten.result)


class _Tasks:
    """Flows that run as tasks; those that have lost are cancelled and waited for."""

    def __init__(self, driver: AsyncDriver, race: Race) -> None:
        self.finished: deque[_Outcome] = deque()
        self.standing = _Standing(race, due=time.monotonic() + race.after)
        self._driver = driver

    async def run(self) -> None:
        """Return when the race is over and nothing of it runs any more."""
        from anyio import Event, create_task_group, move_on_after  # noqa: PLC0415  # as in _waits

        news = Event()

        async def run(flow: Flow[Any]) -> None:
            try:
                outcome = _Outcome(await self._driver.run(flow))
            except Exception as exc:  # passed on to whoever waits for the result
                outcome = _Outcome(error=exc)
            self.finished.append(outcome)
            news.set()

        standing = self.standing
        failure: Exception | None = None
        async with create_task_group() as group:
            group.start_soon(run, standing.race.flow)
            try:  # a task group would wrap what is raised in it
                while True:
                    news = Event()
                    if not self.finished:
                        with move_on_after(standing.wait()):
                            await news.wait()
                    if self.finished:
                        if standing.came_in(self.finished.popleft()):
                            break
                    elif (flow := standing.next()) is not None:
                        group.start_soon(run, flow)
            except Exception as exc:
                failure = exc
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure
