from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError, APITimeoutError, ConfigurationError
from sdk_core.policies import Retry, RetryBudget
from sdk_core.testing import play, request, response, send

HERE = "https://api.example.com:443"
RATE = 200


def policy(budget: RetryBudget | None, max_retries: int = 2) -> Retry:
    """Return the policy of a default client, with jitter that is the same in every run."""
    return Retry(max_retries, budget=budget, rand=random.Random(4).random)


def load(world: Any, retry: Retry, begins: float, ends: float, up: float = 0.0) -> float:
    """
    Return how much more the server gets in an outage than its callers mean to send.

    `RATE` calls a second, some of them before it; *up* is the share of calls that succeed all the
    same.
    """
    luck = random.Random(7)

    def server(sent: Any) -> tuple[float, Any]:
        healthy = not begins <= world.now < ends or luck.random() < up
        return 0.05, response(200 if healthy else 503)

    world.server = server
    calls = int(ends * RATE)
    for number in range(calls):
        world.spawn(retry(request(), send), number / RATE)
    world.run()
    meant = sum(1 for number in range(calls) if begins <= number / RATE < ends)
    got = sum(1 for at, _ in world.sent if begins <= at < ends)
    return got / meant


def test_an_outage_is_not_multiplied(world: Any) -> None:
    """Sixty seconds of it bring 35 requests more, however many calls a second there are."""
    calls = 60 * RATE
    assert load(world, policy(RetryBudget()), 1, 61) == (calls + 500 // 14) / calls


def test_without_a_budget_it_is(world: Any) -> None:
    """Which is what the figure above is to be compared with: up to three times the load."""
    assert load(world, policy(None), 1, 11) > 2.7


def test_with_half_of_the_calls_failing_repeats_go_on_within_the_bound(world: Any) -> None:
    """Successes earn repeats: far more than the bucket holds, and never a tenth more load."""
    extra = (load(world, policy(RetryBudget()), 1, 61, up=0.5) - 1) * 60 * RATE
    assert 10 * 35 < extra < 6 * RATE


def test_single_failures_are_all_repeated(world: Any) -> None:
    """One call in a hundred fails, and no caller sees it."""
    retry = policy(RetryBudget())
    failing = iter(range(10**6))
    world.server = lambda sent: (
        (0.01, response(503))
        if sent.retry_count == 0 and next(failing) % 100 == 0
        else (0.01, response(200))
    )
    tasks = [world.spawn(retry(request(), send), number / RATE) for number in range(20_000)]
    world.run()
    assert all(task.result.status_code == 200 for task in tasks)
    assert len(world.sent) == 20_200


@pytest.mark.parametrize(
    ("failure", "cost"),
    [(response(503), 14), (response(408), 14), (response(429), 5), (APITimeoutError(), 14)],
)
def test_a_repeat_costs_more_after_a_failure_than_after_a_429(failure: Any, cost: int) -> None:
    """14 and 5, and what was paid for a repeat that succeeded comes back."""
    budget = RetryBudget()
    retry = policy(budget)
    play(retry(request(), send), *[failure] * 3)
    assert budget.tokens(HERE) == 500 - 2 * cost
    play(retry(request(), send), failure, response(200))
    assert budget.tokens(HERE) == 500 - 2 * cost
    play(retry(request(), send), response(200))
    assert budget.tokens(HERE) == 500 - 2 * cost + 1


def test_only_successes_give_back() -> None:
    """A refusal by the server says nothing of its health."""
    budget = RetryBudget(capacity=20)
    play(policy(budget)(request(), send), response(503), response(404))
    assert budget.tokens(HERE) == 6


def test_an_empty_bucket_ends_the_call_with_its_first_failure() -> None:
    """Answers and errors alike are the caller's at once, without a wait."""
    budget = RetryBudget(capacity=13)
    played = play(policy(budget)(request(), send), response(503))
    assert (played.result.status_code, played.slept) == (503, [])
    error = APIConnectionError(message="refused")
    assert error is play(policy(budget)(request(), send), error).error
    assert budget.tokens(HERE) == 13


def test_the_bucket_never_holds_more_than_its_capacity() -> None:
    """However many calls succeed, an outage finds the same bucket."""
    budget = RetryBudget(capacity=20)
    for _ in range(3):
        play(policy(budget)(request(), send), response(503), response(200))
    assert budget.tokens(HERE) == 20
    assert not budget.lacks


def test_each_host_has_a_bucket_of_its_own() -> None:
    """One server's outage takes nothing from another, and a path makes no difference."""
    budget = RetryBudget(capacity=20)
    retry = policy(budget)
    play(retry(request("https://a.example/x"), send), *[response(503)] * 3)
    assert budget.tokens("https://a.example:443") == 6
    assert len(play(retry(request("https://a.example/y"), send), response(503)).sent) == 1
    assert len(play(retry(request("https://b.example"), send), *[response(503)] * 3).sent) == 2
    play(retry(request("https://d.example"), send), response(200))
    assert budget.tokens("https://d.example:443") == 20
    play(retry(request("https://c.example:x/"), send), response(503), response(200))
    assert budget.tokens("invalid") == 20


def test_threads_share_a_bucket_without_losing_a_token() -> None:
    """Eight of them take and give back at once, and the sum is right."""
    budget = RetryBudget(capacity=10_000, transient=1)
    retry = Retry(1, budget=budget, rand=lambda: 0.0)

    def work() -> None:
        for _ in range(300):
            play(retry(request(), send), response(503), response(503))
            play(retry(request(), send), response(503), response(200))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert budget.tokens(HERE) == 10_000 - 8 * 300


@pytest.mark.parametrize("name", ["capacity", "transient", "throttled"])
@pytest.mark.parametrize("value", [-1, 1.5, "1", True, None])
def test_wrong_figures_are_refused_by_name(name: str, value: Any) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=f"`{name}` of RetryBudget must be an integer"):
        RetryBudget(**{name: value})


def test_a_store_must_be_one() -> None:
    """A client of Redis is no store yet."""
    with pytest.raises(ConfigurationError, match="`store` of RetryBudget must be a RedisStore"):
        RetryBudget(store=object())  # type: ignore[arg-type]
