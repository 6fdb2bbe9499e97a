"""Proxies, over every transport: plain, by CONNECT, with credentials, refused, out of order."""

from __future__ import annotations

import base64
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError, APITimeoutError
from sdk_core.options import Timeout

pytestmark = pytest.mark.anyio
CANARY = "canary-c0de"


async def test_plain_requests_go_through_a_proxy(
    case: Any, done: Any, echo: SimpleNamespace, serve_proxy: Any
) -> None:
    """The line holds the whole address; the answer is the server's."""
    proxy = serve_proxy()
    client = case.client(echo.url, options={"proxy": proxy.url})
    assert await done(client.request("GET", "/a?b=c")) == 1
    await done(client.close())
    assert proxy.heads[0].startswith(f"GET {echo.url}/a?b=c HTTP/1.1")


async def test_tls_goes_through_a_tunnel(
    case: Any, done: Any, serve: Any, http: Any, serve_proxy: Any, authority: Any
) -> None:
    """The proxy sees where to, and no header or body of ours; the tunnel is kept."""
    server = serve(lambda sent: [http(b"%d" % sent.connection)], authority.server("localhost"))
    proxy = serve_proxy()
    options = {"proxy": proxy.url, "verify": authority.path}
    client = case.client(server.url, options=options, credential=CANARY)
    assert [1, 1] == [await done(client.request("GET", "/")) for _ in range(2)]
    await done(client.close())
    (head,) = proxy.heads
    assert head.startswith(f"CONNECT {server.url.removeprefix('https://')} HTTP/1.1")
    assert CANARY not in head
    assert f"Bearer {CANARY}" == server.requests[0].headers["authorization"]


@pytest.mark.parametrize("secure", [False, True])
async def test_the_credentials_of_a_proxy_are_for_the_proxy(
    case: Any, done: Any, serve: Any, http: Any, serve_proxy: Any, authority: Any, secure: bool
) -> None:
    """They stand in its address, and reach nobody behind a tunnel."""
    tls = authority.server("localhost") if secure else None
    server = serve(lambda _: [http(b"1")], tls)
    proxy = serve_proxy()
    address = proxy.url.replace("//", f"//user:{CANARY}@")
    client = case.client(server.url, options={"proxy": address, "verify": authority.path})
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())
    basic = base64.b64encode(f"user:{CANARY}".encode()).decode()
    assert f"proxy-authorization: basic {basic}".lower() in proxy.heads[0].lower()
    if secure:
        assert "proxy-authorization" not in server.requests[0].headers


@pytest.mark.parametrize("secure", [False, True])
async def test_a_proxy_that_is_not_there_is_named(case: Any, done: Any, secure: bool) -> None:
    """Without its credentials; nothing was processed."""
    if case.own:
        pytest.skip("what a client of the user's goes through, only it knows")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = "https://localhost:1" if secure else "http://localhost:1"
    options = {"proxy": f"http://user:{CANARY}@127.0.0.1:{port}"}
    client = case.client(url, options=options)
    words = f"through the proxy http://127.0.0.1:{port}.*check the proxy"
    with pytest.raises(APIConnectionError, match=words) as caught:
        await done(client.request("GET", "/"))
    assert CANARY not in str(caught.value)
    assert not caught.value.maybe_processed
    await done(client.close())


async def test_a_proxy_that_refuses_is_a_connection_error(
    case: Any, done: Any, serve_proxy: Any
) -> None:
    """407 to a CONNECT: the request itself was never sent."""
    proxy = serve_proxy(407)
    client = case.client("https://localhost:1", options={"proxy": proxy.url})
    with pytest.raises(APIConnectionError, match="cannot reach") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    await done(client.close())


@pytest.mark.parametrize("trust", [True, False])
async def test_the_environment_names_proxies(
    case: Any,
    done: Any,
    echo: SimpleNamespace,
    serve_proxy: Any,
    monkeypatch: pytest.MonkeyPatch,
    trust: bool,
) -> None:
    """Unless ``trust_env`` says that it is not asked."""
    proxy = serve_proxy()
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "other.example")
    # Of its own, for what is shared asks the environment once.
    options = {"trust_env": trust, "max_connections": 3}
    client = case.client(echo.url, options=options)
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())
    assert len(proxy.heads) == trust


async def test_a_proxy_that_says_nothing_is_a_timeout(case: Any, done: Any) -> None:
    """Of one kind or the other, with the proxy's name where we know it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        options = {"proxy": url}
        timeout = Timeout(0.2)
        client = case.client("http://behind.example", options=options, timeout=timeout)
        with pytest.raises(APITimeoutError, match="no answer within") as caught:
            await done(client.request("GET", "/"))
        if not case.own:
            assert url in str(caught.value)
        await done(client.close())
