from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APITimeoutError, ConfigurationError
from sdk_core.hooks import HedgeEvent, Hooks
from sdk_core.policies import Hedge, Race, RetryBudget
from sdk_core.testing import play, request, response, send

HERE = "https://api.example.com:443"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reads_are_sent_again_while_they_are_late(method: str) -> None:
    """The same request, and the one that wins is the answer."""
    first = request(method=method)
    played = play(Hedge(1.0)(first, send), response(503), response(200), seconds_per_send=1.5)
    assert (played.result.status_code, played.sent) == (200, [first, first])


@pytest.mark.parametrize(
    "sent",
    [
        request(method="POST"),
        request(method="PUT", content=b"a"),
        request(method="DELETE"),
        request(content=b"a"),
    ],
)
def test_what_changes_something_is_sent_once(sent: Any) -> None:
    """Whatever a repeat might be worth."""
    played = play(Hedge(0.0)(sent, send), response(503), seconds_per_send=9.0)
    assert not [effect for effect in played.effects if isinstance(effect, Race)]


def test_there_are_never_more_than_the_most() -> None:
    """Three, where three are allowed."""
    played = play(Hedge(0.0, 3)(request(), send), *[APITimeoutError()] * 3, seconds_per_send=1.0)
    assert len(played.sent) == 3


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_refusals_do_not_win(status: int) -> None:
    """They are the answer only if there is no other."""
    answers = (response(status), response(404))
    assert play(Hedge(0.0)(request(), send), *answers).result.status_code == 404
    answers = (response(status), response(500))
    assert play(Hedge(0.0)(request(), send), *answers).result.status_code == 500


def test_each_hedge_is_paid_for() -> None:
    """From the budget of repeats; with nothing left there is no second request."""
    budget = RetryBudget(20)
    hedge = Hedge(0.0).using(budget)
    for _ in range(2):
        play(hedge(request(), send), response(503), response(503))
    assert budget.tokens(HERE) == 6
    played = play(hedge(request(), send), response(503))
    assert (played.result.status_code, len(played.sent)) == (503, 1)


def test_hooks_are_told_of_each() -> None:
    """With how long the first had had."""
    told: list[Any] = []
    hooked = request(hooks=Hooks(on_hedge=told.append))
    play(Hedge(2.0)(hooked, send), response(503), response(), seconds_per_send=3.0)
    assert told == [HedgeEvent(hooked, 2.0)]


def test_p95_is_learned_from_what_answers_took() -> None:
    """Nothing is hedged before twenty, and then what is slower than 95 of 100."""
    hedge = Hedge()
    copy = hedge.using(None)
    races = []
    for number in range(40):
        took = 10.0 if number % 20 == 19 else 0.1
        played = play(copy(request(), send), *[response()] * 2, seconds_per_send=took)
        races += [effect.after for effect in played.effects if isinstance(effect, Race)]
    assert len(races) == 20
    assert races[0] == pytest.approx(10.0)  # one of twenty: the slowest
    assert hedge._latencies is copy._latencies
    for _ in range(200):
        play(hedge(request(), send), response(), seconds_per_send=0.1)
    assert hedge._latencies.p95 == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"after": -1}, "`after` of Hedge must be a number >= 0"),
        ({"after": "p99"}, '`after` of Hedge must be a number of seconds >= 0 or "p95"'),
        ({"after": None}, "`after` of Hedge must be a number"),
        ({"max": 1}, "`max` of Hedge must be an integer >= 2 and <= 10"),
        ({"max": 11}, "`max` of Hedge must be an integer"),
    ],
)
def test_wrong_figures_are_refused_by_name(options: Any, message: str) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match=message):
        Hedge(**options)


@pytest.mark.anyio
async def test_a_client_gets_the_answer_of_the_quicker(colour: str, serve: Any, http: Any) -> None:
    """The server keeps the first request waiting, and the client does not wait with it."""
    gate, count = threading.Event(), iter(range(100))

    def handle(_: Any) -> Iterator[bytes]:
        if next(count) == 0:
            gate.wait(20)
        yield http(b'{"a": 1}')

    server = serve(handle)
    kind: Any = SyncClient if colour == "sync" else AsyncClient
    client = kind(base_url=server.url, hedge=Hedge(0.05), max_retries=0)
    if colour == "sync":
        answer = await anyio.to_thread.run_sync(lambda: client.request("GET", "/"))
    else:
        answer = await client.request("GET", "/")
    assert (answer, len(server.requests)) == ({"a": 1}, 2)
    gate.set()
    if colour == "sync":
        for thread in threading.enumerate():
            if thread.name == "sdk-core race":
                thread.join(5)
        assert client.request("GET", "/") == {"a": 1}
        assert server.connections == 2  # the loser gave its connection back
        client.close()
    else:
        await client.close()
