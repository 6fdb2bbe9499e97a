from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APITimeoutError, ConfigurationError, StreamInterruptedError
from sdk_core.options import Timeout
from sdk_core.policies import AttemptDeadline, Retry
from sdk_core.testing import play, request, response, send


def test_an_attempt_is_limited_in_every_phase_and_as_a_whole() -> None:
    """No phase may be longer than the whole, and the body has the same end."""
    first = request(timeout=Timeout(None, connect=5))
    sent = play(AttemptDeadline(20.0)(first, send), response()).sent[0]
    assert (sent.ends, sent.timeout.read, sent.timeout.connect) == (20.0, 20.0, 5.0)


def test_a_deadline_of_the_call_that_is_sooner_stays() -> None:
    """The smaller of the two is what counts."""
    sent = play(AttemptDeadline(20.0)(request(ends=9.0), send), response()).sent[0]
    assert sent.ends == 9.0


def test_every_attempt_has_its_own() -> None:
    """A repeat begins with all of its time."""

    def flow() -> Any:
        return Retry(1, rand=lambda: 1.0)(
            request(), lambda attempt: AttemptDeadline(3.0)(attempt, send)
        )

    played = play(flow(), APITimeoutError(), response(), seconds_per_send=3.0)
    assert [attempt.ends for attempt in played.sent] == [3.0, 6.5]


@pytest.mark.parametrize(("took", "named"), [(3.0, True), (1.0, False)])
def test_a_timeout_at_the_end_names_the_option(took: float, named: bool) -> None:
    """And one before it, of a phase, does not."""
    played = play(AttemptDeadline(3.0)(request(), send), APITimeoutError(), seconds_per_send=took)
    assert ("`attempt_deadline` of 3 s is over" in str(played.error)) == named


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_wrong_figures_are_refused_by_name(seconds: Any) -> None:
    """Before any call is made."""
    with pytest.raises(ConfigurationError, match="`seconds` of AttemptDeadline must be a number"):
        AttemptDeadline(seconds)


def drip(_: Any) -> Iterator[bytes]:
    """Answer for ever, a byte now and then: no silence is long enough for a time-out."""
    yield b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
    while not threading.Event().wait(0.01):
        yield b'data: {"a": 1}\n\n'


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of *colour*."""
    return (SyncClient if colour == "sync" else AsyncClient)(base_url=url, **options)


async def items(colour: str, client: Any) -> AsyncIterator[Any]:
    """Stream for ever."""
    if colour == "sync":
        with client.request("GET", "/", stream=True) as stream:
            for item in stream:
                yield item
    else:
        async with await client.request("GET", "/", stream=True) as stream:
            async for item in stream:
                yield item


@pytest.mark.anyio
@pytest.mark.parametrize("option", ["deadline", "attempt_deadline"])
async def test_a_stream_ends_at_the_deadline(colour: str, serve: Any, option: str) -> None:
    """However well the server keeps every single time-out; what came is kept."""
    client = connect(colour, serve(drip).url, max_retries=0, **{option: 1.0})
    with pytest.raises(StreamInterruptedError, match=f"`{option}` was over before all") as caught:
        async for _ in items(colour, client):
            pass
    assert isinstance(caught.value.__cause__, APITimeoutError)
    assert caught.value.partial[0] == {"a": 1}
    closing = client.close()
    if colour == "async":
        await closing


@pytest.mark.anyio
async def test_an_asynchronous_call_stops_in_the_middle_of_a_silence(serve: Any) -> None:
    """At the deadline, not when the phase that it is in has had its time."""
    waiting: list[Any] = []

    def silent(_: Any) -> Iterator[bytes]:
        event = threading.Event()
        waiting.append(event)
        event.wait(20)
        yield b""

    client = connect("async", serve(silent).url, max_retries=0, timeout=50, attempt_deadline=0.2)
    with pytest.raises(APITimeoutError, match=r"`attempt_deadline` of 0\.2 s is over"):
        await client.request("GET", "/")
    for event in waiting:
        event.set()
    await client.close()
