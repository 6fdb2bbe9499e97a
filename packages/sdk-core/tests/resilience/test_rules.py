"""What `Retry` repeats, beside what `test_retry.py` says of waits and deadlines."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from sdk_core import policies
from sdk_core._held import Timed
from sdk_core.errors import (
    APIConnectionError,
    APITimeoutError,
    CircuitOpenError,
    ConfigurationError,
    LimitReachedError,
    SDKError,
)
from sdk_core.hooks import BudgetEvent, Hooks, RetryEvent
from sdk_core.policies import Retry, RetryBudget
from sdk_core.testing import Now, play, request, response, send

RETRY = Retry(1, rand=lambda: 0.5)
METHODS = {
    **dict.fromkeys(("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"), True),
    **dict.fromkeys(("POST", "PATCH", "CONNECT", "QUERY"), False),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", [APIConnectionError, APITimeoutError])
def test_what_never_reached_the_server_is_sent_again(method: str, kind: type[Any]) -> None:
    """With any method: nothing can happen twice."""
    error = kind(maybe_processed=False)
    played = play(RETRY(request(method=method), send), error, response(200))
    assert played.result.status_code == 200


@pytest.mark.parametrize(("method", "idempotent"), METHODS.items())
def test_what_may_have_been_processed_is_repeated_if_it_is_idempotent(
    method: str, idempotent: bool
) -> None:
    """RFC 9110 §9.2.2 says which methods are."""
    played = play(RETRY(request(method=method), send), APITimeoutError(), response(200))
    assert len(played.sent) == (2 if idempotent else 1)
    assert (played.error is None) == idempotent


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_an_idempotency_key_makes_any_method_repeatable(method: str) -> None:
    """The server can tell the repeat from a new request."""
    first = request(method=method, headers={"Idempotency-Key": "k"})
    played = play(RETRY(first, send), APITimeoutError(), response(200))
    assert played.result.status_code == 200


@pytest.mark.parametrize("method", METHODS)
def test_a_refusal_is_repeated_with_any_method(method: str) -> None:
    """A server that answers 503 says that it has not done the work."""
    played = play(RETRY(request(method=method), send), response(503), response(200))
    assert played.result.status_code == 200


def test_the_log_says_why_there_is_no_repeat(caplog: pytest.LogCaptureFixture) -> None:
    """So that nobody looks for it in the options."""
    with caplog.at_level(logging.INFO, "sdk_core.retry"):
        play(RETRY(request(method="POST"), send), APITimeoutError())
        play(Retry(1, budget=RetryBudget(0))(request(), send), response(503))
    assert caplog.messages == [
        "no retry (APITimeoutError): the server may have done the work",
        "no retry (503): the retry budget is spent",
    ]


@pytest.mark.parametrize(
    "refusal",
    [CircuitOpenError(message="m", retry_after=1.0), LimitReachedError(message="m")],
)
def test_what_this_client_refuses_is_not_repeated(refusal: SDKError) -> None:
    """It was refused to spare the server or the caller's time."""
    played = play(RETRY(request(), send), response(503), refusal)
    assert played.error is refusal
    assert refusal.retries_taken == 1


def test_throttled_calls_wait_longer() -> None:
    """Twice as long by default, where a 429 does not say how long."""
    retry = Retry(2, rand=lambda: 0.5)
    assert play(retry(request(), send), *[response(429)] * 3).slept == [0.5, 1.0]
    assert play(retry(request(), send), *[response(503)] * 3).slept == [0.25, 0.5]


def test_hooks_are_told_of_repeats_and_of_an_empty_budget() -> None:
    """With what failed, why, and how long the wait is."""
    told: list[Any] = []
    hooked = request(hooks=Hooks(told.append))
    error = APITimeoutError()
    retry = Retry(3, rand=lambda: 0.5, budget=RetryBudget(30))
    play(retry(hooked, send), error, response(503), response(503))
    first, second, third = told
    assert isinstance(first, RetryEvent)
    assert (first.wait, first.reason, first.cause) == (0.25, "APITimeoutError", error)
    assert isinstance(second, RetryEvent)
    assert (second.wait, second.reason, second.request.retry_count) == (0.5, "503", 1)
    assert second.cause.status_code == 503  # type: ignore[union-attr]
    assert isinstance(third, BudgetEvent)
    assert (third.reason, third.tokens) == ("503", 2)


def test_the_deadline_holds_for_the_body_of_a_stream() -> None:
    """Only then does the body get a clock around it."""
    answer = response(200)
    answer.stream = iter([b"a"])  # type: ignore[assignment]

    def streamed(_: Any) -> Any:
        yield Now()
        return answer

    assert not isinstance(play(RETRY(request(), streamed)).result.stream, Timed)
    limited = Retry(1, deadline=5.0)
    assert isinstance(play(limited(request(), streamed)).result.stream, Timed)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_retries", -1),
        ("deadline", 0),
        ("base", -0.1),
        ("cap", float("inf")),
        ("longest_hint", "1"),
        ("throttled_base", None),
        ("rand", 0.5),
    ],
)
def test_wrong_figures_are_refused_by_name(name: str, value: Any) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=f"`{name}` of Retry must be "):
        Retry(**{name: value})


def test_a_budget_must_be_one() -> None:
    """A number is none."""
    with pytest.raises(ConfigurationError, match="`budget` of Retry must be a RetryBudget"):
        Retry(budget=500)  # type: ignore[arg-type]


def test_the_public_names_are_there() -> None:
    """Sorted, and whether they are imported at once or when they are asked for."""
    assert sorted(policies.__all__) == policies.__all__
    assert all(hasattr(policies, name) for name in policies.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = policies.Nothing
