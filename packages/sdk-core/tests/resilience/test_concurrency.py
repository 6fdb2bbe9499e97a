from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    ConfigurationError,
    LimitReachedError,
)
from sdk_core.hooks import ConcurrencyEvent, Hooks
from sdk_core.policies import AdaptiveConcurrency
from sdk_core.testing import play, request, response, send


class Streaming:
    """A body that only knows whether it is closed."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter([b"a"])

    def close(self, *, grace: float = 0.0) -> None:
        """Close it."""
        self.closed = True


def test_no_more_calls_run_at_once_than_the_limit(world: Any) -> None:
    """The others run after them, first come first served."""
    policy = AdaptiveConcurrency.of(3)
    world.server = lambda _: (1.0, response())
    tasks = [world.spawn(policy(request(), send), n / 1000) for n in range(9)]
    world.run()
    begun = [round(task.began, 2) for task in tasks]
    assert begun == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0]
    assert [task.began for task in tasks] == sorted(task.began for task in tasks)


def test_a_newcomer_does_not_overtake(world: Any) -> None:
    """A slot that becomes free belongs to whoever has waited longest."""
    policy = AdaptiveConcurrency.of(1)
    world.server = lambda _: (1.0, response())
    first, second = world.spawn(policy(request(), send)), world.spawn(policy(request(), send), 0.1)
    third = world.spawn(policy(request(), send), 1.0)
    world.run()
    assert (first.began, second.began, third.began) == (0.0, 1.0, 2.0)


def test_cancelled_calls_leave_their_slot_and_their_place(world: Any) -> None:
    """Running or waiting."""
    policy = AdaptiveConcurrency.of(1)
    world.server = lambda _: (1.0, response())
    running, waiting, last = (world.spawn(policy(request(), send)) for _ in "abc")
    world.run(until=0.5)
    waiting.cancel()
    running.cancel()
    world.run()
    assert (last.began, last.result.status_code) == (0.5, 200)


@pytest.mark.parametrize("failure", [APIConnectionError(), ConfigurationError("m")])
def test_a_failure_leaves_its_slot(failure: Any) -> None:
    """Whatever it was."""
    policy = AdaptiveConcurrency.of(1)
    for _ in range(3):
        assert play(policy(request(), send), failure).error is failure


@pytest.mark.parametrize("failure", [response(429), response(503), APITimeoutError()])
def test_an_overload_lowers_the_limit(failure: Any) -> None:
    """To 0.7 of itself, and not below the lowest."""
    policy = AdaptiveConcurrency(10, 20, min=6)
    told: list[ConcurrencyEvent] = []
    hooked = request(hooks=Hooks(on_concurrency=told.append))
    for limit in (7.0, 6.0, 6.0):
        play(policy(hooked, send), failure)
        assert policy.limit == limit
    assert [(event.previous, event.limit) for event in told] == [(10, 7.0), (7.0, 6.0)]
    play(AdaptiveConcurrency(10)(request(), send), failure)


def test_calls_that_fail_together_lower_it_once(world: Any) -> None:
    """They were sent under the same limit, and tell the same thing."""
    policy = AdaptiveConcurrency(10)
    world.server = lambda _: (1.0, response(503))
    for _ in range(10):
        world.spawn(policy(request(), send))
    world.run()
    assert policy.limit == 7.0


def test_a_window_of_successes_raises_it_by_one(world: Any) -> None:
    """As many as the limit, while most of its slots are in use, and not above the highest."""
    policy = AdaptiveConcurrency(4, 5)
    told: list[ConcurrencyEvent] = []
    hooked = request(hooks=Hooks(on_concurrency=told.append))
    world.server = lambda _: (1.0, response())
    for _ in range(100):
        world.spawn(policy(hooked, send))
    world.run()
    assert policy.limit == 5
    assert [(event.previous, event.limit) for event in told] == [(4, 5)]
    starts = [at for at, _ in world.sent]
    assert max(starts.count(at) for at in set(starts)) == 5


def test_successes_of_an_idle_client_prove_nothing() -> None:
    """A limit of ten is not shown to be too low by one call at a time."""
    policy = AdaptiveConcurrency(10)
    for _ in range(50):
        play(policy(request(), send), response())
    assert policy.limit == 10


@pytest.mark.parametrize("status", [400, 404, 500])
def test_other_answers_change_nothing(status: int) -> None:
    """They say nothing of the load."""
    policy = AdaptiveConcurrency(1, 2)
    for _ in range(5):
        play(policy(request(), send), response(status))
    assert policy.limit == 1


def test_a_stream_holds_its_slot_until_it_is_closed(world: Any) -> None:
    """Its headers are not its end."""
    policy = AdaptiveConcurrency.of(1)
    answers = [response(), response()]
    answers[0].stream = Streaming()  # type: ignore[assignment]
    world.server = lambda _: (0.0, answers.pop(0))
    first, second = world.spawn(policy(request(), send)), world.spawn(policy(request(), send))
    world.run(until=5.0)
    assert (first.done, second.began) == (True, None)
    first.result.stream.close()
    world.run()
    assert second.began == 5.0


def test_a_call_waits_no_longer_than_its_deadline(world: Any) -> None:
    """It is refused then, and its place is free."""
    policy = AdaptiveConcurrency.of(1)
    world.server = lambda _: (10.0, response())
    world.spawn(policy(request(), send))
    late = world.spawn(policy(request(ends=3.0), send), 1.0)
    last = world.spawn(policy(request(), send), 2.0)
    world.run()
    assert isinstance(late.error, LimitReachedError)
    assert (late.ended, late.error.maybe_processed) == (3.0, False)
    assert "`max_concurrency`" in str(late.error)
    assert last.began == 10.0


def test_an_integer_is_a_limit_that_stays() -> None:
    """Up and down."""
    policy = AdaptiveConcurrency.of(4)
    play(policy(request(), send), response(503))
    assert policy.limit == 4
    assert AdaptiveConcurrency.of(policy) is policy


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "4", None])
def test_other_limits_are_refused(value: Any) -> None:
    """By the name of the client's option."""
    with pytest.raises(ConfigurationError, match="`max_concurrency` must be an integer >= 1"):
        AdaptiveConcurrency.of(value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"initial": 0}, "`initial` of AdaptiveConcurrency must be an integer >= 1"),
        ({"max": 1.0}, "`max` of AdaptiveConcurrency must be an integer >= 1"),
        ({"min": "1"}, "`min` of AdaptiveConcurrency must be an integer >= 1"),
        ({"initial": 101}, r"`initial` .* between `min` \(1\) and `max` \(100\), not be 101"),
        ({"store": 1}, "`store` of AdaptiveConcurrency must be a RedisStore"),
    ],
)
def test_wrong_figures_are_refused_by_name(options: Any, message: str) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=message):
        AdaptiveConcurrency(**options)
