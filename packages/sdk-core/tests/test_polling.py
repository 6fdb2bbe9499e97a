"""Polling: asked again until it is there; played by hand, and over real connections."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._polls import Pace, following, has_failed, is_done, pause, polling, state_of
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIError,
    APIResponseValidationError,
    ConfigurationError,
    InternalServerError,
    PollCancelledError,
    PollError,
    PollFailedError,
    PollTimeoutError,
    UnknownOptionError,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Body
from sdk_core.polling import DONE, FAILED, async_poll, poll
from sdk_core.responses import APIResponse
from sdk_core.services import AsyncBaseService, BaseService, Service, method, operation
from sdk_core.testing import Call, Played, play, request, response, send
from sdk_core.typing import Flow

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
BASE = "https://api.example.com/v1"
EVEN = {"jitter": 0.0}


def answered(sent: Any) -> APIResponse[Any]:
    """Return a response as calls give it."""
    return APIResponse(sent, lambda each: each.json())


def ask() -> Flow[APIResponse[Any]]:
    """Send one request."""
    return answered((yield from send(request(f"{BASE}/jobs/1"))))


def job(status: str, **headers: str) -> Any:
    """Return an answer about a job."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return response(200, named, json={"status": status})


def played(*results: Any, seconds_per_send: float = 0.0, **options: Any) -> Played[Any]:
    """Poll a job by hand."""
    flow = polling(
        ask,
        Pace(**{**EVEN, **options}),
        pause,
        until=lambda answer: is_done(answer.parse()),
        failed=lambda answer: has_failed(answer.parse()),
    )
    return play(flow, *results, seconds_per_send=seconds_per_send)


RUNNING = job("running")


def test_waits_grow_up_to_a_limit() -> None:
    """Each is longer than the one before by the backoff."""
    done = played(*[RUNNING] * 5, job("done"), interval=1, backoff=2, max_interval=5)
    assert [1, 2, 4, 5, 5] == done.slept
    assert {"status": "done"} == done.result.parse()
    assert "GET" == done.sent[0].method


def test_it_may_be_there_at_once() -> None:
    """Then nothing is waited for."""
    done = played(job("Completed"))
    assert ([], 1) == (done.slept, len(done.sent))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"openai_poll_after_ms": "2500", "retry_after": "9"}, 2.5),
        ({"openai_poll_after_ms": "x", "retry_after": "9"}, 9.0),
        ({"openai_poll_after_ms": "9" * 20}, 1.0),
        ({"openai_poll_after_ms": "²"}, 1.0),
        ({"retry_after": "0"}, 0.05),  # a busy loop helps nobody
        ({}, 1.0),
    ],
)
def test_the_server_says_when_to_come_again(headers: dict[str, str], wait: float) -> None:
    """Its word goes before the interval; what is no number is ignored."""
    assert [wait] == played(job("running", **headers), job("done"), interval=1).slept


@given(
    st.floats(0, 1),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 10**9),
    st.floats(0, 100),
    st.floats(1, 10),
)
def test_chance_adds_or_takes_a_part(
    jitter: float, chance: float, asked: int, interval: float, backoff: float
) -> None:
    """Never more than the part that was asked for, and however long it takes."""
    even = Pace(interval=interval, backoff=backoff, jitter=0).wait(asked, None)
    pace = Pace(interval=interval, backoff=backoff, jitter=jitter, rand=lambda: chance)
    slack = 1e-9
    assert even * (1 - jitter) - slack <= max(0.05, pace.wait(asked, None)) or even == 0.05
    assert pace.wait(asked, None) <= max(0.05, even * (1 + jitter)) + slack
    assert 0.05 <= even <= 30


def test_it_is_asked_once_more_when_time_is_over() -> None:
    """The last wait is shortened; the error says how it stood, and pickles."""
    over = played(*[RUNNING] * 9, interval=4, backoff=1, timeout=10, seconds_per_send=0.5)
    assert [4, 4, 0.5] == over.slept
    assert 4 == len(over.sent)
    assert type(over.error) is PollTimeoutError
    assert isinstance(over.error, TimeoutError)
    assert "is not done after 10 s (`timeout`); asked 4 times" in str(over.error)
    assert {"status": "running"} == over.error.last
    assert over.error.request is not None
    again = pickle.loads(pickle.dumps(over.error))
    assert (PollTimeoutError, {"status": "running"}) == (type(again), again.last)


@pytest.mark.parametrize(
    ("failed", "words"), [(has_failed, "failed: expired; asked twice"), (lambda _: True, "failed;")]
)
def test_a_failure_is_an_error(failed: Callable[[Any], Any], words: str) -> None:
    """With the state in which it ended."""
    states = iter([{"state": "x"}, {"state": "Expired"}])
    looks = (
        (lambda value: value["state"] == "Expired" and failed(value))
        if words[-1] == ";"
        else failed
    )
    with pytest.raises(PollFailedError, match=words.replace("twice", "2 times")) as caught:
        poll(lambda: next(states), failed=looks, interval=0)
    assert {"state": "Expired"} == caught.value.last
    assert issubclass(PollFailedError, PollError)
    assert issubclass(PollError, APIError)


def test_an_error_of_a_call_ends_it() -> None:
    """Repeats are the client's business."""
    failure = InternalServerError("no", response=response(500), body=None)
    assert failure is played(RUNNING, failure).error


def test_progress_is_told_each_answer() -> None:
    """The last one too."""
    told: list[Any] = []
    played(RUNNING, job("done"), progress=told.append)
    assert [{"status": "running"}, {"status": "done"}] == told


def test_a_wait_that_may_be_cancelled_is_a_call() -> None:
    """An event may end it at any time; before a request it is looked at."""
    waited: list[float] = []
    cancel = SimpleNamespace(is_set=lambda: len(waited) > 1, wait=waited.append)
    over = played(*[RUNNING] * 9, cancel=cancel)
    assert [1.0, 1.5] == waited
    assert [] == over.slept
    assert type(over.error) is PollCancelledError
    assert "was cancelled; asked 2 times" in str(over.error)
    assert any(isinstance(effect, Call) for effect in over.effects)


@pytest.mark.parametrize(
    ("value", "state", "done", "failed"),
    [
        ({"status": "Succeeded"}, "succeeded", True, None),
        ({"state": "CANCELLED"}, "cancelled", False, "cancelled"),
        ({"status": 3, "state": "running"}, "running", False, None),
        ({"status": None}, None, False, None),
        (None, None, False, None),
        ([1], None, False, None),
    ],
)
def test_states_have_the_names_that_apis_give_them(
    value: Any, state: str | None, done: bool, failed: str | None
) -> None:
    """In any case; what has none is neither done nor failed."""
    assert (state, done, failed) == (state_of(value), is_done(value), has_failed(value))
    assert not DONE & FAILED


# Over a driver.


def test_a_function_is_called_until_it_is_there(colour: str) -> None:
    """Without a client; what it returns is returned."""
    values = iter(["a", "b", "c"])
    if colour == "sync":
        found = poll(lambda: next(values), lambda value: value == "c", interval=0)
    else:

        async def call() -> str:
            return next(values)

        async def main() -> str:
            return await async_poll(call, lambda value: value == "c", interval=0)

        found = anyio.run(main)
    assert "c" == found


def test_answers_with_their_http_are_opened(colour: str) -> None:
    """The server's hint is heard, and what they hold is looked at and returned."""
    answers = iter([answered(job("running", retry_after_ms="0")), answered(job("done"))])
    if colour == "sync":
        found = poll(lambda: next(answers), interval=99)
    else:

        async def call() -> APIResponse[Any]:
            return next(answers)

        async def main() -> Any:
            return await async_poll(call, interval=99)

        found = anyio.run(main)
    assert {"status": "done"} == found


def test_a_thread_may_cancel_a_wait(colour: str) -> None:
    """In the middle of it; the other colour is not blocked by it."""
    cancel = threading.Event()

    def call() -> str:
        threading.Timer(0.01, cancel.set).start()
        return "running"

    if colour == "sync":
        with pytest.raises(PollCancelledError, match="asked once"):
            poll(call, lambda _: False, interval=30, cancel=cancel)
        return

    async def later() -> str:
        return call()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep, 0)
            with pytest.raises(PollCancelledError):
                await async_poll(later, lambda _: False, interval=30, cancel=cancel)

    anyio.run(main)


@pytest.mark.anyio
async def test_a_task_may_cancel_a_wait() -> None:
    """By an event of the loop, or as any task is cancelled."""
    cancel = anyio.Event()

    async def call() -> str:
        cancel.set()
        return "running"

    with pytest.raises(PollCancelledError):
        await async_poll(call, lambda _: False, interval=30, cancel=cancel)
    ticks = anyio.Event()
    with anyio.move_on_after(0.02) as scope:
        await async_poll(call, lambda _: False, interval=30, cancel=threading.Event())
    assert scope.cancelled_caught
    with anyio.move_on_after(0.02) as scope:
        await async_poll(call, lambda _: False, interval=0.01, backoff=1, cancel=ticks)
    assert scope.cancelled_caught


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"interval": -1}, "`interval` must be a number >= 0, not -1"),
    ({"interval": True}, "`interval` must be a number"),
    ({"backoff": 0.5}, "`backoff` must be a number >= 1"),
    ({"max_interval": "9"}, "`max_interval` must be a number"),
    ({"jitter": 2}, "`jitter` must be a number >= 0 and <= 1, not 2"),
    ({"jitter": float("nan")}, "`jitter` must be a number"),
    ({"timeout": -1}, "`timeout` must be a number >= 0"),
    ({"cancel": 3}, "`cancel` must be an event, such as a threading.Event, not 3"),
    ({"progress": 3}, "`progress` must be a function, not 3"),
    ({"until": None}, "`until` must be a function, not None"),
    ({"failed": 3}, "`failed` must be a function"),
]


@pytest.mark.parametrize(("options", "words"), REFUSED)
def test_an_option_out_of_range_is_refused(options: Any, words: str) -> None:
    """By its name, before anything is asked."""
    with pytest.raises(ConfigurationError, match=words):
        poll(lambda: pytest.fail("asked"), **options)


def test_an_unknown_option_is_refused() -> None:
    """With what was perhaps meant."""
    wrong: Any = {"intervall": 3}
    with pytest.raises(UnknownOptionError, match="`intervall`; did you mean `interval`"):
        poll(lambda: None, **wrong)


def test_an_event_of_a_loop_is_no_use_to_a_thread() -> None:
    """Nobody would wait for it."""
    with pytest.raises(ConfigurationError, match=r"`cancel` must be a threading\.Event"):
        poll(lambda: None, lambda _: False, cancel=asyncio.Event())


# Operations that go on after their answer.


def followed(begun: Any, *results: Any, method: str = "POST", **options: Any) -> Played[Any]:
    """Follow by hand what *begun* says."""
    first = answered(begun)
    first._response.request = request(f"{BASE}/jobs", method=method)

    def get(url: str) -> Flow[APIResponse[Any]]:
        return answered((yield from send(request(url))))

    return play(following(first, get, Pace(**{**EVEN, **options}), pause, BASE), *results)


def accepted(status: int = 202, body: Any = None, **headers: str) -> Any:
    """Return an answer that is not the last word."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return response(status, named, json=body) if body is not None else response(status, named)


def urls(over: Played[Any]) -> list[str]:
    """Return what was asked."""
    return [sent.url for sent in over.sent]


def test_an_answer_that_is_final_is_the_result() -> None:
    """Nothing is followed."""
    over = followed(accepted(200, {"a": 1}, location="/x"))
    assert ({"a": 1}, []) == (over.result.json(), over.sent)


def test_a_location_is_asked_until_it_answers_otherwise() -> None:
    """It may be relative and may move; the first wait comes before the first request."""
    over = followed(
        accepted(location="operations/1", retry_after="3"),
        accepted(location=f"{BASE}/operations/2"),
        accepted(body={"percent": 50}),
        accepted(200, {"a": 1}),
    )
    assert {"a": 1} == over.result.json()
    assert [f"{BASE}/{each}" for each in ("operations/1", "operations/2", "operations/2")] == urls(
        over
    )
    assert [3.0, 1.5, 2.25] == over.slept


@pytest.mark.parametrize(
    ("method", "begun", "last", "where"),
    [
        ("POST", {"location": "/v1/things/7"}, {}, f"{BASE}/things/7"),
        ("POST", {}, {"resourceLocation": f"{BASE}/things/8"}, f"{BASE}/things/8"),
        ("PUT", {}, {}, f"{BASE}/jobs"),
        ("POST", {}, {"result": 7}, None),
    ],
)
def test_a_monitor_leads_to_the_result(
    method: str, begun: Any, last: Any, where: str | None
) -> None:
    """To where it says itself, the first answer said, or the thing was put."""
    states = [accepted(200, {"status": "running"}), accepted(200, {"status": "succeeded", **last})]
    results = [accepted(200, {"a": 1})] if where else []
    first = accepted(201, {"status": "notStarted"}, operation_location="/v1/operations/1", **begun)
    over = followed(first, *states, *results, method=method)
    monitor = [f"{BASE}/operations/1"] * 2
    assert [*monitor, where] == urls(over) if where else monitor == urls(over)
    assert over.result.json() == ({"a": 1} if where else {"status": "succeeded", **last})


def test_a_monitor_may_say_that_it_failed() -> None:
    """The error holds what it said."""
    told = {"status": "Failed", "error": {"code": "full"}}
    over = followed(accepted(operation_location="/o"), accepted(200, told))
    assert type(over.error) is PollFailedError
    assert told == over.error.last


def test_time_is_limited_here_too() -> None:
    """An answer without JSON is as good as any other."""
    over = followed(accepted(location="/o"), *[accepted()] * 5, timeout=2)
    assert type(over.error) is PollTimeoutError
    assert over.error.last is None


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, r"says nothing about where its result will be \(`Location`\)"),
        (
            {"location": "https://evil.example.com/"},
            r"leads to https://evil\.example\.com:443; only",
        ),
        ({"operation_location": "http://[::1"}, "whose address is none"),
    ],
)
def test_no_other_server_is_asked(headers: dict[str, str], words: str) -> None:
    """Nor is anything guessed."""
    over = followed(accepted(202, None, **headers))
    assert [] == over.sent
    with pytest.raises(APIResponseValidationError, match=words):
        _ = over.result


class Report(BaseModel):
    """What comes in the end."""

    id: str


BEGIN = operation("POST", "/reports", body=Body(required=True))


class Reporting(Service):
    """Something that takes long."""

    @method
    def report(self, name: str) -> Flow[Report]:
        """Begin, and wait."""
        return (
            yield from self._finishing(
                BEGIN, cast_to=Report, pace=Pace(interval=0), body={"name": name}
            )
        )


class Reports(BaseService, Reporting):
    """Blocks."""


class LaterReports(AsyncBaseService, Reporting):
    """Is awaited."""


def test_a_service_waits_for_an_operation(serve: Serve, http: Http, colour: str) -> None:
    """Over a real connection; the result has its type."""
    bodies = iter([(202, b"", "/operations/1"), (202, b"", None), (200, b'{"id": "a"}', None)])

    def handle(_: SimpleNamespace) -> list[bytes]:
        status, body, location = next(bodies)
        return [http(body, status, location=location, retry_after_ms=0)]

    server = serve(handle)
    if colour == "sync":
        with SyncClient(base_url=server.url) as client:
            made = Reports(client).report("x")
    else:

        async def main() -> Report:
            async with AsyncClient(base_url=server.url) as client:
                return await LaterReports(client).report("x")

        made = anyio.run(main)
    assert Report(id="a") == made
    assert {"name": "x"} == json.loads(server.requests[0].body)
    lines = [sent.line.removesuffix(" HTTP/1.1") for sent in server.requests]
    assert ["POST /reports", "GET /operations/1", "GET /operations/1"] == lines
