from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._buckets import Bucket, Rates
from sdk_core._tokens import estimate_tokens, used_tokens
from sdk_core.errors import APIConnectionError, ConfigurationError, LimitReachedError
from sdk_core.hooks import Hooks, RateLimitEvent
from sdk_core.policies import RateLimit, Retry
from sdk_core.testing import play, request, response, send


def asked(tokens: int, **attributes: Any) -> Any:
    """Return a request that costs *tokens*."""
    return request(method="POST", content=b"x" * 4 * tokens, **attributes)


def starts(world: Any, policy: RateLimit, requests: list[Any], *, took: float = 0.0) -> list[Any]:
    """Return when each of *requests*, all made at once, was sent."""
    world.server = lambda _: (took, response())
    tasks = [world.spawn(policy(each, send)) for each in requests]
    world.run()
    return [pytest.approx(task.began, abs=1e-6) for task in tasks]


def test_requests_are_sent_at_the_rate(world: Any) -> None:
    """In the order of coming, one each half second for 120 a minute, after the burst."""
    policy = RateLimit(120)
    assert starts(world, policy, [request()] * 5) == [0.0, 0.0, 0.5, 1.0, 1.5]


def test_the_burst_is_what_so_many_seconds_bring(world: Any) -> None:
    """And never less than one."""
    assert starts(world, RateLimit(120, burst=0.01), [request()] * 3) == [0.0, 0.5, 1.0]


def test_tokens_are_sent_at_their_rate(world: Any) -> None:
    """A call costs what its body says, and waits until that is there."""
    policy = RateLimit(tokens_per_minute=6000)
    assert starts(world, policy, [asked(n) for n in (60, 40, 10, 50)]) == [0.0, 0.0, 0.1, 0.6]


def test_a_call_that_costs_more_than_the_burst_goes_into_debt(world: Any) -> None:
    """The rate is kept over time, and the call is not locked out for ever."""
    policy = RateLimit(tokens_per_minute=6000)
    assert starts(world, policy, [asked(1000), asked(100)]) == [0.0, 10.0]


def test_both_rates_are_kept_and_taken_together(world: Any) -> None:
    """A call that waits for tokens holds no request that another could use."""
    policy = RateLimit(60, 6000)
    begun = starts(world, policy, [asked(100), asked(300), asked(1), asked(1)])
    assert begun == [0.0, 1.0, 3.01, 4.01]


@given(
    rate=st.integers(1, 6000),
    tokens=st.integers(60, 60000),
    costs=st.lists(st.integers(0, 500), min_size=1, max_size=30),
    gaps=st.lists(st.floats(0, 2), min_size=30, max_size=30),
)
def test_no_window_holds_more_than_its_share(
    rate: int, tokens: int, costs: list[int], gaps: list[float]
) -> None:
    """Between any two grants pass at least the seconds for what lies between, less the burst."""
    rates, now, log = Rates(Bucket.per_minute(rate, 1.0), Bucket.per_minute(tokens, 1.0)), 0.0, []
    for cost, gap in zip(costs, gaps, strict=False):
        now += gap
        while (wait := rates.take(now, cost)[0]) > 0:
            now += wait
        log.append((now, cost))
    one, each = 60 / rate, 60 / tokens
    for i in range(len(log)):
        for j in range(i + 1, len(log)):
            passed = log[j][0] - log[i][0]
            between = log[i:j]
            assert passed >= len(between) * one - max(one, 1.0) - 1e-6
            # The last one may be served from a full bucket, whatever it costs.
            assert passed >= sum(c for _, c in between) * each - max(each, 1.0) - 1e-6


def test_a_debt_counts_from_when_it_is_made() -> None:
    """Not from when the bucket was full, however long ago that is."""
    rates = Rates(None, Bucket.per_minute(60, 60.0))
    rates.give_back(1000.0, -60.0)
    assert rates.take(1000.0, 1.0) == (1.0, "tokens")


def test_first_come_first_served(world: Any) -> None:
    """A small call does not overtake a large one that has waited longer."""
    policy = RateLimit(tokens_per_minute=6000)
    assert starts(world, policy, [asked(100), asked(90), asked(1)]) == [0.0, 0.9, 0.91]


def test_cancelled_calls_leave_the_line(world: Any) -> None:
    """Those behind them move up."""
    policy = RateLimit(60)
    tasks = [world.spawn(policy(request(), send)) for _ in range(4)]
    world.run(until=0.5)
    tasks[1].cancel()
    tasks[2].cancel()
    world.run()
    assert tasks[3].began == 1.0


def usage(total: int, **headers: str) -> Any:
    """Return an answer that cost *total* tokens."""
    return response(headers=headers, json={"choices": [], "usage": {"total_tokens": total}})


def test_what_was_not_used_comes_back(world: Any) -> None:
    """As soon as the answer says so, those who wait have it."""
    policy = RateLimit(tokens_per_minute=6000, burst=60.0)
    world.server = lambda _: (1.0, usage(0))
    first, second = world.spawn(policy(asked(6000), send)), world.spawn(policy(asked(6000), send))
    world.run()
    assert (first.began, second.began) == (0.0, 1.0)


def test_what_was_used_beyond_the_estimate_is_a_debt() -> None:
    """The next call waits for it."""
    policy = RateLimit(tokens_per_minute=6000)
    play(policy(asked(100), send), usage(700))
    assert play(policy(asked(100), send), usage(100)).elapsed == pytest.approx(7.0)


def test_refusals_cost_no_tokens() -> None:
    """The server did not do the work."""
    policy = RateLimit(tokens_per_minute=6000)
    for _ in range(3):
        assert play(policy(asked(100), send), response(400)).elapsed == 0.0


def test_what_was_not_sent_costs_nothing() -> None:
    """And what may have been processed does."""
    alone = RateLimit(60)
    for _ in range(2):
        error = APIConnectionError(maybe_processed=False)
        assert play(alone(request(), send), error).elapsed == 0.0
    policy = RateLimit(60, 6000)
    for processed, waited in ((False, 0.0), (True, 0.0), (True, 1.0)):
        error = APIConnectionError(maybe_processed=processed)
        assert play(policy(asked(100), send), error).elapsed == pytest.approx(waited)


class Streaming:
    """A body in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self, *, grace: float = 0.0) -> None:
        """Do nothing."""


@pytest.mark.parametrize(
    ("last", "waits"), [(b'data: {"usage": {"total_tokens": 0}}\n\n', 0.0), (b"data: [DONE]", 1.0)]
)
def test_a_stream_says_at_its_end_what_it_cost(last: bytes, waits: float) -> None:
    """One that does not keeps its estimate."""
    policy = RateLimit(tokens_per_minute=6000)

    def streamed(sent: Any) -> Any:
        answer: Any = yield from send(sent)
        answer.stream = Streaming(b"data: {}\n\n" * 5000, last)
        return answer

    answer = play(policy(asked(100), streamed), response()).result
    assert b"".join(list(answer.stream or ())).endswith(last)
    assert play(policy(asked(100), send), response()).elapsed == pytest.approx(waits)


@pytest.mark.parametrize(("kind", "waits"), [("application/json", 0.0), ("image/png", 1.0)])
def test_files_are_not_searched(kind: str, waits: float) -> None:
    """A large answer says what it cost only where it is JSON."""
    policy = RateLimit(tokens_per_minute=6000)
    large = b" " * 100_000 + b'{"total_tokens": 0}'
    play(policy(asked(100), send), response(200, {"content-type": kind}, large))
    assert play(policy(asked(100), send), response()).elapsed == pytest.approx(waits)


def test_what_costs_is_for_the_user_to_say() -> None:
    """Both before and after."""
    policy = RateLimit(tokens_per_minute=60, estimate=lambda _: 3.0, usage=lambda content: 5.0)
    play(policy(request(), send), response(json={}))
    assert play(policy(request(), send), response(json={})).elapsed == pytest.approx(5.0)


LIMITED = {"retry-after": "30"}


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after-ms": "30000"},
        {"retry-after": "30.0"},
        {"retry-after": "Sat, 21 Nov 2026 10:00:30 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"},
        {"retry-after": "1795255230", "date": "Sat, 21 Nov 2026 10:00:00 GMT"},
    ],
)
def test_a_429_stops_everyone_until_the_time_it_names(world: Any, headers: Any) -> None:
    """In each of the four formats; afterwards they come at the rate, not in a herd."""
    policy = RateLimit(120)
    answers = [response(429, headers)]
    world.server = lambda _: (0.1, answers.pop() if answers else response())
    tasks = [world.spawn(policy(request(), send), n / 100) for n in range(5)]
    world.run()
    begun = [task.began for task in tasks]
    assert begun == pytest.approx([0.0, 0.01, 30.1, 30.6, 31.1], abs=0.02)


def test_a_429_without_a_time_empties_the_bucket() -> None:
    """All but one of the ten calls that it held are gone."""
    policy = RateLimit(60, burst=10.0)
    play(policy(request(), send), response(429))
    assert [play(policy(request(), send), response()).elapsed for _ in "ab"] == [0.0, 1.0]


def test_tokens_alone_are_stopped_too() -> None:
    """Where only they are limited."""
    policy = RateLimit(tokens_per_minute=6000)
    play(policy(asked(1), send), response(429, LIMITED))
    assert play(policy(asked(50), send), response()).elapsed == pytest.approx(30.5)


def test_without_figures_the_policy_lives_by_the_servers_words() -> None:
    """No limit at first; then the one that it names, with what is left of it."""
    policy = RateLimit()
    said = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "2",
        "x-ratelimit-reset-requests": "58s",
    }
    assert play(policy(request(), send), response(headers=said)).elapsed == 0.0
    waits = [play(policy(request(), send), response()).elapsed for _ in range(4)]
    assert waits == pytest.approx([0.0, 0.0, 1.0, 2.0])  # each clock begins at 0 again


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}, [20.0, 20.0]),
        ({"x-ratelimit-limit-requests": "60"}, [0.0, 0.0]),
    ],
)
def test_half_a_word_is_obeyed_as_far_as_it_goes(said: dict[str, str], waits: list[float]) -> None:
    """A window without a size closes; a limit that nothing is said to be gone of is full."""
    policy = RateLimit()
    play(policy(request(), send), response(headers=said))
    assert [play(policy(request(), send), response()).elapsed for _ in waits] == waits


def test_a_429_without_figures_stops_everyone() -> None:
    """Until its time; then there is no limit again."""
    policy = RateLimit()
    play(policy(request(), send), response(429, LIMITED))
    assert play(policy(request(), send), response()).elapsed == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "20"}, 20.0),
        ({"ratelimit": '"a";r=0;t=20', "ratelimit-policy": '"a";q=60;w=60'}, 20.0),
        ({"ratelimit": "limit=60, remaining=0, reset=20"}, 20.0),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-limit-requests": "30",
                "x-ratelimit-reset-requests": "1m0s",
            },
            2.0,
        ),
        ({"x-ratelimit-remaining": "1", "x-ratelimit-reset": "20"}, 0.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-limit-tokens": "600"}, 1.0),
    ],
)
def test_a_stricter_server_is_obeyed(said: dict[str, str], waits: float) -> None:
    """A window that is used up opens at its end; what refills is there little by little."""
    policy = RateLimit(6000, 60_000)
    play(policy(asked(1), send), response(headers=said))
    assert play(policy(asked(100), send), response()).elapsed == pytest.approx(waits, abs=0.02)


def test_a_more_generous_server_changes_nothing() -> None:
    """What the user configured is the most."""
    policy = RateLimit(60)
    said = {"x-ratelimit-limit-requests": "6000", "x-ratelimit-remaining-requests": "5999"}
    play(policy(request(), send), response(headers=said))
    assert play(policy(request(), send), response()).elapsed == pytest.approx(1.0)


@pytest.mark.parametrize("bound", ["max_wait", "deadline"])
def test_a_wait_that_is_too_long_is_refused_at_once(world: Any, bound: str) -> None:
    """By what lies ahead in the line as well; nothing was sent, and the error says when."""
    policy = RateLimit(60, max_wait=2.5 if bound == "max_wait" else None)
    ends = 2.5 if bound == "deadline" else None
    tasks = [world.spawn(policy(request(ends=ends), send)) for _ in range(5)]
    world.run(until=0.0)
    late = tasks[3:]
    assert all(isinstance(task.error, LimitReachedError) for task in late)
    assert [task.error.retry_after for task in late] == pytest.approx([3.0, 3.0])
    assert (late[0].error.maybe_processed, late[0].ended) == (False, 0.0)
    assert "the rate limit (requests) has no room for another 3 s" in str(late[0].error)
    world.run()
    assert [task.began for task in tasks[:3]] == [0.0, 1.0, 2.0]


def test_a_wait_that_becomes_too_long_is_refused_then(world: Any) -> None:
    """A 429 may come while a call waits: for the first of the line, and for those behind it."""
    policy = RateLimit(60, max_wait=5.0)
    answers = [response(429, LIMITED)]
    world.server = lambda _: (0.5, answers.pop() if answers else response())
    tasks = [world.spawn(policy(request(), send)) for _ in range(3)]
    world.run()
    assert [type(task.error) for task in tasks[1:]] == [LimitReachedError] * 2
    assert [task.ended for task in tasks[1:]] == pytest.approx([1.0, 1.0])


def test_a_place_in_a_line_that_does_not_move_has_an_end(world: Any) -> None:
    """Even where the one ahead is stuck."""
    policy = RateLimit(60, max_wait=5.0)
    stuck = policy._line.join()
    task = world.spawn(policy(request(), send))
    world.run()
    assert isinstance(task.error, LimitReachedError)
    assert task.ended == 5.0
    policy._line.leave(stuck)
    assert play(policy(request(), send), response()).elapsed == 0.0


def test_hooks_are_told_once_of_a_wait(world: Any) -> None:
    """With its length, and the name of the limit."""
    told: list[RateLimitEvent] = []
    hooked = request(hooks=Hooks(on_rate_limit=told.append))
    policy = RateLimit(60)
    for _ in range(3):
        world.spawn(policy(hooked, send))
    world.run()
    assert [(event.wait, event.limit) for event in told] == [(1.0, "requests"), (2.0, "requests")]


def test_repeats_are_limited_like_first_attempts() -> None:
    """Each attempt takes from the buckets; the hint of a 429 is not waited for twice."""
    policy, retry = RateLimit(60), Retry(1)
    flow = retry(request(), lambda attempt: policy(attempt, send))
    played = play(flow, response(429, {"retry-after": "3"}), response())
    assert played.elapsed == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        (None, 0.0),
        (b"x" * 40, 10.0),
        (b'{"max_tokens": 100}   ', 105.5),
        (b'{"max_completion_tokens":7}', 13.75),
        (b'{"max_output_tokens" : 7}   ', 14.0),
        (b'{"max_tokens": null}', 5.0),
    ],
)
def test_the_estimate_is_the_body_and_the_longest_answer(body: bytes | None, tokens: float) -> None:
    """A token for four bytes."""
    assert estimate_tokens(request(content=body)) == tokens


def test_files_are_not_text() -> None:
    """How many tokens they are is for an `estimate` of the user's to say."""
    assert estimate_tokens(request(content=object())) == 0.0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        (b"", None),
        (b'{"usage": {"total_tokens": 12}}', 12.0),
        (b'{"total_tokens": 1} {"total_tokens":2}', 2.0),
        (b'{"total_tokens":5,"details":{}}\n\ndata: [DONE]\n\n', 5.0),
        (b'{"details": {}, "total_tokens" :\r\n 6\n        }\n}', 6.0),
        (b'{"total_tokens": 7', 7.0),
        (b'{"total_tokens": null}', None),
        (b'{"total_tokens": "8"}', None),
        (b'{"total_tokens": -9}', None),
        (b'{"input_tokens": 3, "output_tokens": 4}', 7.0),
        (b'{"output_tokens": 1} {"input_tokens": 3} {"output_tokens": 9}', 12.0),
        (b'{"max_tokens": 5}', None),
    ],
)
def test_the_usage_is_the_last_that_is_named(content: bytes, tokens: float | None) -> None:
    """A stream may name it more than once, and only the last is the sum."""
    assert used_tokens(content) == tokens


@given(st.text())
def test_no_text_of_a_model_looks_like_usage(text: str) -> None:
    """Quotes inside JSON are escaped."""
    said = json.dumps({"content": text + '"total_tokens": 999' + text}).encode()
    assert used_tokens(said) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"requests_per_minute": 0}, "`requests_per_minute` of RateLimit must be a number > 0"),
        ({"requests_per_minute": "60"}, "`requests_per_minute` of RateLimit must be"),
        ({"tokens_per_minute": float("nan")}, "`tokens_per_minute` of RateLimit must be"),
        ({"burst": 0}, "`burst` of RateLimit must be a number > 0"),
        ({"max_wait": -1}, "`max_wait` of RateLimit must be a number >= 0 or None"),
        ({"estimate": 5}, "`estimate` of RateLimit must be a function"),
        ({"usage": None}, "`usage` of RateLimit must be a function"),
        ({"store": "redis://"}, "`store` of RateLimit must be a RedisStore or None"),
    ],
)
def test_wrong_figures_are_refused_by_name(options: Any, message: str) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=message):
        RateLimit(**options)
