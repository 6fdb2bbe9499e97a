from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core.clients import AsyncClient, BaseClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    SDKError,
    StreamInterruptedError,
)
from sdk_core.options import Timeout
from sdk_core.policies import Retry
from sdk_core.testing import Now, Send, Sleep, play, request, response, send

HALF = 0.5
RETRIED = {408, 409, 429, *range(500, 600)}


def retry(max_retries: int = 2, deadline: float | None = None, rand: float = HALF) -> Retry:
    """Return the policy with jitter that is no surprise."""
    return Retry(max_retries, deadline, rand=lambda: rand)


@pytest.mark.parametrize("status", [*range(200, 600)])
def test_the_status_decides_whether_to_repeat(status: int) -> None:
    """408, 409, 429 and 5xx are repeated, and no other status is."""
    played = play(retry(1)(request(), send), response(status), response(200))
    assert (2 if status in RETRIED else 1) == len(played.sent)
    assert (200 if status in RETRIED else status) == played.result.status_code


@pytest.mark.parametrize(("status", "attempts"), [(418, 2), (503, 1), (429, 1)])
def test_an_api_may_say_which_statuses_are_worth_a_repeat(status: int, attempts: int) -> None:
    """They stand in the place of the usual ones."""
    policy = Retry(1, statuses=frozenset({418}), rand=lambda: HALF)
    assert attempts == len(play(policy(request(), send), response(status), response(200)).sent)


@pytest.mark.parametrize("colour", [AsyncClient, SyncClient])
def test_a_client_may_have_defaults_of_its_own(colour: type[BaseClient]) -> None:
    """Generated clients take them from their configuration; the caller still decides."""
    patient = type("Patient", (colour,), {"default_max_retries": 7})
    base_url = "https://api.example.com"
    assert 7 == patient(base_url=base_url)._options.max_retries
    assert 1 == patient(base_url=base_url, max_retries=1)._options.max_retries
    assert 2 == colour(base_url=base_url)._options.max_retries


@pytest.mark.parametrize("error", [APIConnectionError(), APITimeoutError()])
def test_connection_errors_are_repeated(error: SDKError) -> None:
    """What never got an answer is sent again."""
    played = play(retry()(request(), send), error, response(200))
    assert played.result.status_code == 200
    assert len(played.sent) == 2


@pytest.mark.parametrize("error", [ConfigurationError("x"), APIError("x"), SDKError("x")])
def test_other_errors_pass_at_once(error: SDKError) -> None:
    """What a repeat cannot mend is not repeated."""
    played = play(retry()(request(), send), error, response(200))
    assert error is played.error
    assert len(played.sent) == 1


@pytest.mark.parametrize(
    ("status", "verdict", "attempts"),
    [
        (400, "true", 2),
        (503, "false", 1),
        (429, "false", 1),
        (503, "maybe", 2),
        (400, "maybe", 1),
        (200, "true", 1),
    ],
)
def test_the_server_may_say_whether_to_repeat(status: int, verdict: str, attempts: int) -> None:
    """``x-should-retry`` overrides the status both ways, but repeats no success."""
    refused = response(status, {"X-Should-Retry": verdict})
    assert attempts == len(play(retry(1)(request(), send), refused, response(200)).sent)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "60"}, 60.0),
        ({"retry-after-ms": "250"}, 0.25),
        (
            {
                "retry-after": "Sat, 21 Nov 2026 10:00:30 GMT",
                "date": "Sat, 21 Nov 2026 10:00:00 GMT",
            },
            30.0,
        ),
        ({"retry-after": "soon"}, 0.25),
        ({"retry-after": "-3"}, 0.25),
        ({}, 0.25),
    ],
)
def test_the_server_may_say_when_to_come_again(headers: dict[str, str], wait: float) -> None:
    """The hint is obeyed to the second; without a readable one the wait is drawn."""
    played = play(retry()(request(), send), response(503, headers), response(200))
    assert [wait] == played.slept


def test_a_hint_that_is_too_long_ends_the_call() -> None:
    """A server that asks for more than a minute gets its answer through at once."""
    played = play(retry()(request(), send), response(429, {"retry-after": "61"}), response(200))
    assert played.result.status_code == 429
    assert played.slept == []


@given(retries=st.integers(0, 40), rand=st.floats(0, 1, exclude_max=True))
def test_the_wait_is_drawn_from_all_up_to_a_growing_bound(retries: int, rand: float) -> None:
    """Full jitter: anything from nothing to min(8, 0.5 * 2**n), and never more."""
    failures = [response(503)] * (retries + 1)
    slept = play(retry(retries, rand=rand)(request(), send), *failures).slept
    assert [rand * min(8.0, 0.5 * 2.0**n) for n in range(retries)] == slept


@given(failures=st.integers(0, 6), max_retries=st.integers(0, 6))
def test_n_failures_make_n_plus_one_requests(failures: int, max_retries: int) -> None:
    """As many repeats as failures, up to the limit, and the last word is the caller's."""
    results = [response(500)] * failures + [response(200)]
    played = play(retry(max_retries)(request(), send), *results)
    assert min(failures, max_retries) + 1 == len(played.sent)
    assert (200 if failures <= max_retries else 500) == played.result.status_code
    assert len(played.sent) - 1 == len(played.slept)


def test_the_last_error_is_raised_and_says_how_often_it_was_tried() -> None:
    """After the last repeat the error passes, with the number of repeats on it."""
    errors = [APIConnectionError(message=str(n)) for n in range(3)]
    played = play(retry(2)(request(), send), *errors)
    assert errors[2] is played.error
    assert errors[2].retries_taken == 2


def test_every_attempt_carries_the_same_idempotency_key() -> None:
    """A server that knows the key can tell a repeat from a new call."""
    first = request(method="POST", headers={"idempotency-key": "k-1"}, content=b"{}")
    sent = play(retry(2)(first, send), *[response(503)] * 3).sent
    assert ["k-1"] * 3 == [attempt.headers["idempotency-key"] for attempt in sent]
    assert [b"{}"] * 3 == [attempt.content for attempt in sent]


def test_attempts_are_numbered() -> None:
    """Server and caller can see how many attempts went before."""
    played = play(retry(2)(request(), send), response(503), response(503), response(200))
    assert [0, 1, 2] == [attempt.retry_count for attempt in played.sent]
    assert [None, "1", "2"] == [a.headers.get("x-sdk-retry-count") for a in played.sent]
    assert played.result.retries_taken == 2


def test_without_a_deadline_the_clock_is_not_asked() -> None:
    """A call that succeeds costs one effect."""
    first = request()
    assert (Send(first),) == play(retry()(first, send), response(200)).effects


def test_a_deadline_shortens_the_timeouts_of_later_attempts() -> None:
    """No phase of an attempt may last longer than what is left of the deadline."""
    first = request(timeout=Timeout(None, connect=5))
    policy = retry(2, deadline=10, rand=1.0)
    played = play(policy(first, send), *[response(503)] * 3, seconds_per_send=3)
    reads = [attempt.timeout.read for attempt in played.sent]
    assert [10.0, 6.5, 2.5] == reads
    assert [5.0, 5.0, 2.5] == [attempt.timeout.connect for attempt in played.sent]
    assert played.elapsed == 10.5


def test_no_wait_is_begun_that_cannot_end_in_time() -> None:
    """A hint beyond the deadline gives the answer to the caller at once."""
    policy = retry(5, deadline=10)
    played = play(policy(request(), send), response(503, {"retry-after": "11"}))
    assert played.result.status_code == 503
    assert played.elapsed == 0.0


def test_no_attempt_begins_after_the_deadline() -> None:
    """Even where the server asks for no wait at all, an attempt needs time that is left."""
    policy = retry(5, deadline=10)
    refused = response(503, {"retry-after": "0"})
    played = play(policy(request(), send), refused, refused, seconds_per_send=10)
    assert len(played.sent) == 1


@pytest.mark.parametrize(
    ("body", "headers", "repeated"),
    [
        ({"error": {"code": "spent"}}, {}, False),
        ({"error": {"type": "spent", "code": 7}}, {}, False),
        ({"code": "spent"}, {}, False),
        ({"error": {"code": "spent"}}, {"x-should-retry": "true"}, True),
        ({"error": {"code": "busy"}}, {}, True),
        ({"error": "spent"}, {}, True),
        (["spent"], {}, True),
    ],
)
def test_what_will_not_pass_is_not_repeated(
    body: object, headers: dict[str, str], repeated: bool
) -> None:
    """A code among the final ones ends the call, unless the server asks for a repeat."""
    policy = Retry(2, final_codes=frozenset({"spent"}))
    refusal = response(429, headers={"retry-after": "0", **headers}, json=body)
    played = play(policy(request(), send), refusal, response(200))
    assert (200 if repeated else 429) == played.result.status_code
    assert ("" if repeated else "`spent` does not pass") == played.result.not_repeated


def test_a_timeout_at_the_deadline_names_it() -> None:
    """The message says that it was the deadline, and not only the last attempt, that ran out."""
    policy = retry(5, deadline=10)
    played = play(policy(request(), send), APITimeoutError(), seconds_per_send=10)
    assert "`deadline` of 10 s" in str(played.error)
    assert played.error is not None
    assert played.error.message == str(played.error)


def test_a_connection_error_at_the_deadline_stays_itself() -> None:
    """An error that is no time-out is not called one."""
    error = APIConnectionError(message="refused")
    played = play(retry(5, deadline=10)(request(), send), error, seconds_per_send=10)
    assert error is played.error
    assert str(error) == "refused"


@given(
    waits=st.lists(st.none() | st.floats(0, 100), min_size=12, max_size=12),
    deadline=st.floats(0.01, 60),
    took=st.floats(0, 5),
    rand=st.floats(0, 1, exclude_max=True),
)
def test_waits_never_pass_the_deadline(
    waits: list[float | None], deadline: float, took: float, rand: float
) -> None:
    """Whatever a server asks for, no wait ends after the deadline, and no attempt starts then."""
    results = [response(503, {} if w is None else {"retry-after": str(w)}) for w in waits]
    policy = retry(11, deadline, rand)
    played = play(policy(request(), send), *results, seconds_per_send=took)
    assert sum(played.slept) <= deadline
    now = 0.0
    for effect in played.effects:
        if isinstance(effect, Send):
            assert now <= deadline
            assert effect.request.timeout.read is not None
            assert effect.request.timeout.read <= max(0.001, deadline - now)
            now += took
        elif isinstance(effect, Sleep):
            now += effect.seconds


def test_the_clock_is_asked_anew_before_each_decision() -> None:
    """The start, each attempt and each wait look at the clock once."""
    played = play(retry(1, deadline=9)(request(), send), response(503), response(200))
    assert [Now, Send, Now, Sleep, Now, Send] == [type(effect) for effect in played.effects]


def test_a_cut_stream_inside_an_attempt_is_a_connection_error_too() -> None:
    """The tree decides: whatever is an APIConnectionError is repeated."""
    played = play(retry(1)(request(), send), StreamInterruptedError(), response(200))
    assert played.result.status_code == 200


def test_repeats_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """One line for each repeat says which, how long, and why."""
    with caplog.at_level(logging.INFO, "sdk_core.retry"):
        play(retry(2)(request(), send), response(503), APITimeoutError(), response(200))
    assert caplog.messages == [
        "retry 1 of 2 in 0.250 s (503)",
        "retry 2 of 2 in 0.500 s (APITimeoutError)",
    ]
