"""The proxy engine, in front of a second server and of upstreams that misbehave."""

from __future__ import annotations

import json
import threading

import httpx
import pytest

from sdk_server._engines import EngineRequest
from sdk_server._engines._proxy import ProxyEngine
from sdk_server._problems import Problem
from sdk_server.testing import RunningServer, running_server

from ._upstreams import Upstream, proxy, raw_upstream, reply

CHAT = "/v1/chat/completions"
BODY = {"model": "echo-1", "messages": [{"role": "user", "content": "Hello there!"}]}


def test_a_whole_answer_comes_through(through: httpx.Client) -> None:
    """The upstream's answer, with the upstream's usage."""
    answer = through.post(CHAT, json=BODY).json()
    assert "Hello there!" == answer["choices"][0]["message"]["content"]
    assert 4 == answer["usage"]["total_tokens"]


def test_a_stream_comes_through_as_it_was_sent(through: httpx.Client) -> None:
    """Every event, and one terminator."""
    text = through.post(CHAT, json={**BODY, "stream": True}).text
    assert 1 == text.count("data: [DONE]\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in text.split("\n\n")[:-2]]
    said = [chunk["choices"][0]["delta"].get("content", "") for chunk in chunks]
    assert "Hello there!" == "".join(said)


def test_completions_and_embeddings_come_through(through: httpx.Client) -> None:
    """The other two tasks go to their own paths."""
    text = through.post("/v1/completions", json={"model": "echo-1", "prompt": "Once"}).json()
    assert "Once" == text["choices"][0]["text"]
    body = {"model": "echo-embed-1", "input": "x", "dimensions": 3}
    assert 3 == len(through.post("/v1/embeddings", json=body).json()["data"][0]["embedding"])


def test_models_are_the_upstreams_in_both_apis(through: httpx.Client) -> None:
    """Listed, found by id, and missing where the upstream has none."""
    listed = through.get("/v1/models").json()["data"]
    assert ["echo-1", "echo-embed-1"] == [model["id"] for model in listed]
    (first,) = through.get("/api/models?per_page=1").json()["items"]
    assert ("echo-1", "proxy") == (first["id"], first["engine"])
    assert "sdk-server" == through.get("/v1/models/echo-1").json()["owned_by"]
    assert 404 == through.get("/v1/models/none%2Fsuch").status_code
    assert 404 == through.delete("/v1/models/none").status_code


def test_what_the_caller_can_mend_keeps_its_status(through: httpx.Client) -> None:
    """An unknown model is the caller's 404, in the upstream's words."""
    for stream in (False, True):
        response = through.post(CHAT, json={**BODY, "model": "none", "stream": stream})
        error = response.json()["error"]
        assert (404, "There is no model named `none`.", "model_not_found", "model") == (
            response.status_code,
            error["message"],
            error["code"],
            error["param"],
        )


def test_a_wrong_upstream_key_is_not_the_callers_fault(server: RunningServer) -> None:
    """The upstream's 401 becomes 502, for the caller's own key was right."""
    with proxy(server.inference_url, key="wrong") as client:
        response = client.post(CHAT, json=BODY)
    assert 502 == response.status_code
    assert "The upstream answered 401: The API key" in response.json()["error"]["message"]
    assert "wrong" not in response.text


def test_a_deleted_model_is_deleted_upstream() -> None:
    """The catalogue has no copy that could be stale."""
    with (
        running_server() as upstream,
        proxy(upstream.inference_url, key=upstream.api_key) as client,
    ):
        assert client.delete("/v1/models/echo-1").json()["deleted"]
        assert 404 == client.get("/v1/models/echo-1").status_code


@pytest.mark.parametrize(
    ("status", "body", "expected", "message"),
    [
        ("429 Too Many", b'{"error": {"message": "Slow down."}}', 429, "Slow down."),
        ("400 Bad", b'{"error": "Bad."}', 400, "Bad."),
        ("422 No", b'{"detail": [{"msg": "field required"}]}', 422, '[{"msg":"field required"}]'),
        ("404 Not Found", b'[{"error": {"message": "Gone.", "code": 404}}]', 404, "Gone."),
        ("413 Large", b'{"message": "Too large."}', 413, "Too large."),
        ("500 Oops", b"Internal Server Error", 502, "answered 500: Internal Server Error"),
        ("503 Down", b"", 502, "answered 503: no message"),
        ("403 No", b'{"error": {"message": "Not you."}}', 502, "answered 403: Not you."),
        ("302 Found", b"<html>", 502, "answered 302: <html>"),
        ("500 Oops", b"\xff" * 10_000, 502, "answered 500"),
        ("400 Bad", b'{"error": {"code": 7}}', 400, '{"code":7}'),
        ("400 Bad", b'{"why": 7}', 400, '{"why":7}'),
    ],
)
def test_an_upstream_error_keeps_its_message(
    crooked: httpx.Client,
    upstream: Upstream,
    status: str,
    body: bytes,
    expected: int,
    message: str,
) -> None:
    """In whatever shape the upstream says it; what is not the caller's to mend is 502."""
    upstream.answer = reply(status, "application/json", body, "retry-after: 7", "set-cookie: a=b")
    for stream in (False, True):
        response = crooked.post(CHAT, json={**BODY, "stream": stream})
        assert expected == response.status_code
        assert message in response.json()["error"]["message"]
        assert len(response.content) < 2000
        assert "set-cookie" not in response.headers
        wait = "7" if expected < 500 else None
        assert wait == response.headers.get("retry-after")


@pytest.mark.parametrize(
    ("stream", "media_type", "words"),
    [
        (False, "text/html", "text/html instead of application/json"),
        (True, "application/json", "application/json instead of text/event-stream"),
        (True, "", "no media type instead of"),
    ],
)
def test_an_upstream_that_is_no_api_is_told_from_one(
    crooked: httpx.Client, upstream: Upstream, stream: bool, media_type: str, words: str
) -> None:
    """A web page with status 200 is a wrong `--upstream`, and the message says so."""
    upstream.answer = reply("200 OK", media_type, b"<!doctype html>")
    response = crooked.post(CHAT, json={**BODY, "stream": stream})
    assert 502 == response.status_code
    assert words in response.json()["error"]["message"]
    assert "`--upstream`" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "invalid JSON"),
        (b"[]", "has no `data`"),
        (b'{"data": {}}', "has no `data`"),
    ],
)
def test_an_upstream_without_a_list_of_models_is_502(
    crooked: httpx.Client, upstream: Upstream, body: bytes, words: str
) -> None:
    """The list must be one."""
    upstream.answer = reply("200 OK", "application/json", body)
    for path in ("/v1/models", "/api/models"):
        response = crooked.get(path)
        assert 502 == response.status_code
        assert words in response.text


def test_models_of_an_upstream_may_tell_little(crooked: httpx.Client, upstream: Upstream) -> None:
    """Missing and odd members get values that the document allows."""
    entries = [{"id": "b", "created": 1.5, "owned_by": 3}, {"id": "a"}, 7]
    upstream.answer = reply("200 OK", "application/json", json.dumps({"data": entries}).encode())
    assert [
        {"id": "a", "object": "model", "created": 0, "owned_by": "unknown"},
        {"id": "b", "object": "model", "created": 1, "owned_by": "unknown"},
    ] == crooked.get("/v1/models").json()["data"]
    upstream.answer = reply("200 OK", "application/json", b"[]")
    assert 502 == crooked.get("/v1/models/a").status_code
    upstream.answer = reply("500 Oops", "text/plain", b"")
    assert 502 == crooked.get("/v1/models/a").status_code
    assert 502 == crooked.delete("/v1/models/a").status_code


def test_headers_are_chosen_in_both_directions(crooked: httpx.Client, upstream: Upstream) -> None:
    """The caller's credentials and cookies stay here; limits and idempotency keys pass."""
    upstream.answer = reply(
        "200 OK", "application/json", b"{}", "x-ratelimit-limit-requests: 5", "server: secret"
    )
    headers = {"idempotency-key": "once", "cookie": "a=b", "x-request-id": "mine"}
    response = crooked.post(CHAT, json=BODY, headers=headers)
    sent = upstream.head.decode().lower()
    assert "idempotency-key: once" in sent
    assert "x-request-id: mine" in sent
    assert "cookie:" not in sent
    assert "authorization" not in sent
    assert "5" == response.headers["x-ratelimit-limit-requests"]
    assert "server" not in response.headers


def test_a_stream_that_breaks_off_ends_with_an_error_event(
    crooked: httpx.Client, upstream: Upstream
) -> None:
    """What came is passed on, then the client is told."""
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    upstream.answer = head + b'f\r\ndata: {"a":1}\n\n\r\n'
    text = crooked.post(CHAT, json={**BODY, "stream": True}).text
    first, last, end = text.split("\n\n")
    assert ('data: {"a":1}', "") == (first, end)
    assert "upstream_error" == json.loads(last.removeprefix("data: "))["error"]["code"]


def test_an_answer_that_breaks_off_is_502(crooked: httpx.Client, upstream: Upstream) -> None:
    """Half of an answer, of an error or of a list is none."""
    for status in ("200 OK", "400 Bad"):
        whole = reply(status, "application/json", b"{" * 100)
        upstream.answer = whole[:-50]
        assert 502 == crooked.post(CHAT, json=BODY).status_code
        assert 502 == crooked.get("/v1/models").status_code


def test_a_cookie_of_the_upstream_goes_to_no_later_request(
    crooked: httpx.Client, upstream: Upstream
) -> None:
    """Callers share the connection to the upstream, and nothing else."""
    upstream.answer = reply("200 OK", "application/json", b"{}", "set-cookie: session=ada")
    for _ in range(2):
        assert 200 == crooked.post(CHAT, json=BODY).status_code
    assert b"cookie:" not in upstream.head.lower()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_an_upstream_that_stays_silent_is_504(anyio_backend: str) -> None:
    """The limit is the one that was set."""
    silence = threading.Event()

    def answer(head: bytes, body: bytes) -> bytes:
        silence.wait(10)
        return b""

    with raw_upstream(answer) as url:
        engine = ProxyEngine(url, key=None, timeout=0.05)
        request = EngineRequest(task="chat", body=BODY)
        for ask in (engine.complete, engine.stream):
            with pytest.raises(Problem, match="did not answer in time") as caught:
                await ask(request)
            assert 504 == caught.value.status
        await engine.aclose()
        silence.set()


def test_an_upstream_that_is_not_there_is_502() -> None:
    """The message says that the upstream is the problem."""
    with raw_upstream(lambda head, body: b"") as url:
        pass
    with proxy(url) as client:
        response = client.post(CHAT, json=BODY)
    assert 502 == response.status_code
    assert "The upstream cannot be reached" in response.json()["error"]["message"]
