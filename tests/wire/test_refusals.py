"""Refusals as servers write them: the right class, the server's words, and repeats only where they help."""

from __future__ import annotations

import itertools
import json
import pickle
from typing import Any

import anyio
import pytest

import sdk_openai_compat
from sdk_openai_compat import (
    APIError,
    APIStatusError,
    AsyncOpenAI,
    InternalServerError,
    NotFoundError,
    OpenAI,
    RateLimitError,
)

from ._calls import Call, Outcome, ask, each_colour
from ._framing import event_stream, reply_head
from ._replay import ReplayServer, Reply
from .misbehaviours._rows import DONE, PAGE, chunk

ASKED: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "?"}]}
SOON = ("Retry-After-Ms", "1")
QUOTA = {
    "error": {
        "message": "You exceeded your quota.",
        "type": "insufficient_quota",
        "code": "insufficient_quota",
    }
}


def refused(
    status: str, body: object, *more: tuple[str, str], kind: str = "application/json"
) -> Reply:
    """Build a refusal."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply((reply_head(status, kind, *more) + content,))


def meet(
    reply: Reply, colour: str, *, stream: bool = False, **options: Any
) -> tuple[Outcome, list[Any]]:
    """Make a chat call to a server that replies so; return what came of it, and the requests."""
    call = Call("chat.completions.create", (), {**ASKED, "stream": stream})
    with ReplayServer(reply) as server:
        return ask(server.url, call, colour, **options), server.requests


@each_colour
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "boom"}},
        {"error": {"message": "boom", "code": "x", "param": None, "type": None}},
        {"error": {"message": "boom", "code": 422}},
        {"error": "boom"},
        {"error": ["boom"]},
        {"detail": "boom"},
        {"detail": {"error": "boom"}},
        {"detail": [{"loc": ["body", "x"], "msg": "boom", "type": "t"}]},
        {"object": "error", "message": "boom", "code": 400},
        {"message": "boom"},
        {"title": "boom", "status": 422},
        [{"error": {"message": "boom", "status": "UNAVAILABLE"}}],
        {"type": "error", "error": {"type": "overloaded_error", "message": "boom"}},
        "boom",
        ["boom"],
    ],
)
def test_every_shape_of_error_body_is_understood(body: object, stream: bool, colour: str) -> None:
    """The server's sentence is found wherever servers are known to put it."""
    outcome, _ = meet(refused("422 No", body), colour, stream=stream)
    assert type(outcome.error) is sdk_openai_compat.UnprocessableEntityError
    assert "boom" in str(outcome.error)
    assert not {"{", "[", "\n"} & set(str(outcome.error))


@each_colour
@pytest.mark.difference(
    "Errors",
    openai="The message of a status error is `error.message`; where a server puts its sentence elsewhere, it is only `Error code: 422`.",
    here="The sentence is found in `error`, `detail`, `detail[].msg`, `message`, a list, a server-sent event, text or the title of a web page.",
)
def test_the_error_of_a_stream_is_understood(colour: str) -> None:
    """A status of 500 may come with an event stream, whose first event is the error."""
    body = b'data: {"error": {"message": "boom", "code": "500"}}\n\ndata: [DONE]\n\n'
    outcome, _ = meet(refused("500 No", body, kind="text/event-stream"), colour, stream=True)
    assert type(outcome.error) is InternalServerError
    assert "Error code: 500 - boom" == str(outcome.error)
    assert "500" == outcome.error.code


@each_colour
@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        ("502 Bad Gateway", PAGE, "text/html", "Sign in"),
        ("502 Bad Gateway", PAGE, "application/json", "Sign in"),
        ("500 No", b"Internal Server Error", "text/plain", "Internal Server Error"),
        ("500 No", b'{"error":{"message":"boom"}}', "text/plain", "boom"),
        ("500 No", b'{"error":{"mess', "application/json", '{"error":{"mess'),
        ("500 No", b"", "application/json", "Error code: 500"),
    ],
)
def test_whatever_a_server_calls_it_its_words_are_kept(
    status: str, body: bytes, kind: str, words: str, colour: str
) -> None:
    """The status decides the class, and the body what is said, not its content type."""
    outcome, _ = meet(refused(status, body, kind=kind), colour)
    assert type(outcome.error) is InternalServerError
    assert words in str(outcome.error)
    assert not {"<", "\n"} & set(str(outcome.error))


@each_colour
@pytest.mark.parametrize("code", ["invalid_api_key", 401, None])
def test_a_code_is_what_the_server_sent(code: object, colour: str) -> None:
    """Some send a text, some a number, some nothing."""
    body = {"error": {"message": "boom", "type": "t", "param": "p", "code": code}}
    outcome, _ = meet(refused("401 No", body), colour)
    error = outcome.error
    assert isinstance(error, APIStatusError)
    assert (code, "t", "p", body["error"]) == (error.code, error.type, error.param, error.body)


@each_colour
@pytest.mark.parametrize("code", ["insufficient_quota", "billing_not_active"])
@pytest.mark.difference(
    "Retries",
    openai="A 429 because the quota is used up (`insufficient_quota`) is repeated like any other.",
    here="It is not repeated, and the message says so.",
)
def test_a_quota_that_is_used_up_is_not_asked_for_again(code: str, colour: str) -> None:
    """No wait will bring it back, so the first answer is the last."""
    body = {"error": {"message": "Pay.", "type": "t", "code": code}}
    outcome, requests = meet(refused("429 No", body, SOON), colour, max_retries=2)
    assert 1 == len(requests)
    assert type(outcome.error) is RateLimitError
    assert f"Error code: 429 - Pay. (not repeated: `{code}` does not pass)" == str(outcome.error)
    assert 0 == outcome.error.retries_taken


@each_colour
@pytest.mark.parametrize(
    ("status", "body", "headers", "attempts"),
    [
        ("429 No", {"error": {"message": "slow down"}}, (), 3),
        ("429 No", QUOTA, (("x-should-retry", "true"),), 3),
        ("429 No", {"error": "slow down"}, (("x-should-retry", "false"),), 1),
        ("400 No", {"error": "bad"}, (), 1),
        ("400 No", {"error": "bad"}, (("x-should-retry", "true"),), 3),
        ("408 No", {}, (), 3),
        ("409 No", {}, (), 3),
        ("500 No", b"", (), 3),
        ("503 No", {}, (("x-should-retry", "false"),), 1),
    ],
)
def test_what_is_repeated_is_up_to_status_and_server(
    status: str, body: object, headers: tuple[tuple[str, str], ...], attempts: int, colour: str
) -> None:
    """The statuses that may pass are repeated, and `x-should-retry` decides against that."""
    outcome, requests = meet(refused(status, body, SOON, *headers), colour, max_retries=2)
    assert attempts == len(requests)
    assert isinstance(outcome.error, APIStatusError)
    assert attempts - 1 == outcome.error.retries_taken


@each_colour
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (("Retry-After", "90"), 90.0),
        (("Retry-After", "1.5"), 1.5),
        (("Retry-After-Ms", "1500"), 1.5),
        (("x-ratelimit-reset-requests", "6m0s"), 360.0),
        (("x-ratelimit-reset-tokens", "20ms"), None),
        (("Retry-After", "soon"), None),
    ],
)
def test_a_wait_is_understood_however_it_is_said(
    header: tuple[str, str], seconds: float | None, colour: str
) -> None:
    """Seconds, milliseconds, and the time until a limit that is used up is there again."""
    left = (("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-remaining-tokens", "9"))
    outcome, _ = meet(refused("429 No", {"error": "slow down"}, header, *left), colour)
    assert isinstance(outcome.error, RateLimitError)
    assert seconds == outcome.error.retry_after


@each_colour
@pytest.mark.difference(
    "Retries",
    openai="How long to wait is read from the headers `retry-after-ms` and `retry-after`.",
    here="And from `x-ratelimit-reset-*` of a limit that is used up, and from Google's `RetryInfo` in the body.",
)
def test_a_wait_in_the_body_is_understood(colour: str) -> None:
    """Gemini's compatible API says it there, inside a list."""
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"}
    body = [{"error": {"code": 429, "message": "Quota exceeded.", "details": [detail]}}]
    outcome, _ = meet(refused("429 No", body), colour)
    assert isinstance(outcome.error, RateLimitError)
    assert (36.5, "Error code: 429 - Quota exceeded.") == (
        outcome.error.retry_after,
        str(outcome.error),
    )


@each_colour
@pytest.mark.parametrize(
    ("body", "kind", "hinted"),
    [
        (b"404 page not found", "text/plain", True),
        (b'{"detail":"Not Found"}', "application/json", True),
        (
            b'{"error":"Unexpected endpoint or method. (POST /chat/completions)"}',
            "application/json",
            True,
        ),
        (b'{"error":{"code":404,"message":"File Not Found"}}', "application/json", True),
        (
            b'{"error":{"code":"model_not_found","message":"No such model: m"}}',
            "application/json",
            False,
        ),
        (b'{"error":{"param":"model","message":"No such model: m"}}', "application/json", False),
    ],
)
@pytest.mark.difference(
    "Servers",
    openai="A 404 because `base_url` lacks `/v1` says no more than the server does.",
    here="The message has the server's words, and asks whether `/v1` is missing.",
)
def test_a_lost_path_hints_at_the_version(
    body: bytes, kind: str, hinted: bool, colour: str
) -> None:
    """The hint stands behind the server's own words, and only where these are not about a model."""
    call = Call("chat.completions.create", (), ASKED)
    with ReplayServer(refused("404 No", body, kind=kind)) as server:
        lost = ask(server.url, call, colour, base_url=server.url)
        found = ask(server.url, call, colour)
    for outcome in (lost, found):
        assert type(outcome.error) is NotFoundError
        words = str(outcome.error)
        assert any(each in words for each in ("ot found", "ot Found", "Unexpected", "No such"))
    assert hinted == ("does `base_url` lack `/v1`?" in str(lost.error))
    assert "lack" not in str(found.error)


class _Keys:
    """Gives another key each time."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def __call__(self) -> str:
        return f"key-{next(self._numbers)}"

    async def later(self) -> str:
        """Do the same, asynchronously."""
        await anyio.lowlevel.checkpoint()
        return self()


def sent_keys(requests: list[Any]) -> list[str]:
    """Return the credentials of *requests*."""
    return [
        value
        for request in requests
        for name, value in request.headers
        if name.lower() == "authorization"
    ]


@each_colour
def test_a_key_that_expires_is_asked_for_before_each_attempt(colour: str) -> None:
    """A client that lives for days sends the key of the day, on repeats too."""
    keys = _Keys()
    key = keys if colour == "sync" else keys.later
    _, requests = meet(refused("503 No", {}, SOON), colour, api_key=key, max_retries=2)
    assert ["Bearer key-1", "Bearer key-2", "Bearer key-3"] == sent_keys(requests)


@pytest.mark.parametrize("stream", [True, False])
def test_a_key_that_is_set_anew_is_used_from_then_on(stream: bool) -> None:
    """Also by resources that are held, and by those of copies that are made later."""
    raw = event_stream(chunk("a", "stop"), DONE)
    if not stream:
        raw = reply_head("200 OK", "application/json") + b'{"choices":[]}'
    with (
        ReplayServer(Reply((raw,))) as server,
        OpenAI(base_url=server.url, api_key="one") as client,
    ):
        completions = client.chat.completions
        for key in ("one", "two"):
            client.api_key = key
            answer = completions.create(**ASKED, stream=stream)
            if stream:
                list(answer)
    assert ["Bearer one", "Bearer two"] == sent_keys(server.requests)


@each_colour
@pytest.mark.parametrize(
    "raw",
    [
        refused("429 No", QUOTA),
        Reply((event_stream(chunk("a")),)),
        Reply((event_stream(chunk("a"), b'data: {"error":{"message":"boom"}}'),)),
        refused("200 OK", PAGE, kind="text/html"),
        refused("200 OK", {"error": {"message": "boom"}}),
    ],
)
@pytest.mark.difference(
    "Errors",
    openai="Most errors cannot be unpickled: `pickle.loads` raises `TypeError`.",
    here="All can, with their attributes; what was sent and the credentials in it are left out.",
)
def test_every_error_survives_pickling(raw: Reply, colour: str) -> None:
    """It comes out of another process as it went in, without the key."""
    outcome, _ = meet(raw, colour, stream=True, api_key="sk-secret")
    assert isinstance(outcome.error, APIError)
    pickled = pickle.dumps(outcome.error)
    copy = pickle.loads(pickled)
    assert (type(outcome.error), str(outcome.error), outcome.error.body) == (
        type(copy),
        str(copy),
        copy.body,
    )
    for name in ("partial", "items"):
        assert getattr(outcome.error, name, None) == getattr(copy, name, None)
    assert b"sk-secret" not in pickled


@pytest.mark.parametrize("stream", [True, False])
def test_answers_survive_pickling(stream: bool) -> None:
    """Whole ones and chunks, mended or not, with what was only filled in."""
    raw = event_stream(chunk({"reasoning": "hm"}), chunk("a", ""), chunk(None, "stop"), DONE)
    with ReplayServer(Reply((raw,))) as server, OpenAI(base_url=server.url, api_key="k") as client:
        answer: Any = client.chat.completions.create(**ASKED, stream=stream)
        items = list(answer) if stream else [answer]
    copies = pickle.loads(pickle.dumps(items))
    assert items == copies
    assert [item.to_dict() for item in items] == [copy.to_dict() for copy in copies]
    message = copies[0].choices[0].delta if stream else copies[0].choices[0].message
    assert "hm" == message.reasoning_content


@each_colour
@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_goes_back_under_the_name_that_came(name: str, colour: str) -> None:
    """A message that is sent back is the one that came; other names some servers refuse."""
    message = {"role": "assistant", "content": "a", name: "hm"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {"id": "i", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    with ReplayServer(refused("200 OK", body)) as server:
        call = Call("chat.completions.create", (), ASKED)
        answered = ask(server.url, call, colour).result.choices[0].message
        assert "hm" == answered.reasoning_content
        call = Call("chat.completions.create", (), {**ASKED, "messages": [answered]})
        ask(server.url, call, colour)
    assert [message] == server.requests[-1].json()["messages"]


@pytest.mark.parametrize("asked", ["m", "org/m", "m-2026-01-01", "other"])
def test_another_model_that_answers_is_told_once(
    asked: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A server with one model answers for all; the log says so, not for another spelling of it."""
    asked = f"{asked}-{id(caplog)}" if asked == "other" else asked
    arguments = {**ASKED, "model": asked}
    for stream in (False, True, False):
        raw = event_stream(chunk("a", "stop"), DONE)
        with ReplayServer(Reply((raw,))) as server:
            call = Call("chat.completions.create", (), {**arguments, "stream": stream})
            ask(server.url, call, "sync")
    told = [each.getMessage() for each in caplog.records if each.name.endswith("quirks")]
    expected = [f"asked for the model {asked!r}, and 'm' answers"] if "other" in asked else []
    assert expected == told


def test_the_asynchronous_twin_is_asked_for_its_key_too() -> None:
    """`AsyncOpenAI` takes a plain function as well."""
    keys = _Keys()

    async def call(url: str) -> None:
        async with AsyncOpenAI(base_url=url, api_key=keys, max_retries=0) as client:
            for _ in range(2):
                await client.chat.completions.create(**ASKED)

    raw = reply_head("200 OK", "application/json") + b'{"choices":[]}'
    with ReplayServer(Reply((raw,))) as server:
        anyio.run(call, server.url)
    assert ["Bearer key-1", "Bearer key-2"] == sent_keys(server.requests)
