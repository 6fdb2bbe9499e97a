"""Blocking sockets with httptools: what the suite over all transports does not come to."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core._httptools import HttptoolsTransport
from sdk_core._routes import Route
from sdk_core._uploads import Pieces, Upload
from sdk_core.errors import APIConnectionError, APITimeoutError, ConfigurationError
from sdk_core.options import Timeout
from sdk_core.testing import request
from sdk_core.transports import Httptools

CANARY = "canary-c0de"


@pytest.fixture
def transport() -> Iterator[HttptoolsTransport]:
    """Return a transport whose connections are its own."""
    made = HttptoolsTransport(Httptools(max_connections=17))
    yield made
    made.close()


@pytest.fixture
def numbers(serve: Any, http: Any) -> SimpleNamespace:
    """Serve the number of the connection."""
    server: SimpleNamespace = serve(lambda sent: [http(b"%d" % sent.connection)])
    return server


def asked(url: str, **attributes: Any) -> Any:
    """Return a request with limits."""
    return request(url, **{"timeout": Timeout(9)} | attributes)


@pytest.mark.parametrize(("content", "body"), [(b"abc", b"abc"), (None, b"")])
def test_bytes_go_in_chunks_where_the_caller_says_so(
    transport: Any, numbers: SimpleNamespace, content: Any, body: bytes
) -> None:
    """A header of the caller's decides over the framing."""
    headers = {"transfer-encoding": "chunked"}
    sent = asked(numbers.url, method="POST", headers=headers, content=content)
    assert transport.send(sent).content == b"1"
    assert [each.body for each in numbers.requests] == [body]


@pytest.mark.parametrize("pieces", [[b"ab"], [b"ab", b"cd"], [b"abcd"]])
def test_a_body_of_another_length_is_refused(
    transport: Any, numbers: SimpleNamespace, pieces: list[bytes]
) -> None:
    """Else the server would wait for the rest, or take it for the next request."""
    body = Upload([Pieces("body", pieces)])
    sent = asked(numbers.url, method="POST", headers={"content-length": "3"}, content=body)
    with pytest.raises(ConfigurationError, match="not as long as `content-length` says"):
        transport.send(sent)
    assert transport.send(asked(numbers.url)).content == b"2"


def test_a_stream_ends_where_its_client_is_closed(transport: Any, serve: Any) -> None:
    """With an error for who reads on; without one for who has closed it."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"
    server = serve(lambda _: [head + b"abc"])
    streams = [transport.send(asked(server.url, stream=True)).stream for _ in range(3)]
    cut, closed, unread = streams
    unread.close()
    assert list(unread) == []
    pieces, rest = iter(cut), iter(closed)
    assert (next(pieces), next(rest)) == (b"abc", b"abc")
    closed.close()
    assert list(rest) == []
    transport.close()
    with pytest.raises(APIConnectionError, match="the client has been closed"):
        next(pieces)
    cut.close()
    cut.close()


def test_a_closed_transport_sends_nothing(transport: Any) -> None:
    """It says so."""
    transport.close()
    assert transport.closed
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        transport.send(asked("http://a.example/"))


def test_connections_that_nobody_uses_are_closed(transport: Any, numbers: SimpleNamespace) -> None:
    """By the next call, wherever that goes."""
    pools = transport._share.pools
    transport.send(asked(numbers.url))
    (wire,) = (lane.transport for lane in pools.lanes(numbers.url)._lanes)
    pools._swept = wire._free_until = float("-inf")
    pools.lanes(numbers.url)._lanes[0].free_since = float("-inf")
    transport.send(asked(numbers.url.replace("127.0.0.1", "localhost")))
    assert wire._socket is None


def test_a_proxy_of_the_environment_may_be_none_that_is_known(
    transport: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused without its password, and with the engine that knows it."""
    monkeypatch.setenv("HTTP_PROXY", f"socks5://u:{CANARY}@localhost:1")
    with pytest.raises(ConfigurationError, match="by http only; use `HTTPX`") as caught:
        transport.send(asked("http://behind.example/"))
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://a.example/", "http:///x", "a.example", "http://a:b/"])
def test_an_address_that_cannot_be_used_is_refused(transport: Any, url: str) -> None:
    """Before anything is looked up."""
    with pytest.raises(ConfigurationError, match="cannot be sent"):
        transport.send(asked(url))


def test_a_route_knows_the_way() -> None:
    """Through a tunnel for TLS, with the whole address in the line for what is plain."""
    tls: Any = object()
    direct = Route("https://[::1]", None, None, tls)
    assert (direct.address, direct.tunnel, direct.absolute) == (("::1", 443), "", "")
    tunnel = Route("https://[::1]:8443", "http://u:p%40@p:3128", "http://p:3128", tls)
    assert (tunnel.address, tunnel.tunnel) == (("p", 3128), "[::1]:8443")
    assert tunnel.credentials == "proxy-authorization: Basic dTpwQA==\r\n"
    plain = Route("http://a.example:81", "http://p", "http://p", None)
    assert (plain.address, plain.absolute) == (("p", 80), "http://a.example:81")
    assert (plain.tunnel, plain.credentials) == ("", "")


def test_ctrl_c_is_no_error_of_the_network(
    transport: Any, numbers: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It passes as it is, and the place is free again."""

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(socket, "create_connection", interrupted)
        with pytest.raises(KeyboardInterrupt):
            transport.send(asked(numbers.url))
    assert transport.send(asked(numbers.url)).content == b"1"


@pytest.mark.parametrize("kept", [False, True])
def test_a_deadline_that_is_over_lets_nothing_begin(
    transport: Any, numbers: SimpleNamespace, kept: bool
) -> None:
    """Whether a connection is there or not."""
    if kept:
        transport.send(asked(numbers.url))
    with pytest.raises(APITimeoutError, match="`deadline` was over"):
        transport.send(asked(numbers.url, ends=time.monotonic() - 1))
    assert len(numbers.requests) == kept


@pytest.mark.parametrize("limits", [Timeout(None), Timeout(9, connect=None)])
def test_what_has_no_limit_waits(transport: Any, numbers: SimpleNamespace, limits: Timeout) -> None:
    """Before and after a request that has one."""
    for each in (limits, Timeout(5), limits):
        assert transport.send(asked(numbers.url, timeout=each)).content == b"1"
