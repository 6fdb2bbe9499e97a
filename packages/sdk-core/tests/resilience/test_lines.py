from __future__ import annotations

import threading
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest

from sdk_core._drivers import AsyncDriver, SyncDriver
from sdk_core._lines import Line, Ticket
from sdk_core.policies import Call, Exclusive, Now, Sleep, Wait
from sdk_core.testing import play
from sdk_core.typing import Flow

SYNC: Any = SyncDriver(None)  # type: ignore[arg-type]  # nothing is sent here
ASYNC: Any = AsyncDriver(None)  # type: ignore[arg-type]


def wait(ticket: Ticket, seconds: float | None = None) -> Flow[bool]:
    """Wait for *ticket*."""
    called: bool = yield Wait(ticket, seconds)
    return called


async def run(colour: str, flow: Flow[Any]) -> Any:
    """Run *flow* in a driver of *colour*."""
    if colour == "async":
        return await ASYNC.run(flow)
    return await anyio.to_thread.run_sync(SYNC.run, flow)


@pytest.mark.anyio
async def test_a_ticket_may_be_called_before_and_after_the_wait_begins(colour: str) -> None:
    """From this thread and from another, in every kind of loop."""
    early = Ticket()
    early.call()
    assert await run(colour, wait(early)) is True
    waiting = threading.Event()

    class Watched(Ticket):
        """A ticket that tells when somebody waits for it."""

        def when_called(self, wake: Any) -> None:
            """Tell it."""
            super().when_called(wake)
            waiting.set()

    late = Watched()
    async with anyio.create_task_group() as group:
        group.start_soon(run, colour, wait(late))
        await anyio.to_thread.run_sync(waiting.wait, 5)
        await anyio.to_thread.run_sync(late.call)
    assert late.called


@pytest.mark.anyio
async def test_a_wait_has_an_end(colour: str) -> None:
    """The result says that the turn has not come."""
    assert await run(colour, wait(Ticket(), 0.0)) is False


@pytest.mark.anyio
async def test_a_ticket_of_a_loop_that_is_gone_can_be_called() -> None:
    """Whoever goes last must not fall over those who went away."""
    ticket = Ticket()

    def elsewhere() -> None:
        async def give_up() -> None:
            with anyio.move_on_after(0.01):
                await ASYNC.run(wait(ticket))

        anyio.run(give_up)

    await anyio.to_thread.run_sync(elsewhere)
    ticket.call()
    assert ticket.called


def test_a_line_calls_its_first() -> None:
    """And the next one when that leaves; who leaves from the middle wakes nobody."""
    line = Line()
    first, second, third = line.join(1.0), line.join(2.0), line.join(4.0)
    assert (line.waiting, line.cost) == (3, 7.0)
    assert (first.called, second.called, third.called) == (True, False, False)
    called = []
    third.when_called(lambda: called.append(third))
    line.leave(second)
    assert called == []
    line.leave(first)
    assert called == [third]
    line.nudge()
    assert called == [third, third]
    line.leave(third)
    line.nudge()
    assert (line.waiting, line.cost) == (0, 0.0)


def critical(log: list[str], name: str) -> Flow[str]:
    """Do what nobody else may do at the same time."""
    log.append(f"{name} in")
    yield Sleep(1.0)
    log.append(f"{name} out")
    return name


def test_an_exclusive_runs_one_flow_at_a_time(world: Any) -> None:
    """In the order of coming."""
    log: list[str] = []
    exclusive = Exclusive()
    tasks = [world.spawn(exclusive(critical(log, name))) for name in "abc"]
    world.run()
    assert log == ["a in", "a out", "b in", "b out", "c in", "c out"]
    assert [(task.result, task.ended) for task in tasks] == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_a_cancelled_flow_lets_the_next_one_in(world: Any) -> None:
    """Whether it was waiting or running."""
    log: list[str] = []
    exclusive = Exclusive()
    running, waiting, last = (world.spawn(exclusive(critical(log, name))) for name in "abc")
    world.run(until=0.5)
    waiting.cancel()
    running.cancel()
    world.run()
    assert log == ["a in", "c in", "c out"]
    assert (last.result, last.ended) == ("c", 1.5)


def test_an_exclusive_alone_costs_no_effect() -> None:
    """Where nobody else is, nobody waits."""
    played = play(Exclusive()(critical([], "a")))
    assert (played.result, len(played.effects)) == ("a", 1)


def test_a_flow_that_waits_for_nothing_is_a_failed_test() -> None:
    """Under `play` nobody else could call the ticket; with an end, time passes."""
    with pytest.raises(AssertionError, match="waits for what nobody will call"):
        play(wait(Ticket()))
    called = Ticket()
    called.call()
    assert (play(wait(called, 2.0)).result, play(wait(called, 2.0)).elapsed) == (True, 0.0)
    assert (play(wait(Ticket(), 2.0)).result, play(wait(Ticket(), 2.0)).elapsed) == (False, 2.0)


@pytest.mark.anyio
async def test_threads_and_tasks_stand_in_one_line() -> None:
    """Forty of them, half in threads, and never two at once."""
    exclusive, inside, most, done = Exclusive(), [0], [0], [0]
    lock = threading.Lock()

    def enter() -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])

    def leave() -> None:
        with lock:
            inside[0] -= 1
            done[0] += 1

    def flow() -> Flow[None]:
        yield Call(enter)
        yield Sleep(0.0)
        yield Now()
        yield Call(leave)

    async with anyio.create_task_group() as group:
        for number in range(40):
            group.start_soon(run, "async" if number % 2 else "sync", exclusive(flow()))
    assert (most[0], done[0], inside[0]) == (1, 40, 0)


@pytest.mark.anyio
async def test_cancelling_tasks_in_a_line_strands_nobody() -> None:
    """Every third one is cancelled while it waits, and the others all get their turn."""
    exclusive, done = Exclusive(), []

    async def one(number: int) -> None:
        with anyio.CancelScope() as scope:
            if number % 3 == 0:
                scope.deadline = anyio.current_time() + 0.001
            await ASYNC.run(exclusive(critical_quick(number)))

    def critical_quick(number: int) -> Flow[None]:
        yield Sleep(0.002)
        yield Call(lambda: done.append(number))

    async with anyio.create_task_group() as group:
        for number in range(30):
            group.start_soon(one, number)
    assert {n for n in range(30) if n % 3} <= set(done)
    assert play(exclusive(critical([], "a"))).result == "a"
