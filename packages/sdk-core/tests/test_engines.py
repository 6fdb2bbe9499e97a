"""Engines that users bring, and tools that get in between."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from sdk_core._engines import family_of
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    ConfigurationError,
)

pytestmark = pytest.mark.anyio

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
CANARY = "canary-c0de"


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def connect(colour: str, url: str, **options: Any) -> Any:
    """Return a client of that colour."""
    options.setdefault("max_retries", 0)
    cls: Any = SyncClient if colour == "sync" else AsyncClient
    return cls(base_url=url, **options)


@pytest.fixture
def echo(serve: Serve, http: Http) -> SimpleNamespace:
    """Serve the number of the connection."""
    return serve(lambda sent: [http(b"%d" % sent.connection)])


async def test_a_client_of_the_users_own_is_used(colour: str, serve: Serve, http: Http) -> None:
    """Its headers, its cookies and its connections; it is closed with the client around it."""
    server = serve(lambda sent: [http(b"%d" % sent.connection)])
    own: Any = httpx.Client(headers={"x-own": "1"}) if colour == "sync" else None
    own = own or httpx.AsyncClient(headers={"x-own": "1"})
    client = connect(colour, server.url, http_client=own, credential=CANARY, timeout=7)
    assert await done(client.request("GET", "/a", query={"b": "c"})) == 1
    sent = server.requests[0]
    assert sent.line == "GET /a?b=c HTTP/1.1"
    assert (sent.headers["x-own"], sent.headers["authorization"]) == ("1", f"Bearer {CANARY}")
    await done(client.close())
    assert own.is_closed
    assert client.is_closed()
    with pytest.raises(ConfigurationError, match="the client has been closed"):
        await done(client.request("GET", "/"))


async def test_a_mock_transport_of_httpx_works(colour: str) -> None:
    """Tests of users who hand in their own transport."""
    transport = httpx.MockTransport(lambda sent: httpx.Response(200, json={"path": sent.url.path}))
    own: Any = httpx.AsyncClient if colour == "async" else httpx.Client
    client = connect(colour, "https://api.example.com/v1", http_client=own(transport=transport))
    assert await done(client.request("GET", "/a")) == {"path": "/v1/a"}
    await done(client.close())


async def test_respx_intercepts(colour: str, respx_mock: Any) -> None:
    """The default engine goes through what respx patches."""
    route = respx_mock.get("https://api.example.com/a").respond(json={"mocked": True})
    client = connect(colour, "https://api.example.com")
    assert await done(client.request("GET", "/a")) == {"mocked": True}
    await done(client.close())
    assert route.called


async def test_pytest_httpx_intercepts(colour: str, httpx_mock: Any) -> None:
    """And through what pytest-httpx patches."""
    httpx_mock.add_response(url="https://api.example.com/a", json={"mocked": True})
    client = connect(colour, "https://api.example.com")
    assert await done(client.request("POST", "/a", body=[1])) == {"mocked": True}
    await done(client.close())
    assert httpx_mock.get_request().content == b"[1]"


@pytest.mark.parametrize(
    ("colour", "own"),
    [("sync", httpx.AsyncClient), ("async", httpx.Client), ("sync", object), ("async", dict)],
)
async def test_what_is_no_client_is_refused_by_name(colour: str, own: Any) -> None:
    """The message says what is wanted and what was given, before anything is sent."""
    kind = "Client" if colour == "sync" else "AsyncClient"
    given = own()
    with pytest.raises(ConfigurationError, match=f"`http_client` must be an httpx.{kind}, not"):
        connect(colour, "https://api.example.com", http_client=given)
    if isinstance(given, httpx.Client):
        given.close()
    elif isinstance(given, httpx.AsyncClient):
        await given.aclose()


def test_clients_derived_from_those_of_httpx_are_of_the_family() -> None:
    """What users derive is what it derives from."""

    class Mine(httpx.Client):
        pass

    with Mine() as mine:
        assert family_of(mine, "Client") is httpx
