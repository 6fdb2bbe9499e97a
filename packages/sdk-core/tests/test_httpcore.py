"""The default engine while nobody has imported httpx."""

from __future__ import annotations

import inspect
import os
import socket
import ssl
import string
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core import _httpcore, _httpx, _plain, _tls
from sdk_core._httpx_bodies import Sending
from sdk_core._pooled import AsyncPooledTransport, AsyncPools, PooledTransport, SyncPools
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APITimeoutError, ConfigurationError
from sdk_core.options import Timeout
from sdk_core.testing import request
from sdk_core.transports import HTTPX

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

pytestmark = pytest.mark.anyio


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of that colour."""
    options.setdefault("max_retries", 0)
    cls: Any = SyncClient if colour == "sync" else AsyncClient
    return cls(base_url=url, **options)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Have nobody import httpx: `alone(False)` has somebody do it."""

    def be(value: bool) -> None:
        monkeypatch.setattr(_httpcore, "alone", lambda: value)

    be(True)
    return be


@pytest.fixture
def echo(serve: Serve, http: Http) -> SimpleNamespace:
    """Serve the number of the connection."""
    return serve(lambda sent: [http(b"%d" % sent.connection)])


_CALLS = {
    "sync": """
from sdk_core.clients import SyncClient
client = SyncClient(base_url={url!r}, max_retries=0)
def call(path):
    return client.request("GET", path)
""",
    "async": """
import asyncio
from sdk_core.clients import AsyncClient
client = AsyncClient(base_url={url!r}, max_retries=0)
loop = asyncio.new_event_loop()
def call(path):
    return loop.run_until_complete(client.request("GET", path))
""",
}


def run(colour: str, url: str, *statements: str) -> str:
    """Return what *statements* print in a new interpreter, where ``call(path)`` makes a call."""
    program = "\n".join((_CALLS[colour].format(url=url), "import sys", *statements))
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=bare,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_a_plain_call_loads_no_httpx(colour: str, echo: SimpleNamespace) -> None:
    """Neither making a client nor two calls to a plain address import it."""
    assert run(colour, echo.url, "call('/a')", "print(call('/b'), 'httpx' in sys.modules)") == (
        "1 False"
    )


def test_respx_intercepts_a_client_that_has_called_before(
    colour: str, echo: SimpleNamespace
) -> None:
    """The engine is chosen anew when somebody has imported httpx."""
    mocked = f"""
call('/a')
import respx
with respx.mock:
    respx.get({echo.url + "/b"!r}).respond(json="mocked")
    print(call('/b'))
print(call('/c'))
"""
    assert run(colour, echo.url, mocked) == "mocked\n2"


def test_what_pytest_httpx_patches_intercepts_a_client_that_has_called_before(
    colour: str, echo: SimpleNamespace
) -> None:
    """The methods of httpx's transports are on the way of every call after their import."""
    mocked = """
call('/a')
import httpx
def handle(transport, request):
    return httpx.Response(200, json="mocked")
async def ahandle(transport, request):
    return httpx.Response(200, json="mocked")
httpx.HTTPTransport.handle_request = handle
httpx.AsyncHTTPTransport.handle_async_request = ahandle
print(call('/b'))
"""
    assert run(colour, echo.url, mocked) == "mocked"


def test_the_cause_of_a_refusal_is_httpxs(colour: str) -> None:
    """A program that knows httpx's errors finds them behind ours, though it had not imported it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    told = """
try:
    call('/a')
except Exception as error:
    kinds = type(error.__cause__), type(error.__cause__.__cause__)
print(*[f"{kind.__module__}.{kind.__name__}" for kind in kinds])
"""
    assert run(colour, url, told) == "httpx.ConnectError httpcore.ConnectError"


@pytest.mark.usefixtures("alone")
async def test_the_cause_of_a_time_out_is_httpxs(colour: str, serve: Serve) -> None:
    """Reading has a limit of its own, and httpx's name."""
    server = serve(lambda _: [])
    client = connect(colour, server.url, timeout=0.05)
    with pytest.raises(APITimeoutError) as caught:
        await done(client.request("GET", "/"))
    assert isinstance(caught.value.__cause__, httpx.ReadTimeout)
    await done(client.close())


@pytest.mark.usefixtures("alone")
async def test_the_cause_of_a_full_pool_is_httpxs(colour: str, echo: SimpleNamespace) -> None:
    """Waiting for a connection has a limit, too."""
    transport = _transport(colour, max_connections=1)
    first = await done(transport.send(request(echo.url, stream=True)))
    hurried = request(echo.url).evolve(timeout=Timeout(5, pool=0.01))
    with pytest.raises(APITimeoutError, match="no free connection") as caught:
        await done(transport.send(hurried))
    assert isinstance(caught.value.__cause__, httpx.PoolTimeout)
    await _closed(first, colour)
    await _closed(transport, colour)


async def test_connections_from_before_are_closed_with_the_transport(
    colour: str, echo: SimpleNamespace, alone: Callable[[bool], None]
) -> None:
    """What was opened without httpx is not forgotten when calls go through it."""
    transport = _transport(colour)
    assert (await done(transport.send(request(echo.url)))).content == b"1"
    alone(False)
    assert (await done(transport.send(request(echo.url)))).content == b"2"
    share = transport._share
    pools = share.pools if colour == "sync" else share.here(transport)
    (left,) = pools._left
    pool = left._lanes[0].transport
    assert len(pool.connections) == 1
    await _closed(transport, colour)
    assert pool.connections == []


def test_lanes_that_were_left_twice_are_left_once(alone: Callable[[bool], None]) -> None:
    """Two threads may notice at the same time."""
    pools = SyncPools(HTTPX())
    lanes = pools.lanes("http://a.example/")
    alone(False)
    pools.leave(lanes)
    pools.leave(lanes)
    assert pools.lanes("http://a.example/").engine is _httpx
    assert len(pools._left) == 1


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize(
    ("options", "url", "engine"),
    [
        ({}, "http://a.example/x", _httpcore),
        ({}, "https://a.example:8443/x", _httpcore),
        ({"proxy": "http://p.example:3128"}, "http://a.example/x", _httpx),
        ({"http2": True}, "https://a.example/x", _httpx),
        ({}, "http://b\xfccher.example/x", _httpx),
        ({}, "http://[::1]/x", _httpx),
        ({}, "http://A.example/x", _httpx),
        ({}, "http://a.example:80/x", _httpx),
        ({}, "http://a.example:0/x", _httpx),
        ({}, "http://a.example:99999/x", _httpx),
        ({}, "http://999.1.1.1/x", _httpx),
        ({}, "http:///x", _httpx),
        ({}, "ftp://a.example/x", _httpx),
    ],
)
@pytest.mark.parametrize("kind", [SyncPools, AsyncPools])
def test_what_only_httpx_knows_goes_through_httpx(
    kind: Any, options: dict[str, Any], url: str, engine: Any
) -> None:
    """Proxies, HTTP/2 and addresses that have to be rewritten; all else does without it."""
    assert kind(HTTPX(**options)).lanes(url).engine is engine


@pytest.mark.usefixtures("alone")
async def test_a_proxy_of_the_environment_goes_through_httpx(
    colour: str, serve: Serve, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plain address behind a proxy is no plain call."""
    proxy = serve(lambda _: [http(b'"proxied"')])
    monkeypatch.setenv("http_proxy", proxy.url)
    client = connect(colour, "http://behind.example:81")
    assert await done(client.request("GET", "/a")) == "proxied"
    await done(client.close())


_IN_URLS = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/?%[]{}|^`\\\"<> \xe9#"
_HOSTS = st.one_of(
    st.sampled_from(["a.example", "localhost", "127.0.0.1", "1.2.3", "01.2.3.4", "a_b.c", "xn--a"]),
    st.text(_IN_URLS, max_size=12),
)
_ESCAPED = st.lists(st.one_of(st.text(_IN_URLS, max_size=5), st.just("%2F"), st.just("/../")))


@given(
    st.sampled_from(["http", "https", "HTTP", "ftp"]),
    _HOSTS,
    st.one_of(st.just(""), st.integers(0, 70_000).map(lambda port: f":{port}"), st.just(":")),
    _ESCAPED.map(lambda parts: "/" + "".join(parts)),
)
def test_plain_addresses_are_sent_as_httpx_would(
    scheme: str, host: str, port: str, target: str
) -> None:
    """What is taken for plain is what httpx makes of it, to the last character."""
    address = f"{scheme}://{host}{port}{target}"
    try:
        theirs = httpx.URL(address)
    except httpx.InvalidURL:
        assert not _plain.is_plain(f"{scheme}://{host}{port}")
        return
    netloc, url = _httpcore._address(address)
    assert netloc == theirs.netloc
    assert (url.scheme, url.host, url.port) == (theirs.raw_scheme, theirs.raw_host, theirs.port)
    assert url.target == theirs.raw_path


@pytest.mark.parametrize("port", ["", ":8080"])
@pytest.mark.parametrize(
    "target", ["/a%2fb?c=d&e", "/a%2", "/a%zz", "/a/../b", "/a b", "/a?b|c", ""]
)
def test_targets_are_sent_as_httpx_would(port: str, target: str) -> None:
    """Those that have to be rewritten, too."""
    address = f"http://a.example{port}{target}"
    raw = _httpcore.outgoing(request(address), Sending, None)
    theirs = _httpx.outgoing(request(address))
    assert (raw.url.target, raw.url.port) == (theirs.url.raw_path, theirs.url.port)
    assert raw.headers == theirs.headers.raw


def test_an_address_that_is_none_is_refused() -> None:
    """With the words that httpx has for it."""
    with pytest.raises(ConfigurationError, match="is no valid URL"):
        _httpcore.outgoing(request("http://a.example:x/"), Sending, None)


@pytest.mark.usefixtures("alone")
async def test_an_answer_can_be_had_as_one_of_httpxs(colour: str, serve: Serve, http: Http) -> None:
    """With its request, for whoever asks for it."""
    server = serve(lambda _: [http(b"[1]", x_a="b")])
    transport = _transport(colour)
    asked = request(f"{server.url}/a?b=c", method="POST", content=b"2")
    answer = await done(transport.send(asked))
    assert answer.is_closed
    seen = answer.http_response
    assert isinstance(seen, httpx.Response)
    assert (seen.json(), seen.headers["x-a"]) == ([1], "b")
    assert (seen.request.method, str(seen.request.url)) == ("POST", f"{server.url}/a?b=c")
    await _closed(transport, colour)


@pytest.mark.usefixtures("alone")
async def test_a_stream_can_be_read_as_httpx_does(colour: str, serve: Serve, http: Http) -> None:
    """What is read there has been read here; and it is the same object each time."""
    server = serve(lambda _: [http(b"whole")])
    transport = _transport(colour)
    answer = await done(transport.send(request(server.url, stream=True)))
    assert not answer.is_closed
    seen = answer.http_response
    assert await done(seen.read() if colour == "sync" else seen.aread()) == b"whole"
    assert answer.http_response is seen
    if colour == "sync":
        assert list(answer.stream) == [b"whole"]
    else:
        assert [piece async for piece in answer.stream] == [b"whole"]
    await _closed(answer, colour)
    assert answer.is_closed
    await _closed(transport, colour)


@pytest.mark.usefixtures("alone")
async def test_a_stream_that_httpx_reads_breaks_as_httpxs(
    colour: str, serve: Serve, http: Http
) -> None:
    """Errors of what lies below do not come through."""

    def cut(_: Any) -> Any:
        yield http(b"whole")[:-1]
        raise ConnectionAbortedError

    transport = _transport(colour)
    answer = await done(transport.send(request(serve(cut).url, stream=True)))
    seen = answer.http_response
    with pytest.raises(httpx.RemoteProtocolError):
        await done(seen.read() if colour == "sync" else seen.aread())
    await _closed(answer, colour)
    await _closed(transport, colour)


def _transport(colour: str, **options: Any) -> Any:
    return (PooledTransport if colour == "sync" else AsyncPooledTransport)(HTTPX(**options))


async def _closed(it: Any, colour: str) -> None:
    await done(it.close() if colour == "sync" else it.aclose())


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({"SSL_CERT_FILE": "/file", "SSL_CERT_DIR": "/folder"}, {"cafile": "/file"}),
        ({"SSL_CERT_DIR": "/folder"}, {"capath": "/folder"}),
        ({}, None),
    ],
)
@pytest.mark.parametrize("trust_env", [True, False])
def test_tls_trusts_whom_httpx_trusts(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    wanted: dict[str, str] | None,
    trust_env: bool,
) -> None:
    """The authorities of certifi, or those that the environment names."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    asked: list[Any] = []
    monkeypatch.setattr(ssl, "create_default_context", lambda **given: asked.append(given))
    _tls._made.cache_clear()
    _tls.context_of(HTTPX(trust_env=trust_env))
    _tls._made.cache_clear()
    httpx.create_ssl_context(trust_env=trust_env)
    ours, theirs = asked
    assert ours == theirs
    assert not wanted or not trust_env or ours == wanted


def test_tls_can_trust_everybody() -> None:
    """`verify=False` is for tests on one's own machine."""
    context = _tls.context_of(HTTPX(verify=False))
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)
