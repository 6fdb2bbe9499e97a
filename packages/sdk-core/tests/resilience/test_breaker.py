from __future__ import annotations

from typing import Any

import pytest

from sdk_core._circuits import Circuit, Terms
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    CircuitOpenError,
    ConfigurationError,
    LimitReachedError,
)
from sdk_core.hooks import BreakerEvent, Hooks
from sdk_core.policies import CircuitBreaker
from sdk_core.testing import play, request, response, send


def breaker(**changes: Any) -> CircuitBreaker:
    """Return one that opens at half of four calls, for ten seconds."""
    terms = {"failure_rate": 0.5, "minimum_calls": 4, "window": 10.0, "open_for": 10.0}
    return CircuitBreaker(**{**terms, **changes})


class Calls:
    """Calls through one breaker, in a world."""

    def __init__(self, world: Any, policy: CircuitBreaker) -> None:
        self.world = world
        self.policy = policy
        self.told: list[BreakerEvent] = []
        self.hooks = Hooks(on_breaker=self.told.append)
        self.answers: list[Any] = []
        world.server = lambda _: (0.0, self.answers.pop(0))

    def call(self, *answers: Any, url: str = "https://a.example/x") -> list[Any]:
        """Return how calls went that got *answers*, one after the other; None: refused."""
        went = []
        for answer in answers:
            self.answers = [answer]
            task = self.world.spawn(self.policy(request(url, hooks=self.hooks), send))
            self.world.run(until=self.world.now)
            went.append(task.error if task.error is not None else task.result.status_code)
        return went

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.world.run(until=self.world.now + seconds)

    @property
    def states(self) -> list[str]:
        """The states that hooks were told of."""
        return [event.state for event in self.told]


@pytest.fixture
def calls(world: Any) -> Calls:
    """Return calls through a breaker of the usual terms."""
    return Calls(world, breaker())


BAD = [response(500), response(503), APITimeoutError(), APIConnectionError()]


@pytest.mark.parametrize("failure", BAD, ids=str)
def test_a_server_that_fails_is_left_in_peace(calls: Calls, failure: Any) -> None:
    """After enough calls, half of them failures, nothing is sent for a while."""
    calls.call(response(200), response(200), failure, failure)
    [refusal] = calls.call(response(200))
    assert isinstance(refusal, CircuitOpenError)
    assert (refusal.maybe_processed, refusal.retry_after) == (False, 10.0)
    assert "https://a.example:443 has failed too often" in str(refusal)
    assert len(calls.world.sent) == 4
    calls.later(4.0)
    [refusal] = calls.call(response(200))
    assert refusal.retry_after == 6.0


@pytest.mark.parametrize("answer", [response(s) for s in (200, 301, 400, 401, 404, 429)], ids=str)
def test_a_server_that_answers_is_well(calls: Calls, answer: Any) -> None:
    """Whatever it thinks of the request."""
    calls.call(*[answer] * 20)
    assert len(calls.world.sent) == 20


def test_a_few_calls_say_nothing(calls: Calls) -> None:
    """One failure out of one call is no failure rate."""
    calls.call(*[response(500)] * 3)
    assert calls.call(response(200)) == [200]


def test_what_is_long_ago_is_forgotten(calls: Calls) -> None:
    """The rate is that of a window that slides."""
    calls.call(*[response(500)] * 3)
    calls.later(12.0)
    assert calls.call(response(500), response(200)) == [500, 200]
    assert calls.states == []


def test_one_success_closes_the_circuit(calls: Calls) -> None:
    """And the count begins anew."""
    calls.call(*[response(500)] * 4)
    calls.later(10.0)
    assert calls.call(response(200), response(500), response(500)) == [200, 500, 500]
    assert calls.states == ["open", "half-open", "closed"]
    assert [event.previous for event in calls.told] == ["closed", "open", "half-open"]
    assert {event.key for event in calls.told} == {"https://a.example:443"}


def test_one_failure_opens_it_again(calls: Calls) -> None:
    """For as long as before."""
    calls.call(*[response(500)] * 4)
    calls.later(10.0)
    assert calls.call(response(503)) == [503]
    assert isinstance(calls.call(response(200))[0], CircuitOpenError)
    assert calls.states == ["open", "half-open", "open"]
    calls.later(10.0)
    assert calls.call(response(200)) == [200]


def test_one_call_at_a_time_probes(calls: Calls) -> None:
    """The others are refused while it is on its way; one that is cancelled makes room."""
    calls.call(*[response(500)] * 4)
    calls.later(10.0)
    world = calls.world
    world.server = lambda _: (1.0, response(200))
    probe, other = (world.spawn(calls.policy(request("https://a.example"), send)) for _ in "ab")
    world.run(until=world.now + 0.5)
    assert isinstance(other.error, CircuitOpenError)
    assert other.error.retry_after == 10.0
    probe.cancel()
    again = world.spawn(calls.policy(request("https://a.example"), send))
    world.run()
    assert again.result.status_code == 200


def test_calls_from_before_say_nothing_of_after(calls: Calls) -> None:
    """An answer to a call that was sent before the circuit opened changes nothing any more."""
    world = calls.world
    world.server = lambda _: (5.0, response(200))
    slow = world.spawn(calls.policy(request("https://a.example/x"), send))
    world.run(until=0.0)
    world.server = lambda _: (0.0, calls.answers.pop(0))
    calls.call(*[response(500)] * 4)
    calls.later(6.0)
    assert slow.result.status_code == 200
    assert isinstance(calls.call(response(200))[0], CircuitOpenError)


def test_a_cancelled_call_counts_for_nothing(calls: Calls) -> None:
    """Nobody knows how it would have gone."""
    calls.call(*[response(500)] * 3)
    calls.world.server = lambda _: (1.0, response(500))
    task = calls.world.spawn(calls.policy(request("https://a.example/x"), send))
    calls.world.run(until=0.5)
    task.cancel()
    calls.world.server = lambda _: (0.0, calls.answers.pop(0))
    assert calls.call(response(200)) == [200]


def test_a_probe_that_says_nothing_of_the_server_makes_room(calls: Calls) -> None:
    """A limit of this client, or a mistake in the request."""
    for error in (LimitReachedError(message="m"), ConfigurationError("m")):
        calls.call(*[response(500)] * 4)
        calls.later(10.0)
        assert calls.call(error, response(200)) == [error, 200]


def test_a_probe_that_is_cancelled_before_it_is_sent_makes_room(calls: Calls) -> None:
    """Such as while a hook is told that there is one."""
    calls.call(*[response(500)] * 4)
    calls.later(10.0)
    flow = calls.policy(request("https://a.example/x", hooks=calls.hooks), send)
    next(flow)
    assert type(flow.send(calls.world.now)).__name__ == "Call"
    flow.close()
    assert calls.call(response(200)) == [200]


def test_a_circuit_that_has_just_closed_lets_pass_whoever_asks() -> None:
    """Another thread may have closed it since the caller saw that it was open."""
    circuit = Circuit(Terms(0.5, 1, 10.0, 10.0))
    assert circuit.enter(0.0) is circuit.passing


def test_each_origin_has_a_circuit_of_its_own(calls: Calls) -> None:
    """One server's failures keep nobody from another."""
    calls.call(*[response(500)] * 4)
    assert calls.call(response(200), url="https://b.example/x") == [200]
    assert isinstance(calls.call(response(200))[0], CircuitOpenError)


def test_without_hooks_nobody_is_told() -> None:
    """And the states change all the same."""
    policy = breaker(minimum_calls=1)
    play(policy(request(), send), response(500))
    assert isinstance(play(policy(request(), send)).error, CircuitOpenError)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failure_rate", 0),
        ("failure_rate", 1.1),
        ("minimum_calls", 0),
        ("minimum_calls", 2.5),
        ("window", 0),
        ("open_for", -1),
        ("store", "redis://"),
    ],
)
def test_wrong_terms_are_refused_by_name(name: str, value: Any) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=f"`{name}` of CircuitBreaker must be"):
        CircuitBreaker(**{name: value})
