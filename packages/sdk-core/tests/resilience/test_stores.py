"""
One suite for limits in memory and in Redis: the same calls, and the same outcomes.

Redis has a clock of its own, which no test can turn. To let seconds pass there, what it keeps is
made so much older (`age`). What remains is the time that the test itself takes, so that instants
are compared with some tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    CircuitOpenError,
    LimitReachedError,
)
from sdk_core.hooks import BreakerEvent, ConcurrencyEvent, Hooks, RateLimitEvent
from sdk_core.policies import (
    AdaptiveConcurrency,
    CircuitBreaker,
    RateLimit,
    RedisStore,
    Retry,
    RetryBudget,
)
from sdk_core.testing import request, response, send

Make = Callable[..., tuple[Any, Any]]
SLACK = 0.25


def near(*seconds: float) -> Any:
    """Return what instants are compared with."""
    return pytest.approx([*seconds], abs=SLACK)


def age(client: Any, seconds: float) -> None:
    """Make all that Redis keeps older by *seconds*."""
    for key in list(client.scan_iter()):
        name = key.decode().partition("}:")[2]
        kind = name.partition(":")[0]
        if kind in {"rates", "circuit"}:
            for field in ("requests", "tokens", "not_before", "until", "probing"):
                if float(client.hget(key, field) or 0):
                    client.hincrbyfloat(key, field, -seconds)
        elif kind == "slots":
            for member, score in client.zrange(key, 0, -1, withscores=True):
                client.zadd(key, {member: score - seconds})
        elif kind == "wanted":
            for place, wanted in client.hgetall(key).items():
                ends, _, cost = wanted.decode().partition(":")
                client.hset(key, place, f"{float(ends) - seconds}:{cost}")
        elif kind == "calls":
            counts = client.hgetall(key)
            client.delete(key)
            for field, count in counts.items():
                slot, _, what = field.decode().partition(":")
                client.hset(key, f"{int(slot) - round(seconds)}:{what}", count)


@pytest.fixture(params=["memory", "redis"])
def make(request: pytest.FixtureRequest, world: Any) -> Iterator[Make]:
    """Make a policy as two processes see it: one object, or two with a store between them."""
    if request.param == "memory":

        def alone(kind: Any, *args: Any, **options: Any) -> tuple[Any, Any]:
            policy = kind(*args, **options)
            return policy, policy

        yield alone
        return
    client = request.getfixturevalue("redis")
    world.moved = lambda seconds: age(client, seconds)

    def shared(kind: Any, *args: Any, **options: Any) -> tuple[Any, Any]:
        return tuple(kind(*args, store=RedisStore(client, name="test"), **options) for _ in "ab")

    yield shared


def spawn(world: Any, *policies: Any, sent: Any = None, after: float = 0.0) -> list[Any]:
    """Send a request through each of *policies*, in this order."""
    return [
        world.spawn(policy(sent or request(), send), after + n / 1e4)
        for n, policy in enumerate(policies)
    ]


def asked(tokens: int) -> Any:
    """Return a request that costs *tokens*."""
    return request(method="POST", content=b"x" * 4 * tokens)


# Budget


def test_repeats_are_paid_from_one_bucket(world: Any, make: Make) -> None:
    """Until it is empty, for each origin."""
    one, other = make(RetryBudget, 50)
    world.server = lambda _: (0.0, response(503))
    for budget, repeats in ((one, 2), (other, 1), (one, 0), (other, 0)):
        world.sent.clear()
        world.spawn(Retry(2, budget=budget, rand=lambda: 0.0)(request(), send))
        world.run()
        assert len(world.sent) == 1 + repeats
    world.sent.clear()
    elsewhere = request("https://b.example")
    world.spawn(Retry(2, budget=one, rand=lambda: 0.0)(elsewhere, send))
    world.run()
    assert len(world.sent) == 3


def test_success_gives_back(world: Any, make: Make) -> None:
    """One a call, and what a repeat took; never more than there is room for."""
    one, other = make(RetryBudget, 20)
    answers: list[Any] = []
    world.server = lambda _: (0.0, answers.pop(0))

    def call(budget: Any, *results: int) -> float:
        answers[:] = [response(status) for status in results]
        world.spawn(Retry(1, budget=budget, rand=lambda: 0.0)(request(), send))
        world.run()
        left: float = budget.tokens("https://api.example.com:443")
        return left

    assert call(one, 503, 503) == 6
    assert call(other, 503) in {6, 20}  # a process that has not asked does not know
    assert call(one, 200) == 7
    assert [call(one, 200) for _ in range(13)][-1] == 20
    assert call(one, 503, 200) == 20
    assert call(other, 503, 503) == 6


# Rate


def test_requests_pass_at_the_rate(world: Any, make: Make) -> None:
    """Of all processes together; those that wait in several take turns."""
    one, other = make(RateLimit, 60)
    tasks = spawn(world, one, other, one, other)
    world.run()
    assert [task.began for task in tasks] == near(0, 1, 2, 3)


def test_tokens_pass_at_their_rate(world: Any, make: Make) -> None:
    """More than the bucket holds is a debt for all."""
    one, other = make(RateLimit, tokens_per_minute=6000)
    tasks = spawn(world, one, sent=asked(300)) + spawn(world, other, sent=asked(100), after=0.1)
    world.run()
    assert [task.began for task in tasks] == near(0, 3)


def test_both_are_taken_or_neither(world: Any, make: Make) -> None:
    """A call that waits for tokens takes no request meanwhile, and is not overtaken."""
    one, other = make(RateLimit, 60, 6000)
    first = spawn(world, one, sent=asked(500))
    second = spawn(world, other, sent=asked(100), after=0.1)
    third = spawn(world, one, sent=asked(0), after=0.2)
    world.run()
    assert [task.began for task in first + second + third] == near(0, 5, 6)


def test_what_was_not_used_comes_back_to_all(world: Any, make: Make) -> None:
    """And what was used beyond the estimate is taken."""
    one, other = make(RateLimit, tokens_per_minute=6000)
    for used, wait in ((0, 0), (400, 4)):
        world.server = lambda _, used=used: (
            0.0,
            response(json={"usage": {"total_tokens": used}}),
        )
        began = world.now
        spawn(world, one, sent=asked(100))
        world.run()
        [task] = spawn(world, other, sent=asked(100))
        world.run()
        assert task.began - began == pytest.approx(wait, abs=SLACK)
        world.run(until=world.now + 100)


def test_what_was_not_sent_comes_back(world: Any, make: Make) -> None:
    """Request and tokens."""
    one, other = make(RateLimit, 60, 6000)
    world.server = lambda _: (0.0, CircuitOpenError(message="m", retry_after=1.0))
    spawn(world, one, sent=asked(100))
    world.run()
    world.server = lambda _: (0.0, response())
    [task] = spawn(world, other, sent=asked(100))
    world.run()
    assert task.began == pytest.approx(0.0, abs=SLACK)


def test_a_stream_is_settled_when_it_has_ended(world: Any, make: Make) -> None:
    """Or as soon afterwards as its process asks again."""
    one, other = make(RateLimit, tokens_per_minute=6000)
    answer = response()
    answer.stream = Pieces(b'{"total_tokens": 0}')  # type: ignore[assignment]
    world.server = lambda _: (0.0, answer)
    [task] = spawn(world, one, sent=asked(1000))
    world.run()
    assert list(task.result.stream)
    world.server = lambda _: (0.0, response())
    tasks = spawn(world, one, other, sent=asked(10))
    world.run()
    assert [task.began for task in tasks] == near(0, 0)


class Pieces:
    """A body."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self, *, grace: float = 0.0) -> None:
        """Do nothing."""


@pytest.mark.parametrize("rates", [{"requests_per_minute": 60}, {"tokens_per_minute": 6000}, {}])
def test_a_429_stops_all(world: Any, make: Make, rates: Any) -> None:
    """Until the time that it names."""
    one, other = make(RateLimit, **rates)
    world.server = lambda _: (0.0, response(429, {"retry-after": "30"}))
    spawn(world, one, sent=asked(1))
    world.run()
    world.server = lambda _: (0.0, response())
    tasks = spawn(world, other, one, sent=asked(0), after=0.1)
    world.run()
    assert tasks[0].began == pytest.approx(30, abs=SLACK)
    paced = 1 if "requests_per_minute" in rates else 0
    assert tasks[1].began == pytest.approx(30 + paced, abs=SLACK)


def test_what_the_server_says_holds_for_all(world: Any, make: Make) -> None:
    """What is left of a bucket, and a window that is used up."""
    one, other = make(RateLimit, 600, 60_000)
    said = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-remaining-tokens": "0"}
    world.server = lambda _: (0.0, response(headers=said))
    spawn(world, one, sent=asked(1))
    world.run()
    world.server = lambda _: (0.0, response(headers={"ratelimit": '"a";r=0;t=20'}))
    [task] = spawn(world, other, sent=asked(1000))
    world.run()
    assert task.began == pytest.approx(1.0, abs=SLACK)
    world.server = lambda _: (0.0, response())
    [late] = spawn(world, one)
    world.run()
    assert late.began == pytest.approx(21.0, abs=SLACK)


def test_a_wait_that_is_too_long_is_refused(world: Any, make: Make) -> None:
    """Before it begins; and the place in the line is free again."""
    one, other = make(RateLimit, 60, max_wait=1.5)
    tasks = spawn(world, one, other, one, other)
    world.run()
    assert [type(task.error) for task in tasks] == [
        type(None),
        type(None),
        LimitReachedError,
        LimitReachedError,
    ]
    assert tasks[1].began == pytest.approx(1.0, abs=SLACK)
    world.run(until=world.now + 10)
    began = world.now
    [last] = spawn(world, other)
    world.run()
    assert last.began - began == pytest.approx(0.0, abs=SLACK)


def test_whoever_is_cancelled_leaves_the_line(world: Any, make: Make) -> None:
    """Nobody waits longer for it."""
    one, other = make(RateLimit, 60)
    tasks = spawn(world, one, one, other, other)
    world.run(until=0.5)
    tasks[1].cancel()
    world.run()
    third, fourth = (task.began for task in tasks[2:])
    assert 1 - SLACK < third < 2 + SLACK
    assert fourth - third == pytest.approx(1.0, abs=SLACK)


# Circuits


def breakers(make: Make) -> tuple[Any, Any]:
    """Return breakers that open at half of four calls, for ten seconds."""
    return make(CircuitBreaker, minimum_calls=4, window=10.0, open_for=10.0)


def calls(world: Any, *policies: Any, status: int) -> list[Any]:
    """Return how calls went, one after the other; the error of those that were refused."""
    world.server = lambda _: (0.0, response(status))
    went = []
    for policy in policies:
        [task] = spawn(world, policy)
        world.run(until=world.now)
        went.append(type(task.error) if task.error else task.result.status_code)
    return went


def test_failures_of_all_open_the_circuit_for_all(world: Any, make: Make) -> None:
    """And one success closes it for all."""
    one, other = breakers(make)
    assert calls(world, one, other, one, other, status=500) == [500] * 4
    assert calls(world, one, other, status=200) == [CircuitOpenError] * 2
    world.run(until=world.now + 10)
    assert calls(world, other, one, status=200) == [200, 200]
    assert calls(world, other, one, one, status=500) == [500, 500, 500]


def test_only_what_the_server_does_counts(world: Any, make: Make) -> None:
    """No answer is a failure; what this side refuses by itself says nothing."""
    one, other = breakers(make)
    went = []
    for error in (LimitReachedError(message="m"), APIConnectionError()):
        world.server = lambda _, error=error: (0.0, error)
        for policy in (one, other, one, other):
            spawn(world, policy)
            world.run(until=world.now)
        went += calls(world, one, status=200)
    assert went == [200, CircuitOpenError]


def test_a_failed_probe_opens_it_again(world: Any, make: Make) -> None:
    """And says for how long."""
    one, other = breakers(make)
    calls(world, one, one, one, one, status=503)
    world.run(until=world.now + 10)
    assert calls(world, other, one, status=500) == [500, CircuitOpenError]
    [refused] = spawn(world, other)
    world.run(until=world.now)
    assert refused.error.retry_after == pytest.approx(10.0, abs=SLACK)


def test_one_call_of_all_probes(world: Any, make: Make) -> None:
    """While it is under way the others are refused, in every process."""
    one, other = breakers(make)
    calls(world, one, one, one, one, status=500)
    world.run(until=world.now + 10)
    world.server = lambda _: (2.0, response())
    tasks = spawn(world, one, other, one)
    world.run(until=world.now + 1)
    assert [type(task.error) for task in tasks] == [
        type(None),
        CircuitOpenError,
        CircuitOpenError,
    ]
    world.run()
    assert tasks[0].result.status_code == 200
    assert calls(world, other, status=200) == [200]


def test_a_probe_that_vanished_is_forgotten(world: Any, make: Make) -> None:
    """At the latest when the circuit would have been open once more."""
    one, other = breakers(make)
    calls(world, one, one, one, one, status=500)
    world.run(until=world.now + 10)
    world.server = lambda _: (2.0, response())
    [probe] = spawn(world, one)
    world.run(until=world.now + 1)
    probe.cancel()
    world.run(until=world.now + 10)
    assert calls(world, other, status=200) == [200]


def test_old_failures_are_forgotten(world: Any, make: Make) -> None:
    """The window slides for all; outcomes from before the circuit opened count no more."""
    one, other = breakers(make)
    calls(world, one, other, one, status=500)
    world.run(until=world.now + 12)
    assert calls(world, one, other, status=500) == [500, 500]
    world.server = lambda _: (3.0, response(500))
    slow = spawn(world, one, one)
    world.run(until=world.now + 1)
    calls(world, one, one, status=500)
    assert calls(world, other, status=200) == [CircuitOpenError]
    world.run(until=world.now + 5)
    assert [task.result.status_code for task in slow] == [500, 500]
    assert calls(world, one, status=200) == [CircuitOpenError]


# Slots


def test_slots_are_shared(world: Any, make: Make) -> None:
    """No more calls run at once than the limit, of all processes together."""
    one, other = make(AdaptiveConcurrency, 2, 2, min=2)
    world.server = lambda _: (1.0, response())
    tasks = spawn(world, one, other, one, other, one)
    world.run()
    assert sorted(task.began for task in tasks) == near(0, 0, 1, 1, 2)


def test_a_stream_holds_its_slot(world: Any, make: Make) -> None:
    """Until it is closed."""
    one, other = make(AdaptiveConcurrency, 1, 1)
    answers = [response(), response()]
    answers[0].stream = Pieces(b"a")  # type: ignore[assignment]
    world.server = lambda _: (0.0, answers.pop(0))
    first, second = spawn(world, one, other)
    world.run(until=5.0)
    assert (first.done, second.began) == (True, None)
    first.result.stream.close()
    world.run()
    assert second.began == pytest.approx(5.0, abs=SLACK)


def test_a_slot_of_a_cancelled_call_is_free(world: Any, make: Make) -> None:
    """For the next call of its process at once."""
    one, _ = make(AdaptiveConcurrency, 1, 1)
    world.server = lambda _: (50.0, response())
    running, waiting = spawn(world, one, one)
    world.run(until=1.0)
    running.cancel()
    world.run(until=2.0)
    assert waiting.began == pytest.approx(1.0, abs=SLACK)


@pytest.mark.parametrize("failure", [response(429), response(503), APITimeoutError()], ids=str)
def test_an_overload_lowers_the_limit_of_all_once(world: Any, make: Make, failure: Any) -> None:
    """However many calls of the same time tell of it."""
    one, other = make(AdaptiveConcurrency, 10, 20)
    world.server = lambda _: (1.0, failure)
    spawn(world, one, other, one)
    world.run()
    assert one.limit == pytest.approx(7.0)
    world.server = lambda _: (0.0, response(404))
    spawn(world, other)
    world.run()
    assert other.limit == pytest.approx(7.0)


def test_successes_raise_the_limit_of_all(world: Any, make: Make) -> None:
    """By one, when as many as the limit have succeeded while most slots were in use."""
    one, other = make(AdaptiveConcurrency, 2, 3)
    world.server = lambda _: (1.0, response())
    spawn(world, one, other, one, other, one, other)
    world.run()
    assert (one.limit, other.limit) == (3, 3)


def test_no_slot_before_the_deadline_is_a_refusal(world: Any, make: Make) -> None:
    """For the first of the line and for those behind it."""
    one, _ = make(AdaptiveConcurrency, 1, 1)
    world.server = lambda _: (50.0, response())
    spawn(world, one)
    late = spawn(world, one, sent=request(ends=3.0), after=1.0)
    late += spawn(world, one, sent=request(ends=2.0), after=1.1)
    world.run(until=5.0)
    assert [type(task.error) for task in late] == [LimitReachedError] * 2
    assert [task.ended for task in late] == near(3.0, 2.0)


def test_other_failures_leave_the_limit(world: Any, make: Make) -> None:
    """And their slot."""
    one, other = make(AdaptiveConcurrency, 1, 2)
    world.server = lambda _: (0.0, LimitReachedError(message="m"))
    for policy in (one, other, one):
        spawn(world, policy)
        world.run()
    assert (one.limit, len(world.sent)) == (1, 3)


def test_hooks_are_told_what_limits_do(world: Any, make: Make) -> None:
    """A limit that went down, a wait, a circuit that opened: wherever they are kept."""
    told: list[Any] = []
    hooked = request(hooks=Hooks(told.append))
    slots, _ = make(AdaptiveConcurrency, 10, 20)
    for failure in (response(429), APITimeoutError()):
        world.server = lambda _, failure=failure: (0.0, failure)
        spawn(world, slots, sent=hooked)
        world.run()
    circuit, _ = make(CircuitBreaker, minimum_calls=1)
    world.server = lambda _: (0.0, response(500))
    spawn(world, circuit, sent=hooked)
    world.run()
    world.server = lambda _: (0.0, response())
    rate, _ = make(RateLimit, 60)
    spawn(world, rate, rate, sent=hooked)
    world.run()
    assert [type(event) for event in told] == [
        ConcurrencyEvent,
        ConcurrencyEvent,
        BreakerEvent,
        RateLimitEvent,
    ]
    assert (told[0].limit, told[1].limit) == pytest.approx((7.0, 4.9))
    assert (told[2].key, told[2].state) == ("https://api.example.com:443", "open")
    assert (told[3].wait, told[3].limit) == (pytest.approx(1.0, abs=SLACK), "requests")
