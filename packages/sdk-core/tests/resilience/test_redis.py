"""What only a store has: being away, both colours of client, and processes of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncAgain
from redis.backoff import NoBackoff
from redis.retry import Retry as Again

from sdk_core._drivers import AsyncDriver, SyncDriver
from sdk_core._flows import compose
from sdk_core.errors import ConfigurationError, LimitReachedError
from sdk_core.hooks import Hooks, StoreEvent
from sdk_core.policies import (
    AdaptiveConcurrency,
    CircuitBreaker,
    RateLimit,
    RedisStore,
    Retry,
    RetryBudget,
)
from sdk_core.testing import play, request, response, send


def absent() -> Any:
    """Return a client of a Redis that is not there."""
    return Redis(unix_socket_path="/nowhere/redis.sock", retry=Again(NoBackoff(), 0))


def policies(store: RedisStore) -> list[Any]:
    """Return one of each that uses *store*."""
    return [
        AdaptiveConcurrency(1, 1, store=store),
        CircuitBreaker(minimum_calls=1, store=store),
        RateLimit(1, 60, store=store),
        Retry(2, budget=RetryBudget(0, store=store), rand=lambda: 0.0),
    ]


@pytest.mark.parametrize("index", range(4))
def test_without_redis_calls_pass(index: int, caplog: pytest.LogCaptureFixture) -> None:
    """As if there were no limit; a hook and the log are told."""
    told: list[Any] = []
    hooked = request(hooks=Hooks(on_store=told.append))
    policy = policies(RedisStore(absent(), name="here"))[index]
    for _ in range(3):
        answers = [response(503), response(503), response(200)] if index == 3 else [response(200)]
        assert play(policy(hooked, send), *answers).result.status_code == 200
    assert all(isinstance(event, StoreEvent) and event.name == "here" for event in told)
    assert told
    assert "the store 'here' cannot be asked (ConnectionError)" in caplog.messages


@pytest.mark.parametrize("index", range(4))
def test_without_redis_calls_may_be_refused(index: int) -> None:
    """If the user prefers that to no limit."""
    policy = policies(RedisStore(absent(), on_failure="closed"))[index]
    error = play(policy(request(), send), response(503)).error
    assert isinstance(error, LimitReachedError)
    assert "the store `sdk` of the limits cannot be asked" in str(error)
    assert error.maybe_processed is False


class Answering:
    """A transport of both colours that always answers."""

    closed = False

    def send(self, sent: Any) -> Any:
        """Answer."""
        answer = response()
        answer.request = sent
        return answer

    def close(self) -> None:
        """Do nothing."""


class AsyncAnswering:
    """The asynchronous one."""

    closed = False

    async def aclose(self) -> None:
        """Do nothing."""

    async def send(self, sent: Any) -> Any:
        """Answer."""
        return Answering().send(sent)


def chain(store: RedisStore) -> Any:
    """Return a flow through all policies with *store*."""
    retry, breaker, rate, slots = (
        Retry(budget=RetryBudget(store=store)),
        CircuitBreaker(store=store),
        RateLimit(60_000, 60_000, store=store),
        AdaptiveConcurrency(5, store=store),
    )
    return compose([retry, rate, slots, breaker])


def test_a_client_that_blocks_uses_a_redis_that_blocks(redis: Any) -> None:
    """One script a question; the second call finds the scripts loaded."""
    driver, flow = SyncDriver(Answering()), chain(RedisStore(redis))
    for _ in range(3):
        assert driver.run(flow(request())).status_code == 200
    assert redis.zcard("{sdk}:slots") == 0


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"], indirect=True)  # redis-py knows no trio
async def test_an_asynchronous_client_uses_an_asynchronous_redis(redis_server: str) -> None:
    """With the same policies; what a stream holds is given back when it is closed."""

    class Body:
        async def __aiter__(self) -> Any:
            yield b"a"

        async def aclose(self, *, grace: float = 0.0) -> None:
            pass

    class Streaming(AsyncAnswering):
        async def send(self, sent: Any) -> Any:
            answer = await super().send(sent)
            answer.stream = Body()
            return answer

    async with AsyncRedis(unix_socket_path=redis_server) as client:
        await client.flushall()
        flow = chain(RedisStore(client))
        for _ in range(3):
            assert (await AsyncDriver(AsyncAnswering()).run(flow(request()))).status_code == 200
        answer = await AsyncDriver(Streaming()).run(flow(request()))
        assert await client.zcard("{sdk}:slots") == 1
        await answer.stream.aclose()
        assert await client.zcard("{sdk}:slots") == 0
    never = AsyncAgain(NoBackoff(), 0)
    async with AsyncRedis(unix_socket_path="/nowhere/redis.sock", retry=never) as client:
        flow = chain(RedisStore(client))
        assert (await AsyncDriver(AsyncAnswering()).run(flow(request()))).status_code == 200


def test_the_slot_of_a_process_that_vanished_is_free_in_the_end(redis: Any) -> None:
    """When its lease is over."""
    store = RedisStore(redis, lease=0.05)
    gone = AdaptiveConcurrency(1, 1, store=store)(request(), send)
    while type(effect := next(gone)).__name__ != "Send":
        gone = _answered(gone, effect)
    driver = SyncDriver(Answering())
    policy = AdaptiveConcurrency(1, 1, store=store)
    assert driver.run(policy(request(), send)).status_code == 200
    gone.close()


def _answered(flow: Any, effect: Any) -> Any:
    """Return *flow* with *effect* performed: a generator that goes on behind it."""

    def rest() -> Any:
        value = effect.function()
        while True:
            try:
                following = flow.send(value)
            except StopIteration as stop:
                return stop.value
            value = yield following

    return rest()


def test_a_redis_that_is_away_is_left_alone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    """A call that passes without it does not wait for it first."""
    for pause, asked in ((60.0, 1), (0.0, 3)):
        caplog.clear()
        policy = RateLimit(60, store=RedisStore(absent(), pause=pause))
        for _ in range(3):
            assert play(policy(request(), send), response()).error is None
        assert len(caplog.messages) == asked


def test_stores_of_other_names_are_other_limits(redis: Any) -> None:
    """One server may serve several."""
    for name in ("a", "b"):
        policy = RateLimit(1, max_wait=0.0, store=RedisStore(redis, name=name))
        assert play(policy(request(), send), response()).error is None
        assert isinstance(play(policy(request(), send)).error, LimitReachedError)


def test_everything_in_redis_passes_away(redis: Any) -> None:
    """No key is left for ever."""
    driver, flow = SyncDriver(Answering()), chain(RedisStore(redis))
    driver.run(flow(request()))
    play(
        Retry(1, budget=RetryBudget(store=RedisStore(redis)))(request(), send), *[response(503)] * 2
    )
    breaker = CircuitBreaker(minimum_calls=1, store=RedisStore(redis))
    play(breaker(request(), send), response(500))
    assert redis.keys()
    assert all(redis.ttl(key) > 0 for key in redis.scan_iter())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"client": "redis://"}, "`client` of RedisStore must be a redis.Redis"),
        ({"name": ""}, "`name` of RedisStore must be a word without braces"),
        ({"name": "{a}"}, "`name` of RedisStore must be a word without braces"),
        ({"on_failure": "maybe"}, '`on_failure` of RedisStore must be "open" or "closed"'),
        ({"pause": -1}, "`pause` of RedisStore must be a number >= 0"),
        ({"lease": 0}, "`lease` of RedisStore must be a number > 0"),
    ],
)
def test_wrong_options_are_refused_by_name(options: Any, message: str) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=message):
        RedisStore(**{"client": absent(), **options})


RATE, TOKENS, SECONDS = 50, 5_000, 8  # a second; together both limits bind


@pytest.mark.slow  # rates can only be seen over time
def test_four_processes_keep_both_limits_of_one(redis: Any, redis_server: str) -> None:
    """Within two per cent, requests and tokens, on Redis's clock; and never more in any stretch."""
    figures = [str(figure) for figure in (RATE * 60, TOKENS * 60, RATE * SECONDS)]
    program = [sys.executable, str(Path(__file__).with_name("rate_worker.py")), redis_server]
    workers = [subprocess.Popen([*program, *figures]) for _ in range(4)]
    for _ in workers:
        assert redis.blpop("ready", 60)
    seconds, micros = redis.time()
    begun = seconds + micros / 1e6
    # Both buckets, of one second's share, are empty at the start.
    redis.hset("{sdk}:rates", mapping={"requests": begun + 1, "tokens": begun + 1})
    redis.rpush("start", *["go"] * 4)
    for worker in workers:
        assert worker.wait(60) == 0
    grants = sorted(
        (float(at), int(cost))
        for at, _, cost in (line.decode().partition(":") for line in redis.lrange("grants", 0, -1))
    )
    passed = grants[-1][0] - begun
    requests, tokens = len(grants) / RATE, sum(cost for _, cost in grants) / TOKENS
    assert max(requests, tokens) <= passed + 0.02  # no more has been given than there was
    assert (requests / passed, tokens / passed) == pytest.approx((1.0, 1.0), abs=0.02)
