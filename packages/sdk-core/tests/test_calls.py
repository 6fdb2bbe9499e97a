"""How clients turn the arguments of a call into a request, and options into behaviour."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdk_core._messages import Request, Response
from sdk_core._unnamed import ad_hoc
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIStatusError, ConfigurationError, SDKError, UnknownOptionError
from sdk_core.models import BaseModel
from sdk_core.operations import (
    Body,
    Content,
    Operation,
    Parameter,
    SecurityScheme,
    Server,
    Streaming,
)
from sdk_core.options import Timeout
from sdk_core.resources import SyncResource
from sdk_core.testing import play, response
from sdk_core.typing import Flow, Inner, not_given, omit

CANARY = "canary-5e11"
Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]


def operation(method: str = "POST", path: str = "/x", **more: Any) -> Operation[Any]:
    """Return an operation that answers with any JSON."""
    more.setdefault("responses", {"200": (Content("application/json", "json"),)})
    if method == "POST":
        more.setdefault("body", Body())
    return Operation("op", method, path, **more)


def build(client: SyncClient, wanted: Operation[Any], **given: Any) -> Request:
    """Return the request that a call would send."""
    sent: list[httpx.Request] = []

    def answer(raw: httpx.Request) -> httpx.Response:
        sent.append(raw)
        return httpx.Response(200, json={})

    built: list[Request] = []

    class Spy:
        def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
            built.append(request)
            return inner(request)

    with httpx.Client(transport=httpx.MockTransport(answer)) as own:
        spied = type(client)(base_url=URL, http_client=own, auth=Spy())
        spied.__dict__.update(_options=client._options, _base_query=client._base_query)
        spied._base_url = client._base_url
        spied._configure()
        spied.call(wanted, **given)
    return built[0]


URL = "https://api.example.com/v1"
PATH = (Parameter("a", "a", "path", required=True),)


def client(**options: Any) -> SyncClient:
    """Return a client that is not connected."""
    return SyncClient(**{"base_url": URL, **options})


def test_a_request_is_what_the_operation_and_the_options_say() -> None:
    """Path, query, headers and body each come from where they should, the nearest last."""
    made = client(
        base_url=f"{URL}/?version=1",
        default_query={"a": 1},
        default_headers={"X-A": "1", "X-B": "1"},
        timeout=7,
    )
    wanted = operation(
        parameters=(Parameter("q", "q", "query"), Parameter("h", "X-B", "header", style="simple")),
        path="/x",
    )
    sent = build(
        made,
        wanted,
        arguments={"q": "z", "h": "2"},
        body={"m": "é", "n": None, "o": omit, "p": not_given},
        extra_headers={"x-c": "3", "User-Agent": omit},
        extra_query={"b": [1, 2]},
        extra_body={"n": 1, "q": {"r": 2}},
    )
    assert (sent.method, sent.timeout) == ("POST", Timeout(7))
    assert sent.url == f"{URL}/x?version=1&q=z&a=1&b=1&b=2"
    assert isinstance(sent.content, bytes)
    assert json.loads(sent.content) == {"m": "é", "n": 1, "q": {"r": 2}}
    assert {"x-a": "1", "x-b": "2", "x-c": "3", "content-type": "application/json"}.items() <= (
        sent.headers.items()
    )
    assert "user-agent" not in sent.headers
    assert sent.operation is wanted


def test_a_path_may_have_a_query_already() -> None:
    """Some documents write it there."""
    sent = build(client(), operation("GET", "/x?beta=true"), extra_query={"a": 1})
    assert sent.url == f"{URL}/x?beta=true&a=1"


def test_a_call_may_have_a_timeout_of_its_own() -> None:
    """Any form that the client takes; `not_given` is the client's."""
    made = client(timeout=7)
    assert build(made, operation(), timeout=None).timeout == Timeout(None)
    assert build(made, operation(), timeout=httpx.Timeout(1, read=2)).timeout == Timeout(1, read=2)
    assert build(made, operation(), timeout=not_given).timeout == Timeout(7)


@pytest.mark.parametrize(
    ("method", "max_retries", "headers", "expected"),
    [
        ("POST", 2, {}, "sdk-"),
        ("PATCH", 2, {}, "sdk-"),
        ("POST", 0, {}, None),
        ("GET", 2, {}, None),
        ("POST", 2, {"Idempotency-Key": "own"}, "own"),
        ("POST", 2, {"Idempotency-Key": omit}, None),
    ],
)
def test_what_is_repeated_and_changes_things_has_an_idempotency_key(
    method: str, max_retries: int, headers: dict[str, Any], expected: str | None
) -> None:
    """A POST or PATCH that may be repeated carries one, and the caller's own wins."""
    made = client(max_retries=max_retries)
    sent = build(made, operation(method), extra_headers=headers)
    assert (expected or "None") in str(sent.headers.get("idempotency-key"))
    again = build(made, operation(method), extra_headers=headers)
    assert headers or not expected or sent.headers != again.headers


def test_a_key_among_the_parameters_or_defaults_wins() -> None:
    """A document may declare the header, and a client may set it."""
    key = Parameter("key", "Idempotency-Key", "header", style="simple")
    sent = build(client(), operation(parameters=(key,)), arguments={"key": "mine"})
    assert sent.headers["idempotency-key"] == "mine"
    made = client(default_headers={"idempotency-key": "mine"})
    assert build(made, operation()).headers["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("encoding", "body", "expected"),
    [
        ("json", {"a": 1}, b'{"a":1}'),
        ("json", [1], b"[1]"),
        ("form", {"a": [1, 2]}, b"a=1&a=2"),
        ("text", "é", "é".encode()),
        ("bytes", b"\xff", b"\xff"),
        ("bytes", bytearray(b"x"), b"x"),
        ("bytes", memoryview(b"x"), b"x"),
        ("json", None, b"null"),
        ("json", omit, None),
        ("json", not_given, None),
    ],
)
def test_a_body_is_encoded_as_the_operation_says(
    encoding: Any, body: object, expected: bytes | None
) -> None:
    """JSON, forms, text and bytes; nothing for nothing."""
    sent = build(client(), operation(body=Body("a/b", encoding)), body=body)
    assert expected == sent.content
    assert ("a/b" if expected else None) == sent.headers.get("content-type")


@pytest.mark.parametrize(
    ("wanted", "given", "words"),
    [
        (operation(), {"extra_body": [1]}, "`extra_body` must be a mapping, not list"),
        (operation(), {"extra_body": {}, "body": [1]}, "`extra_body` can only be added to a body"),
        (operation("GET"), {"extra_body": {"a": 1}}, "`extra_body` was given, but op has no body"),
        (
            operation(body=Body("a/b", "bytes")),
            {"body": 7},
            "iterable of bytes, not int",
        ),
        (operation(), {"extra_headers": [("a", "b")]}, "headers must be a mapping"),
        (operation(), {"extra_query": "a=b"}, "query must be a mapping"),
        (operation(), {"timeout": -1}, "`timeout`"),
        (operation("GET", "/{a}", parameters=PATH), {}, "`a` is required by op"),
    ],
)
def test_a_call_that_cannot_be_made_is_named(
    wanted: Operation[Any], given: dict[str, Any], words: str
) -> None:
    """Each wrong argument is an error that says which, before anything is sent."""
    with pytest.raises(ConfigurationError) as caught:
        client().call(wanted, **given)
    assert words in str(caught.value)


def test_a_body_may_be_made_of_extras_alone() -> None:
    """What is omitted and what is extra meet."""
    assert build(client(), operation(), extra_body={"a": 1, "b": omit}).content == b'{"a":1}'


@pytest.mark.parametrize(
    ("streaming", "body", "streams"),
    [
        (None, {"stream": True}, False),
        (Streaming(switch="stream"), {"stream": True}, True),
        (Streaming(switch="stream"), {"stream": False}, False),
        (Streaming(switch="stream"), {}, False),
        (Streaming(switch="stream"), [1], False),
        (Streaming(switch="form", switch_value="sse"), {"form": "sse"}, True),
        (Streaming(switch="form", switch_value="sse"), {"form": "audio"}, False),
        (Streaming(switch="form", switch_value="sse"), {"form": True}, False),
        (Streaming(), {}, True),
    ],
)
def test_the_switch_decides_whether_to_stream(
    streaming: Streaming | None, body: object, streams: bool
) -> None:
    """The property that the document names, or always, or never."""
    events = Content("text/event-stream", "events")
    plain = Content("application/json", "json")
    wanted = operation(streaming=streaming, responses={"200": (plain, events)})
    try:
        build(client(), wanted, body=body)
    except SDKError as error:
        sent = error.request
    else:
        sent = build(client(), wanted, body=body)
    assert streams == sent.stream_items == sent.stream
    accept = "text/event-stream, application/json" if streams else "application/json"
    assert accept == sent.headers["accept"]


@pytest.mark.parametrize(("given", "streams"), [(True, True), (False, False), (omit, False)])
def test_without_a_body_a_parameter_decides_whether_to_stream(given: object, streams: bool) -> None:
    """It goes into the query, under its own name."""
    contents = (Content("application/json", "json"), Content("text/event-stream", "events"))
    wanted = operation(
        "GET",
        parameters=(Parameter("as_stream", "stream", "query"),),
        streaming=Streaming(switch="stream"),
        responses={"200": contents},
    )
    try:
        sent = build(client(), wanted, arguments={"as_stream": given})
    except SDKError as error:  # there is no stream in the answer
        sent = error.request
    assert streams == sent.stream_items == sent.url.endswith("stream=true")


def test_what_comes_at_once_decides_what_is_accepted() -> None:
    """A stream that was not asked for is not asked for by the header either."""
    contents = (Content("*/*", "bytes"), Content("text/event-stream", "events"))
    wanted = operation(
        streaming=Streaming(switch="form", switch_value="sse"), responses={"200": contents}
    )
    assert "*/*" == build(client(), wanted, body={"form": "audio"}).headers["accept"]


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        (None, "`base_url` is required: this API names no server"),
        ("", "must be an absolute http(s) URL, not ''"),
        ("api.example.com", "did you mean 'http://api.example.com'?"),
        ("localhost:8000/v1", "did you mean 'http://localhost:8000/v1'?"),
        (f"user:{CANARY}@host/v1?key={CANARY}", "did you mean 'http://host/v1'?"),
        ("ftp://x", "not 'ftp://x'"),
        ("http://", "not 'http://'"),
        ("http://a host/v1", "no valid host and port: 'http://a host/v1'"),
        ("http://x:port", "no valid host and port: 'http://x:port'"),
        (f"http://u:{CANARY}@x:99999", "no valid host and port: 'x:99999'"),
        (f"http://u:{CANARY}@[::1", "no valid host and port: '[::1'"),
    ],
)
def test_a_bad_base_url_is_refused_when_the_client_is_made(
    base_url: str | None, words: str
) -> None:
    """The message shows it, without a password, and what was likely meant."""
    with pytest.raises(ConfigurationError) as caught:
        SyncClient(base_url=base_url)
    assert words in str(caught.value)
    assert CANARY not in str(caught.value)


class API(SyncClient):
    """A client as it is generated."""

    servers = (Server("https://first.example.com/v1/"), Server("https://second.example.com"))
    security_schemes = {  # noqa: RUF012  # declared a ClassVar by the base
        "oauth": SecurityScheme("oauth2"),
        "query": SecurityScheme("apiKey", location="query", name="key"),
        "header": SecurityScheme("apiKey", location="header", name="X-Their-Key"),
    }

    @cached_property
    def things(self) -> SyncResource:
        """A resource."""
        return SyncResource(self, self._mode)


@pytest.mark.parametrize(("required", "content"), [(True, b"{}"), (False, None)])
def test_an_optional_body_that_nobody_filled_is_not_sent(
    *, required: bool, content: bytes | None
) -> None:
    """An empty object is sent only where the document insists on a body."""
    operation: Operation[Any] = Operation("x", "POST", "/x", body=Body(required=required))
    api = API(credential=CANARY)
    assert content == api._build(operation, None, None, body={"a": omit}).content


JSON = Content("application/json", "json")


def test_what_is_no_json_is_asked_for_by_its_name() -> None:
    """A server that negotiates would refuse to send a picture as JSON."""
    picture = (Content("image/png", "bytes"), Content("text/plain", "text"))
    operation: Operation[Any] = Operation("x", "GET", "/x", responses={"200": picture})
    api = API(credential=CANARY)
    assert "image/png, text/plain" == api._build(operation, None, None).headers["accept"]
    either: Operation[Any] = Operation("x", "GET", "/x", responses={"200": (*picture, JSON)})
    assert "application/json" == api._build(either, None, None).headers["accept"]


def test_the_document_names_server_and_scheme() -> None:
    """The first server is the default, and the first usable scheme takes the credential."""
    api = API(credential=CANARY)
    assert api._base_url == "https://first.example.com/v1"
    played = play(api._flow(api._build(operation(), None, None)), response())
    assert CANARY == played.sent[0].headers["x-their-key"]


def test_an_unknown_option_is_refused_by_name() -> None:
    """With the one that was likely meant; type checkers find it before."""
    with pytest.raises(UnknownOptionError, match=r"API has no option `bas_url`.*`base_url`"):
        API(bas_url="https://api.example.com")  # type: ignore[call-arg]  # the mistake
    with pytest.raises(UnknownOptionError, match=r"`zzz`$"):
        API(zzz=1)  # type: ignore[call-arg]  # the mistake


def test_a_policy_may_authenticate() -> None:
    """Any policy takes the place of a credential."""

    class Sign:
        def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
            return inner(request.with_headers({"x-signed": "yes"}))

    made = client(auth=Sign(), max_retries=0)
    sent = play(made._flow(made._build(operation(), None, None)), response()).sent
    assert sent[0].headers["x-signed"] == "yes"


def test_a_deadline_alone_is_kept() -> None:
    """Without repeats, too, a call has no longer than its deadline."""
    made = client(max_retries=0, deadline=3)
    played = play(made._flow(made._build(operation(), None, None)), response(503))
    assert played.sent[0].timeout == Timeout(3)
    assert played.result.status_code == 503


def test_options_can_be_changed_for_a_part_of_the_work() -> None:
    """A copy has other options, the same connections and a tree of its own."""
    api = API(credential=CANARY)
    things = api.things
    other = api.with_options(
        timeout=3, max_retries=0, deadline=9, default_headers={"a": "b"}, default_query={"c": 1}
    )
    assert type(other) is API
    assert other.things is not things
    assert api.things is things
    assert (other._options.max_retries, api._options.max_retries) == (0, 2)
    sent = other._build(operation(), None, None)
    assert (sent.headers["a"], sent.timeout) == ("b", Timeout(3))
    assert sent.url.endswith("?c=1")
    assert api.with_options()._options == api._options


def test_calls_by_path_need_no_document() -> None:
    """Any path, with the answer as JSON, text, bytes or a model."""
    assert ad_hoc("get", "x", object, has_body=False, stream=False).path == "/x"
    assert ad_hoc("post", "/x", object, has_body=True, stream=False).method == "POST"


class Thing(BaseModel):
    """A model of the user's."""

    id: str


@pytest.mark.parametrize(
    ("cast_to", "content", "content_type", "expected"),
    [
        (object, b'{"a": 1}', "application/json", {"a": 1}),
        (dict, b'{"a": 1}', "application/json", {"a": 1}),
        (str, b"text", "text/plain", "text"),
        (bytes, b"\xff", "image/png", b"\xff"),
        (object, b"\xff", "image/png", b"\xff"),
        (None, b"", "text/plain", None),
        (Thing, b'{"id": "a"}', "application/json", Thing(id="a")),
        (list[Thing], b'[{"id": "a"}]', "application/json", [Thing(id="a")]),
    ],
)
def test_a_call_by_path_gives_what_is_asked_for(
    serve: Serve, http: Http, cast_to: Any, content: bytes, content_type: str, expected: object
) -> None:
    """The type is the caller's choice."""
    server = serve(lambda _: [http(content, content_type=content_type)])
    with SyncClient(base_url=server.url) as made:
        found = made.request("GET", "/x", cast_to=cast_to, query={"a": 1}, headers={"b": "c"})
    assert expected == found
    assert server.requests[0].line == "GET /x?a=1 HTTP/1.1"
    assert server.requests[0].headers["b"] == "c"


def test_a_client_tells_nothing(serve: Serve, http: Http, caplog: pytest.LogCaptureFixture) -> None:
    """Neither log records at any level nor anything printable hold a secret."""
    server = serve(lambda _: [http(b'{"error": "no"}', 500, set_cookie=CANARY)])
    url = server.url.replace("http://", f"http://user:{CANARY}@")
    with caplog.at_level(logging.DEBUG):
        with SyncClient(
            base_url=f"{url}/?api_key={CANARY}",
            credential=CANARY,
            default_headers={"x-other-token": CANARY},
            default_query={"signature": CANARY},
            max_retries=1,
            deadline=30,
        ) as made:
            with pytest.raises(APIStatusError) as caught:
                made.call(operation("GET"), extra_headers={"cookie": CANARY})
            shown = [made, made._options, made._auth, made._driver, made._driver.transport]
        error = caught.value
        shown += [error, error.request, error.response, error.request.headers]
        shown += [error.response.headers, error.request.timeout, made.with_raw_response]
        for each in shown:
            assert CANARY not in repr(each)
            assert CANARY not in str(each)
    assert "retry 1 of 1" in caplog.text
    ours = [record for record in caplog.records if record.name.startswith("sdk_core")]
    assert ours
    for record in ours:
        assert CANARY not in record.getMessage()
        assert CANARY not in repr(record.__dict__)
    assert server.requests[0].headers["authorization"] == f"Bearer {CANARY}"


def test_an_async_client_takes_the_same_options() -> None:
    """Both colours are made alike."""
    made = AsyncClient(base_url=URL, credential=CANARY, timeout=3, max_retries=0, strict=True)
    assert made._options == client(timeout=3, max_retries=0)._options
    assert not made.is_closed()
