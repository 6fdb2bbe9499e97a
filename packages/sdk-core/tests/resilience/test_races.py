"""Races as the drivers run them: real threads, real tasks, and what becomes of the losers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import anyio
import anyio.to_thread
import pytest

from sdk_core import _races
from sdk_core._drivers import AsyncDriver, SyncDriver
from sdk_core._messages import Request, Response
from sdk_core.errors import APIConnectionError, APITimeoutError
from sdk_core.policies import Call, Race, Sleep
from sdk_core.testing import play, request, response, send
from sdk_core.typing import Flow

pytestmark = pytest.mark.anyio

URL = "https://api.example.com/"


class Body:
    """A body that knows whether it is closed."""

    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self, *, grace: float = 0.0) -> None:
        """Close it."""
        self.closed.set()

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Close it."""
        self.closed.set()


class Network:
    """
    A transport of both colours whose answers come when the test lets them.

    Attributes:
        sent: The paths that were asked for, in order.
        cancelled: Those whose sending was cancelled.
    """

    closed = False

    def __init__(self, **answers: Any) -> None:
        self.sent: list[str] = []
        self.cancelled: list[str] = []
        self._answers = answers
        self._gates = {path: threading.Event() for path in answers}
        self._on_their_way = threading.Semaphore(0)

    def let(self, *paths: str) -> None:
        """Let the answers for *paths* come."""
        for path in paths:
            self._gates[path].set()

    def _answer(self, path: str, sent: Request) -> Any:
        answer = self._answers[path]
        if isinstance(answer, BaseException):
            raise answer
        answer.request = sent
        return answer

    async def all_sent(self) -> None:
        """Wait until every path has been asked for."""
        for _ in self._answers:
            await anyio.to_thread.run_sync(self._on_their_way.acquire, True, 10)

    def send(self, sent: Request) -> Any:
        """Answer when the test lets it."""
        path = self._note(sent)
        assert self._gates[path].wait(10)
        return self._answer(path, sent)

    def _note(self, sent: Request) -> str:
        path = sent.url.removeprefix(URL)
        self.sent.append(path)
        self._on_their_way.release()
        return path

    async def asend(self, sent: Request) -> Any:
        """Do as `send`; note when it is cancelled."""
        path = self._note(sent)
        try:
            wait = self._gates[path].wait
            await anyio.to_thread.run_sync(wait, 10, abandon_on_cancel=True)
        except BaseException:
            self.cancelled.append(path)
            raise
        return self._answer(path, sent)


class Asynchronous:
    """The asynchronous colour of a `Network`."""

    closed = False

    def __init__(self, network: Network) -> None:
        self.send = network.asend


def streamed(status: int = 200) -> Response:
    """Return an answer whose body has not been read."""
    answer = response(status)
    answer.stream = Body()  # type: ignore[assignment]
    return answer


def flow_of(path: str) -> Flow[Response]:
    """Return the flow that asks for *path*."""
    return send(request(URL + path))


def race(
    *paths: str, after: float = 0.0, wins: Callable[[Any], bool] = lambda r: r.status_code < 500
) -> Flow[Any]:
    """Race flows that ask for *paths*."""
    rest = iter(paths[1:])

    def more() -> Flow[Any] | None:
        path = next(rest, None)
        return None if path is None else flow_of(path)

    result = yield Race(flow_of(paths[0]), more, after, wins)
    return result


async def run(colour: str, network: Network, flow: Flow[Any]) -> Any:
    """Run *flow* in a driver of *colour*."""
    if colour == "async":
        return await AsyncDriver(Asynchronous(network)).run(flow)  # type: ignore[arg-type]
    driver = SyncDriver(network)  # type: ignore[arg-type]
    return await anyio.to_thread.run_sync(driver.run, flow)


def closed(answer: Response) -> Any:
    """Return whether the body of *answer* is closed, or will be at once."""
    assert answer.stream is not None
    return answer.stream.closed.wait(5)  # type: ignore[attr-defined]


async def test_the_first_that_wins_is_the_result(colour: str) -> None:
    """The loser is cancelled, or its answer is closed when it comes."""
    slow, quick = streamed(), streamed()
    body: Any = quick.stream
    network = Network(a=slow, b=quick)
    network.let("b")
    winner = await run(colour, network, race("a", "b"))
    assert winner is quick
    assert network.sent == ["a", "b"]
    assert not body.closed.is_set()
    network.let("a")
    if colour == "async":
        assert network.cancelled == ["a"]
    else:
        assert await anyio.to_thread.run_sync(closed, slow)


async def test_one_that_is_quick_enough_runs_alone(colour: str) -> None:
    """The other is never made."""
    network = Network(a=response())
    network.let("a")
    answer = await run(colour, network, race("a", "b", after=60.0))
    assert (answer.status_code, network.sent) == (200, ["a"])


async def test_a_failure_ends_a_race_without_rivals_at_once(colour: str) -> None:
    """Repeating it is another policy's business."""
    network = Network(a=APIConnectionError(message="refused"))
    network.let("a")
    with pytest.raises(APIConnectionError, match="refused"):
        await run(colour, network, race("a", "b", after=60.0))


async def when_all_are_sent(colour: str, network: Network, flow: Flow[Any], *paths: str) -> Any:
    """Run *flow*; let the answers for *paths* come once all its requests are on their way."""
    outcome: list[Any] = []

    async def go() -> None:
        try:
            outcome.append(await run(colour, network, flow))
        except Exception as exc:  # for the test to look at
            outcome.append(exc)

    async with anyio.create_task_group() as group:
        group.start_soon(go)
        await network.all_sent()
        network.let(*paths)
    return outcome[0]


@pytest.mark.parametrize("worse", [APITimeoutError(), response(503)], ids=["error", "503"])
async def test_what_does_not_win_leaves_it_to_the_others(colour: str, worse: Any) -> None:
    """And is forgotten when one of them does, whichever came first."""
    for order in ("ab", "ba"):
        network = Network(a=worse, b=response())
        answer = await when_all_are_sent(colour, network, race("a", "b"), *order)
        assert answer.status_code == 200


@pytest.mark.parametrize("path", "ab")
async def test_a_result_is_better_than_a_failure(colour: str, path: str) -> None:
    """Where nothing wins, the caller gets an answer if there is one."""
    answers = {"a": APITimeoutError(), "b": APITimeoutError(), path: response(502)}
    network = Network(**answers)
    answer = await when_all_are_sent(colour, network, race("a", "b"), "a", "b")
    assert answer.status_code == 502


async def test_where_all_fail_one_failure_is_raised(colour: str) -> None:
    """As it is, and not in a group of exceptions."""
    network = Network(a=APITimeoutError(), b=APITimeoutError())
    error = await when_all_are_sent(colour, network, race("a", "b"), "a", "b")
    assert type(error) is APITimeoutError


async def test_the_first_failure_is_the_one() -> None:
    """What came later is only its echo."""
    standing = _races._Standing(Race(flow_of("a"), lambda: flow_of("b"), 0.0, bool))
    standing.next()
    first = _races._Outcome(error=APIConnectionError(message="first"))
    assert not standing.came_in(first)
    assert standing.came_in(_races._Outcome(error=APITimeoutError()))
    assert standing.last is first


async def test_answers_that_come_together_leave_one(colour: str) -> None:
    """Of several that have come, all but the winner's are closed."""
    answers = {path: streamed() for path in "abc"}
    network = Network(**answers)
    network.let("a", "b", "c")
    winner = await run(colour, network, race("a", "b", "c"))
    for path in network.sent:
        if answers[path] is not winner and path not in network.cancelled:
            assert await anyio.to_thread.run_sync(closed, answers[path])
    assert not winner.stream.closed.is_set()


async def test_an_answer_that_does_not_win_is_closed(colour: str) -> None:
    """When another one takes its place."""
    first, second = streamed(), streamed()
    network = Network(a=first, b=second)
    network.let("a", "b")
    answer = await run(colour, network, race("a", "b", wins=lambda r: r is second))
    if answer is second and "a" not in network.cancelled:
        assert await anyio.to_thread.run_sync(closed, first)


async def test_a_mistake_in_a_policy_shows_as_itself(colour: str) -> None:
    """Not in a group of exceptions."""

    def broken(_: Any) -> bool:
        raise ZeroDivisionError

    network = Network(a=streamed(), b=streamed())
    error = await when_all_are_sent(colour, network, race("a", "b", wins=broken), "a")
    assert type(error) is ZeroDivisionError
    network.let("b")
    for path in "ab":
        if path not in network.cancelled:
            assert await anyio.to_thread.run_sync(closed, network._answers[path])


async def test_a_race_that_is_cancelled_cancels_its_flows() -> None:
    """Nothing of it goes on, and what had come is closed."""
    first = streamed(503)
    network = Network(a=first, b=streamed())
    judged = anyio.Event()

    def wins(_: Any) -> bool:
        judged.set()
        return False

    async with anyio.create_task_group() as group:
        group.start_soon(run, "async", network, race("a", "b", wins=wins))
        await network.all_sent()
        network.let("a")
        await judged.wait()
        group.cancel_scope.cancel()
    assert network.cancelled == ["b"]
    assert closed(first)


async def test_a_thread_that_has_lost_sends_nothing_more() -> None:
    """It stops before its next request."""
    network = Network(a=response(), b=response(), c=response())

    def slow() -> Flow[Response]:
        yield from flow_of("a")
        yield Call(over.wait)
        return (yield from flow_of("c"))

    over = threading.Event()
    rivals = [flow_of("b")]

    def flow() -> Flow[Any]:
        return (yield Race(slow(), lambda: rivals.pop() if rivals else None, 0.0, lambda _: True))

    network.let("a", "b", "c")
    before = threading.active_count()
    assert (await run("sync", network, flow())).status_code == 200
    over.set()
    for thread in threading.enumerate():
        if thread.name == "sdk-core race":
            await anyio.to_thread.run_sync(thread.join, 5)
    assert "c" not in network.sent
    assert threading.active_count() <= before + 1


async def test_without_a_free_thread_a_flow_runs_without_rivals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And with one, the first runs without the second."""
    network = Network(a=response(), b=response())
    network.let("a", "b")
    monkeypatch.setattr(_races, "_free", threading.BoundedSemaphore(1))
    _races._free.acquire()
    assert (await run("sync", network, race("a", "b"))).status_code == 200
    assert network.sent == ["a"]
    _races._free.release()
    network = Network(a=response(), b=response())
    rivals: list[Flow[Any]] = []

    def more() -> Flow[Any]:
        rivals.append(flow_of("b"))
        network.let("a")
        return rivals[0]

    def flow() -> Flow[Any]:
        return (yield Race(flow_of("a"), more, 0.0, lambda _: True))

    assert (await run("sync", network, flow())).status_code == 200
    assert (network.sent, len(rivals)) == (["a"], 1)


async def test_an_answer_in_the_hands_of_a_flow_that_breaks_is_closed(colour: str) -> None:
    """Whether it breaks by itself or is cancelled: nobody else knows of the connection."""
    network = Network(a=streamed())
    network.let("a")

    def breaks() -> Flow[Any]:
        yield from flow_of("a")
        raise ZeroDivisionError

    with suppress(ZeroDivisionError):
        await run(colour, network, breaks())
    assert closed(network._answers["a"])
    if colour == "async":
        network = Network(a=streamed())
        network.let("a")

        def waits() -> Flow[Any]:
            yield from flow_of("a")
            yield Sleep(60)

        with anyio.move_on_after(0.05):
            await run(colour, network, waits())
        assert closed(network._answers["a"])


def test_play_races_on_the_fake_clock() -> None:
    """The second runs when the first takes too long and does not win."""
    kept = play(race("a", "b", after=1.0), response(503), response(), seconds_per_send=2.0)
    assert (kept.result.status_code, len(kept.sent), kept.elapsed) == (200, 2, 4.0)
    alone = play(race("a", "b", after=1.0), response(503), seconds_per_send=0.5)
    assert (alone.result.status_code, len(alone.sent)) == (503, 1)
    first = APITimeoutError()
    failed = play(race("a", "b"), first, APITimeoutError())
    assert failed.error is first
    worse = play(race("a", "b"), response(503), first)
    assert worse.result.status_code == 503
