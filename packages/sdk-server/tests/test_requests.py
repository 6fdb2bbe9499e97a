"""Requests that are wrong in any layer, over HTTP."""

from __future__ import annotations

import socket
from typing import Any

import anyio
import httpx
import pytest

from sdk_server.testing import RunningServer

CHAT = "/v1/chat/completions"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "line 1 column 2"),
        (b'{"model": NaN}', "NaN is not a JSON number"),
        (b'{"model": 1e999}', "out of range"),
        (b'{"model": ' + b"9" * 5000 + b"}", "too many digits"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"model": "\xff"}', "invalid UTF-8 at byte 11"),
        (b'{"model": "\\ud800"}', "surrogate"),
        (b"\xef\xbb\xbf{}", "line 1 column 1"),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_reason(
    client: httpx.Client, body: bytes, words: str
) -> None:
    """Whatever is wrong with the text, the message says it, in the error shape."""
    response = client.post(CHAT, content=body, headers=JSON)
    error = response.json()["error"]
    assert (400, "invalid_json", "invalid_request_error", None) == (
        response.status_code,
        error["code"],
        error["type"],
        error["param"],
    )
    assert words in error["message"]


@pytest.mark.parametrize(
    ("body", "param", "words"),
    [
        ([], None, "The body must be object."),
        ({"model": "echo-1"}, "messages", "`messages` is required."),
        ({"messages": [], "model": "echo-1"}, "messages", "`messages` has less than 1 item."),
        ({"messages": [{"role": "user"}], "model": "m"}, "messages.0.content", "is required"),
        ({"messages": [{"role": "bot"}], "model": "m"}, "messages.0.role", "'tool' or 'user'"),
        (
            {"messages": [{"role": "user", "content": 1}], "model": "m"},
            "messages.0.content",
            "must be array or string",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}], "model": "m"},
            "messages.0.content.0.text",
            "is required",
        ),
        (
            {"messages": [{"role": "user", "content": "x"}], "model": "m", "temperature": 9},
            "temperature",
            "maximum of 2",
        ),
        (
            {"messages": [{"role": "user", "content": "x"}], "model": "m", "verbosity": "loud"},
            "verbosity",
            "'high'",
        ),
    ],
)
def test_an_invalid_body_is_refused_with_the_member_that_is_wrong(
    client: httpx.Client, body: Any, param: str | None, words: str
) -> None:
    """`param` is the way to the member, also inside of unions."""
    response = client.post(CHAT, json=body)
    error = response.json()["error"]
    assert (400, param) == (response.status_code, error["param"])
    assert words in error["message"]


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"content-type": "text/plain"}, "application/json"),
        ({"content-type": ""}, "application/json"),
        ({"content-type": "application/json", "content-encoding": "br"}, None),
    ],
)
def test_another_media_type_is_refused(
    client: httpx.Client, headers: dict[str, str], accepted: str | None
) -> None:
    """415 says what would be accepted."""
    response = client.post(CHAT, content=b"{}", headers=headers)
    assert (415, accepted) == (response.status_code, response.headers.get("accept"))


def test_the_media_type_may_have_parameters_and_any_case(client: httpx.Client) -> None:
    """`Application/JSON; charset=utf-8` is JSON; the refusal is about the body."""
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert 400 == client.post(CHAT, content=b"{}", headers=headers).status_code


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused(client: httpx.Client, declared: bool) -> None:
    """More than 32 MiB are 413, whether the length is announced or not."""
    size = 32 * 1024 * 1024 + 1
    content = b"0" * size if declared else (b"0" * 1_048_576 for _ in range(33))
    response = client.post(CHAT, content=content, headers=JSON)
    assert (413, "body_too_large") == (response.status_code, response.json()["error"]["code"])


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/v1/nothing", 404, None),
        ("GET", "/v1", 404, None),
        ("GET", "/v1/models/", 404, None),
        ("GET", "/v1/models/%ff", 404, None),
        ("PUT", "/v1/models/x", 405, "DELETE, GET"),
        ("OPTIONS", "/v1/embeddings", 405, "POST"),
        ("GET", "/api/nothing", 404, None),
        ("GET", "/api/models/search", 405, "POST"),
        ("PATCH", "/api/keys", 405, "GET, POST"),
        ("GET", "/", 404, None),
    ],
)
def test_unknown_paths_and_methods_answer_in_the_shape_of_their_api(
    client: httpx.Client, method: str, path: str, status: int, allow: str | None
) -> None:
    """Below `/v1` it is OpenAI's shape, everywhere else a problem document."""
    response = client.request(method, path)
    assert (status, allow) == (response.status_code, response.headers.get("allow"))
    if path.startswith("/v1"):
        assert response.json()["error"]["message"]
    else:
        assert "application/problem+json" == response.headers["content-type"]
        assert status == response.json()["status"]


def test_a_slash_in_a_model_id_is_sent_encoded(client: httpx.Client) -> None:
    """`%2F` belongs to the id, it does not divide the path."""
    response = client.get("/v1/models/org%2Fmodel")
    assert "There is no model named `org/model`." == response.json()["error"]["message"]
    assert 404 == client.get("/v1/models/org/model").status_code


def test_a_problem_document_points_at_every_fault(client: httpx.Client) -> None:
    """`errors` has a pointer for the body and a name for parameters (RFC 9457)."""
    response = client.post("/api/keys", json={"name": "", "expires_in": 1, "x~/y": 1})
    assert (422, "application/problem+json") == (
        response.status_code,
        response.headers["content-type"],
    )
    body = response.json()
    assert f"urn:request:{response.headers['x-request-id']}" == body["instance"]
    assert {"#/name", "#/expires_in", "#/x~0~1y"} == {e["pointer"] for e in body["errors"]}


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("page=0", "page", "less than the minimum"),
        ("page=x", "page", "must be integer"),
        ("page=1.5", "page", "must be integer"),
        ("page=", "page", "must be integer"),
        ("page=1&page=2", "page", "more than once"),
        ("per_page=101", "per_page", "greater than the maximum"),
        ("page=%ff", "", "not UTF-8"),
        ("&".join("a" for _ in range(1001)), "", "more than 1000 fields"),
        ("=1", "", "a field has no name"),
    ],
)
def test_a_wrong_query_is_refused_by_name(
    client: httpx.Client, query: str, parameter: str, words: str
) -> None:
    """The parameter and what is wrong with it."""
    response = client.get(f"/api/keys?{query}")
    (error,) = response.json()["errors"]
    assert (422, parameter) == (response.status_code, error["parameter"])
    assert words in error["detail"]


def test_unknown_query_parameters_are_ignored(client: httpx.Client) -> None:
    """A client may send more than the document names."""
    assert 200 == client.get("/api/keys?tracking=1&page=1").status_code


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"grant_type=magic", "unsupported_grant_type"),
        (b"grant_type=password&username=a", "invalid_request"),
        (b"username=a", "invalid_request"),
        (b"grant_type=password&grant_type=password", "invalid_request"),
        (b"grant_type=%ff", "invalid_request"),
        (b"\xff", "invalid_request"),
        (b"", "invalid_request"),
    ],
)
def test_the_token_endpoint_answers_as_oauth_wants_it(
    client: httpx.Client, body: bytes, error: str
) -> None:
    """RFC 6749 section 5.2: 400 with `error` and `error_description`, never cached."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = client.post("/api/auth/token", content=body, headers=headers)
    assert (400, error, "no-store") == (
        response.status_code,
        response.json()["error"],
        response.headers["cache-control"],
    )


def test_a_missing_body_is_said(client: httpx.Client) -> None:
    """No body is not invalid JSON, it is no body."""
    response = client.post(CHAT)
    assert "The body is required." == response.json()["error"]["message"]


@pytest.mark.parametrize("sent", ["abc-1.2_3", "x" * 128])
def test_a_sane_request_id_comes_back(client: httpx.Client, sent: str) -> None:
    """What a client sends to find its request again is kept, on refusals as well."""
    for path in ("/v1/models", "/v1/nothing"):
        assert sent == client.get(path, headers={"x-request-id": sent}).headers["x-request-id"]


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é"])
def test_any_other_request_id_is_replaced(client: httpx.Client, sent: str) -> None:
    """A log must not be forged by a header."""
    got = client.get("/v1/models", headers=[(b"x-request-id", sent.encode())]).headers
    assert got["x-request-id"].startswith("req_")


def test_every_answer_of_its_own_has_its_own_request_id(client: httpx.Client) -> None:
    """Ids that the server makes are different."""
    ids = {client.get("/api/health").headers["x-request-id"] for _ in range(3)}
    assert 3 == len(ids)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Send an API key or access token"),
        ({"authorization": "Bearer wrong"}, "unknown or has expired"),
        ({"authorization": "Bearer"}, "must be `Bearer`"),
        ({"authorization": "Basic YTpi"}, "must be `Bearer`"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/models", "/api/models"])
def test_who_does_not_say_who_they_are_is_refused(
    server: RunningServer, path: str, headers: dict[str, str], words: str
) -> None:
    """401 with the scheme to use, in the API's error shape, and without the secret."""
    response = httpx.get(server.url + path, headers=headers)
    body = response.json()
    message = body["error"]["message"] if path.startswith("/v1") else body["detail"]
    assert 401 == response.status_code
    assert response.headers["www-authenticate"].startswith('Bearer realm="sdk-server"')
    assert words in message
    assert "wrong" not in response.text


def test_the_key_header_is_for_the_platform_alone(server: RunningServer) -> None:
    """`X-API-Key` works below `/api`; the inference API knows only `Authorization`."""
    headers = {"x-api-key": server.api_key}
    assert 200 == httpx.get(f"{server.platform_url}/users/me", headers=headers).status_code
    assert 401 == httpx.get(f"{server.inference_url}/models", headers=headers).status_code
    wrong = {"x-api-key": "wrong"}
    assert 401 == httpx.get(f"{server.platform_url}/users/me", headers=wrong).status_code


def test_bytes_that_are_no_http_are_answered_and_the_server_goes_on(server: RunningServer) -> None:
    """A stray client harms nobody."""
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(b"\x16\x03\x01\x00\xa5\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
    assert 200 == httpx.get(f"{server.url}/api/health").status_code


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_async_clients_are_served_alike(server: RunningServer, anyio_backend: str) -> None:
    """A hundred requests on as many connections all get their own answer."""
    headers = {"authorization": f"Bearer {server.api_key}"}
    answers: dict[int, str] = {}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as client:

        async def ask(number: int) -> None:
            messages = [{"role": "user", "content": f"number {number}"}]
            response = await client.post(CHAT, json={"model": "echo-1", "messages": messages})
            answers[number] = response.json()["choices"][0]["message"]["content"]

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(ask, number)
    assert {number: f"number {number}" for number in range(100)} == answers
