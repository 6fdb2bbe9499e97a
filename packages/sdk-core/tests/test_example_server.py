from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sdk_core.testing import ExampleServer, Exchange


def exchange(request: dict[str, Any], answer: dict[str, Any] | None = None) -> Exchange:
    """Return an exchange of `GET /things`, but for what *request* says."""
    request = {"method": "GET", "path": "/things", **request}
    return Exchange("op", "full", "op", request, answer or {"status": 204})


@pytest.fixture(name="server")
def running_server() -> Iterator[ExampleServer]:
    """Run a server that knows nothing yet."""
    with ExampleServer() as server:
        yield server


class Caller:
    """One connection to a server."""

    def __init__(self, server: ExampleServer) -> None:
        self.connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=10)

    def __call__(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request; the names of headers have underscores here."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = isinstance(body, list)
        self.connection.request(method, path, body, named, encode_chunked=chunked)
        response = self.connection.getresponse()
        return response, response.read()


@pytest.fixture(name="call")
def calling(server: ExampleServer) -> Iterator[Caller]:
    """Connect to the server."""
    caller = Caller(server)
    yield caller
    caller.connection.close()


def complaint(answer: tuple[http.client.HTTPResponse, bytes]) -> str:
    """Return why the server refuses."""
    response, body = answer
    assert response.status == 400
    return str(json.loads(body)["error"]["message"])


@pytest.mark.parametrize(
    ("answer", "content_type", "body"),
    [
        (
            {"status": 200, "type": "application/json", "json": {"a": "é"}},
            "application/json",
            '{"a": "é"}',
        ),
        ({"status": 201, "type": "text/plain", "text": "é"}, "text/plain", "é"),
        ({"status": 200, "type": "image/png", "base64": "YWJj"}, "image/png", "abc"),
        ({"status": 204}, None, ""),
        ({"status": 205}, None, ""),
        ({"status": 200}, None, ""),
    ],
)
def test_what_fits_is_answered(
    server: ExampleServer, call: Caller, answer: dict[str, Any], content_type: str, body: str
) -> None:
    """Status, media type and body are those of the exchange."""
    server.exchanges = [exchange({}, answer)]
    response, content = call("GET", "/things")
    assert answer["status"] == response.status
    assert content_type == response.headers["content-type"]
    assert body == content.decode()


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("events", b'data: {"a": 1}\n\ndata: 2\n\ndata: [DONE]\n\n'),
        ("lines", b'{"a": 1}\n2\n[DONE]\n'),
    ],
)
def test_streams_come_in_chunks(
    server: ExampleServer, call: Caller, kind: str, expected: bytes
) -> None:
    """Events and lines end with the terminator."""
    answer = {"status": 200, "type": "text/x", kind: [{"a": 1}, 2], "terminator": "[DONE]"}
    server.exchanges = [exchange({}, answer)]
    response, content = call("GET", "/things")
    assert response.headers["transfer-encoding"] == "chunked"
    assert expected == content


def test_an_answer_may_have_headers_of_its_own(server: ExampleServer, call: Caller) -> None:
    """Such as the version of what it holds."""
    server.exchanges = [exchange({}, {"status": 200, "json": {}, "headers": {"ETag": '"1"'}})]
    assert '"1"' == call("GET", "/things")[0].headers["etag"]


def test_a_stream_needs_no_terminator(server: ExampleServer, call: Caller) -> None:
    """Without one the stream just ends."""
    server.exchanges = [exchange({}, {"status": 200, "type": "text/x", "lines": [1]})]
    assert call("GET", "/things")[1] == b"1\n"


def test_the_head_of_an_answer_is_all_that_head_gets(server: ExampleServer, call: Caller) -> None:
    """The length is told, the body is not sent, and the connection goes on."""
    answer = {"status": 200, "type": "text/plain", "text": "abc"}
    server.exchanges = [exchange({"method": "HEAD"}, answer), exchange({})]
    response, content = call("HEAD", "/things")
    assert (response.headers["content-length"], content) == ("3", b"")
    assert call("GET", "/things")[0].status == 204


def test_any_method_is_understood(server: ExampleServer, call: Caller) -> None:
    """OpenAPI 3.2 allows methods of one's own."""
    server.exchanges = [exchange({"method": "PURGE"})]
    assert call("PURGE", "/things")[0].status == 204
    assert [(received.method, received.path) for received in server.calls] == [("PURGE", "/things")]


@pytest.mark.parametrize(("method", "path"), [("POST", "/things"), ("GET", "/others")])
def test_an_unknown_operation_is_refused(
    server: ExampleServer, call: Caller, method: str, path: str
) -> None:
    """The message says what was asked for."""
    server.exchanges = [exchange({})]
    assert complaint(call(method, path)) == f"no operation has {method} {path}"


def test_paths_are_compared_decoded_but_for_slashes(server: ExampleServer, call: Caller) -> None:
    """`%41` is `A`, and `%2F` separates nothing."""
    server.exchanges = [exchange({"path": "/A/b%2Fc"})]
    assert call("GET", "/%41/b%2fc")[0].status == 204
    assert "no operation" in complaint(call("GET", "/A/b/c"))


def test_the_nearest_exchange_says_what_differs(server: ExampleServer, call: Caller) -> None:
    """Of several that do not fit, the one with the fewest differences speaks."""
    server.exchanges = [
        exchange({"query": [["a", "1"], ["b", "2"]]}),
        exchange({"query": [["a", "1"]]}),
        exchange({"query": [["b", "1"], ["c", "2"]]}),
    ]
    assert complaint(call("GET", "/things")) == "the query has no `a=1`"


def test_the_kind_of_answer_that_is_wanted_decides(server: ExampleServer, call: Caller) -> None:
    """Where several fit, `Accept` has the last word."""
    server.exchanges = [
        exchange({}, {"status": 200, "type": "a/b", "text": "b"}),
        exchange({}, {"status": 200, "type": "a/c", "text": "c"}),
        exchange({}),
    ]
    assert call("GET", "/things", accept="a/c, a/b")[1] == b"c"


REQUESTS: list[tuple[dict[str, Any], str, Any, dict[str, str], str]] = [
    ({"query": [["a", "1"], ["a", "2"]]}, "?a=2&a=1", None, {}, ""),
    ({"query": [["a", {"json": [1]}]]}, "?a=%5B1%5D", None, {}, ""),
    ({"query": [["a", {"json": [1]}]]}, "?a=x", None, {}, "the query has no `a={'json': [1]}`; the query has `a=x`"),
    ({}, "?a=1", None, {}, "the query has `a=1`"),
    ({"headers": {"x-a": "1"}}, "", None, {"X_A": "1"}, ""),
    ({"headers": {"x-a": "1"}}, "", None, {}, "`headers.x-a` is None instead of '1'"),
    ({"cookies": {"a": "b c"}}, "", None, {"cookie": "a=b%20c"}, ""),
    ({"cookies": {"a": "1"}}, "", None, {"cookie": "b"}, "`cookies.a` is None instead of '1'"),
    ({}, "", "x", {}, "there is a body of 1 bytes"),
    ({"body": {"type": "application/json", "json": {"a": 1}}}, "", '{"a": 1}', {"content_type": "application/json; charset=utf-8"}, ""),
    ({"body": {"json": {"a": 1}}}, "", '{"a": 2}', {}, "`body.a` is 2 instead of 1"),
    ({"body": {"json": {}}}, "", "{", {}, "the body is no JSON: b'{'"),
    ({"body": {"type": "a/b", "text": "é"}}, "", "é".encode(), {"content_type": "a/c"}, "`content-type` is 'a/c' instead of 'a/b'"),
    ({"body": {"base64": "AAH/"}}, "", b"\0\1\xff", {}, ""),
    ({"body": {"base64": "AAH/"}}, "", b"x", {}, "`body` is b'x' instead of b'\\x00\\x01\\xff'"),
    ({"body": {"form": [["a[b]", "1"]]}}, "", b"a%5Bb%5D=1", {}, ""),
    ({"body": {"form": []}}, "", b"a=1", {}, "the form has `a=1`"),
    ({"security": [[{"in": "query", "name": "key"}]]}, "?key=1", None, {}, ""),
    ({"security": [[{"in": "cookie", "name": "key"}]], "cookies": {"key": "0"}}, "", None, {"cookie": "key=1"}, ""),
    ({"security": [[{"in": "header", "name": "X-Key"}]], "headers": {"x-key": "0"}}, "", None, {"X_Key": "1"}, ""),
    ({"security": [[{"in": "header", "name": "authorization", "scheme": "basic"}], []]}, "", None, {}, ""),
    ({"security": [[{"in": "header", "name": "authorization", "scheme": "basic"}]]}, "", None, {"Authorization": "Bearer x"}, "there is no credential: `authorization` in the header"),
    ({"security": [[{"in": "header", "name": "a"}, {"in": "query", "name": "b"}], [{"in": "cookie", "name": "c"}]]}, "?b=1", None, {}, "there is no credential: `a` in the header with `b` in the query or `c` in the cookie"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "query", "body", "headers", "words"), REQUESTS)
def test_each_part_of_a_request_is_compared(
    server: ExampleServer,
    call: Caller,
    request_: dict[str, Any],
    query: str,
    body: Any,
    headers: dict[str, str],
    words: str,
) -> None:
    """What differs is named; what belongs to the credential is not compared."""
    server.exchanges = [exchange(request_)]
    answer = call("GET", f"/things{query}", body, **headers)
    assert words == (complaint(answer) if answer[0].status == 400 else "")


def form(*parts: tuple[str, bytes]) -> bytes:
    """Return a body of several parts."""
    return (
        b"".join(
            b"--b\r\nContent-Disposition: form-data; "
            + head.encode()
            + b"\r\n\r\n"
            + content
            + b"\r\n"
            for head, content in parts
        )
        + b"--b--\r\n"
    )


PARTS = [
    {"name": "file", "base64": "AAH/"},
    {"name": "text", "text": "é"},
    {"name": "data", "json": {"a": 1}},
]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([('name="data"', b'{"a": 1}'), ('name="file"; filename="f"', b"\0\1\xff"), ('name="text"', "é".encode())], ""),
        ([('name="data"', b"x"), ('name="file"', b"\0\1\xff"), ('name="text"', b"e")], "`parts.data` is None instead of {'a': 1}; `parts.file` has no file name; `parts.text` is b'e' instead of b'\\xc3\\xa9'"),
        ([('name="data"', b"x")], "`parts` is ['data'] instead of ['data', 'file', 'text']"),
    ],
)  # fmt: skip
def test_parts_are_compared_by_name_and_content(
    server: ExampleServer, call: Caller, parts: list[tuple[str, bytes]], words: str
) -> None:
    """Files have a name of their own; the order of the others means nothing."""
    server.exchanges = [exchange({"body": {"type": "multipart/form-data", "parts": PARTS}})]
    content_type = "multipart/form-data; boundary=b"
    answer = call("GET", "/things", form(*parts), content_type=content_type)
    assert words == (complaint(answer) if answer[0].status == 400 else "")


def test_a_body_may_come_in_chunks(server: ExampleServer, call: Caller) -> None:
    """Streamed uploads have no length."""
    server.exchanges = [exchange({"body": {"text": "abc"}})]
    assert call("GET", "/things", [b"a", b"bc"], transfer_encoding="chunked")[0].status == 204
    assert server.calls[0].body == b"abc"


def test_trailers_are_read(server: ExampleServer, call: Caller) -> None:
    """What follows the last chunk is no second request."""
    server.exchanges = [exchange({"body": {"text": "a"}}), exchange({})]
    call.connection.putrequest("GET", "/things")
    call.connection.putheader("transfer-encoding", "chunked")
    call.connection.endheaders(b"1;x=y\r\na\r\n0\r\nDigest: 1\r\n\r\n")
    response = call.connection.getresponse()
    assert (response.status, response.read()) == (204, b"")
    assert call("GET", "/things")[0].status == 204
