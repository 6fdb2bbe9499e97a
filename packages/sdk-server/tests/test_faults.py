"""Faults on request, over HTTP, and the header that asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message, Scope

from sdk_server import _faults
from sdk_server._asgi import dialect_for
from sdk_server._faults import FaultPlan
from sdk_server.testing import running_server

CHAT = "/v1/chat/completions"
BODY: dict[str, Any] = {
    "model": "echo-1",
    "messages": [{"role": "user", "content": "Hello there, world!"}],
}
STREAM = {**BODY, "stream": True}


def fault(text: str) -> dict[str, str]:
    """Return the header that asks for a fault."""
    return {"x-sdk-fault": text}


def until_cut(client: httpx.Client, body: dict[str, Any], number: int) -> bytes:
    """Return what comes before the connection is cut; it must be cut."""
    got = b""
    with client.stream("POST", CHAT, json=body, headers=fault(f"cut={number}")) as response:
        assert 200 == response.status_code
        try:
            for piece in response.iter_bytes():
                got += piece
        except httpx.RemoteProtocolError:
            return got
    pytest.fail("the answer came to its end")


@pytest.mark.parametrize("path", ["/v1/models", "/api/models"])
def test_a_status_is_answered_in_the_error_shape_of_the_api(
    client: httpx.Client, path: str
) -> None:
    """With the wait that a client should keep, and without doing the work."""
    response = client.get(path, headers=fault("status=503; retry-after=0.5"))
    assert (503, "0.5") == (response.status_code, response.headers["retry-after"])
    body = response.json()
    assert "injected_fault" == (body["error"] if path.startswith("/v1") else body)["code"]
    assert response.headers["x-request-id"]


def test_a_fault_needs_no_credentials(client: httpx.Client) -> None:
    """A refused key and a broken server are different tests."""
    url = client.base_url.join("/v1/models")
    assert 500 == httpx.get(url, headers=fault("status=500")).status_code


def test_the_first_requests_with_an_id_fail_and_later_ones_succeed(client: httpx.Client) -> None:
    """What a retrying client needs; another id counts by itself."""
    header = fault("status=503;times=2;id=first")
    got = [client.get("/v1/models", headers=header).status_code for _ in range(4)]
    assert [503, 503, 200, 200] == got
    other = fault("status=503;times=1;id=second")
    assert 503 == client.get("/v1/models", headers=other).status_code


def test_the_counters_of_the_oldest_ids_are_forgotten() -> None:
    """Endless ids do not fill the memory."""
    injection = _faults.FaultInjection(None, dialect=None, stopping=None)  # type: ignore[arg-type]
    for number in range(_faults._REMEMBERED + 1):
        injection._count(str(number))
    assert _faults._REMEMBERED == len(injection._seen)
    assert "0" not in injection._seen


@pytest.mark.parametrize("body", [BODY, STREAM])
def test_an_answer_is_delayed(client: httpx.Client, body: dict[str, Any]) -> None:
    """A client that waits less gives up."""
    with pytest.raises(httpx.ReadTimeout):
        client.post(CHAT, json=body, headers=fault("delay=30"), timeout=0.2)


def test_a_short_delay_changes_nothing_else(client: httpx.Client) -> None:
    """The delayed answer, whole or in events, is the usual one; so is a delayed failure."""
    for body in (BODY, STREAM):
        response = client.post(CHAT, json=body, headers=fault("delay=0.01"))
        assert response.is_success
        assert response.elapsed.total_seconds() >= 0.01
    response = client.post(CHAT, json=BODY, headers=fault("delay=0.01;status=500"))
    assert 500 == response.status_code
    assert response.elapsed.total_seconds() >= 0.01


@pytest.mark.parametrize("number", [0, 1, 3])
def test_a_stream_is_cut_after_some_events(client: httpx.Client, number: int) -> None:
    """The connection ends without the terminator of the stream or of the chunks."""
    got = until_cut(client, STREAM, number)
    assert number == got.count(b"data: ")
    assert b"[DONE]" not in got


@pytest.mark.parametrize("number", [0, 2])
def test_a_whole_answer_is_cut_after_some_pieces(client: httpx.Client, number: int) -> None:
    """The promised length is not reached."""
    got = until_cut(client, BODY, number)
    assert number * 64 == len(got)


def test_a_cut_behind_the_end_cuts_nothing(client: httpx.Client) -> None:
    """There are not that many events."""
    response = client.post(CHAT, json=STREAM, headers=fault("cut=1000"))
    assert response.text.endswith("data: [DONE]\n\n")


def test_one_event_is_malformed_and_the_others_are_not(client: httpx.Client) -> None:
    """The event keeps its framing, only its JSON is broken."""
    response = client.post(CHAT, json=STREAM, headers=fault("malformed=2"))
    events = [event.removeprefix("data: ") for event in response.text.split("\n\n")[:-2]]
    broken = []
    for number, event in enumerate(events, 1):
        try:
            json.loads(event)
        except ValueError:
            broken.append(number)
    assert [2] == broken


def test_a_whole_answer_is_malformed_at_its_full_length(client: httpx.Client) -> None:
    """HTTP is right, JSON is not."""
    response = client.post(CHAT, json=BODY, headers=fault("malformed=1"))
    assert 200 == response.status_code
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_a_page_comes_instead_of_an_answer(client: httpx.Client) -> None:
    """What a login wall or a wrong base URL answers."""
    response = client.post(CHAT, json=BODY, headers=fault("html"))
    assert (200, "text/html; charset=utf-8") == (
        response.status_code,
        response.headers["content-type"],
    )


def test_a_stream_without_events_comes(client: httpx.Client) -> None:
    """What some servers send when they fail after the headers."""
    response = client.post(CHAT, json=STREAM, headers=fault("empty"))
    assert (200, b"") == (response.status_code, response.content)
    assert response.headers["content-type"].startswith("text/event-stream")


def test_an_answer_never_comes(client: httpx.Client) -> None:
    """Only the client's own limit ends it."""
    with pytest.raises(httpx.ReadTimeout):
        client.get("/v1/models", headers=fault("hang"), timeout=0.2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("status=200", "`status` must be a whole number from 400 to 599, and is `200`"),
        ("status", "`status` must be"),
        ("status=5_0", "`status` must be"),
        ("status=" + "9" * 9999, "`status` must be"),
        ("nonsense=1", "`nonsense` is unknown"),
        ("hang=1", "`hang` takes no value"),
        ("times=2", "`times` and `id` belong together"),
        ("id=x", "`times` and `id` belong together"),
        ("times=2;id=", "`id` must not be empty"),
        ("delay=-1", "`delay` must be a number of seconds from 0 to 3600, and is `-1`"),
        ("delay=nan", "`delay` must be"),
        ("retry-after=soon", "`retry-after` must be"),
        ("malformed=0", "`malformed` must be"),
    ],
)
def test_a_bad_fault_is_refused_by_name(client: httpx.Client, text: str, words: str) -> None:
    """A typo in a test must not look like a healthy server."""
    response = client.get("/v1/models", headers=fault(text))
    error = response.json()["error"]
    assert (400, "X-SDK-Fault", "invalid_fault") == (
        response.status_code,
        error["param"],
        error["code"],
    )
    assert words in error["message"]


@given(st.text())
def test_any_header_is_a_plan_or_a_sentence(text: str) -> None:
    """Parsing gives a plan or says what is wrong, and nothing else."""
    try:
        plan = FaultPlan.parse(text)
    except ValueError:
        return
    assert plan == FaultPlan.parse(f" {text} ;; ")


@pytest.fixture(scope="module")
def strict_client() -> Iterator[httpx.Client]:
    """Return a client of a server that was started without `--faults`."""
    with running_server() as server:
        headers = {"authorization": f"Bearer {server.api_key}"}
        with httpx.Client(base_url=server.url, headers=headers) as made:
            yield made


@pytest.mark.parametrize("text", ["status=503", "hang", "nonsense"])
def test_without_the_option_the_header_is_ignored(strict_client: httpx.Client, text: str) -> None:
    """Nobody can break a server that was not started for it."""
    assert 200 == strict_client.get("/v1/models", headers=fault(text)).status_code


@pytest.mark.anyio
@pytest.mark.parametrize("text", ["hang", "delay=60;html"])
async def test_a_client_that_leaves_ends_the_wait(text: str) -> None:
    """A hanging or delayed answer is given up with its client."""
    messages: list[Message] = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Message:
        return messages.pop(0)

    async def unused(*arguments: object) -> None:
        pytest.fail("nothing is to be sent or asked")

    injection = _faults.FaultInjection(unused, dialect=dialect_for, stopping=anyio.Event())
    scope = {"type": "http", "path": "/", "headers": [(b"x-sdk-fault", text.encode())]}
    with anyio.fail_after(5):
        await injection(scope, receive, unused)
    assert [] == messages


@pytest.mark.anyio
async def test_other_protocols_pass() -> None:
    """Only HTTP requests have the header."""
    passed: list[str] = []

    async def app(scope: Scope, receive: object, send: object) -> None:
        passed.append(scope["type"])

    injection = _faults.FaultInjection(app, dialect=dialect_for, stopping=anyio.Event())
    await injection({"type": "websocket"}, None, None)  # type: ignore[arg-type]
    assert ["websocket"] == passed
