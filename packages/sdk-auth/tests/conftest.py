"""What tests share: both colours, no proxies, and a real OAuth server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from sdk_auth.clients import AsyncTokenClient, TokenClient
from sdk_auth.login import AuthorizationCode
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.typing import Flow

from ._server.running import OAuthServer
from ._typing import Fetch, Run


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run asynchronous tests in both kinds of loop."""
    backend: str = request.param
    return backend


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies of the machine that runs the tests out of them."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    """Run a test in both colours."""
    param: str = request.param
    return param


@pytest.fixture
def oauth_server() -> Iterator[OAuthServer]:
    """Run a real OAuth server on loopback; see `OAuthServer` for what it can be told."""
    with OAuthServer() as server:
        yield server


@pytest.fixture
def person(oauth_server: OAuthServer) -> AuthorizationCode:
    """Return a sign-in by the public client, whose browser is the server's own."""
    return AuthorizationCode(
        client_id="app",
        issuer=oauth_server.issuer,
        scope="openid read",
        open_browser=oauth_server.visit,
        timeout=20,
    )


@pytest.fixture(params=["sync", "asyncio", "trio"])
def way(request: pytest.FixtureRequest) -> str:
    """Run a test in both colours, and the asynchronous one in both kinds of loop."""
    param: str = request.param
    return param


@pytest.fixture
def run(way: str) -> Run:
    """Return what runs flows over a real transport, each in a client of its own."""

    def run(flow: Flow[Any]) -> Any:
        if way == "sync":
            with TokenClient() as client:
                return client.run(flow)

        async def main() -> Any:
            async with AsyncTokenClient() as client:
                return await client.run(flow)

        return anyio.run(main, backend=way)

    return run


@pytest.fixture
def fetch(way: str) -> Fetch:
    """Return what gets the JSON at a URL with a policy as ``auth``."""

    def fetch(url: str, auth: Any) -> Any:
        base_url, _, path = url.rpartition("/")
        if way == "sync":
            with SyncClient(base_url=base_url, auth=auth, max_retries=0) as client:
                return client.request("GET", f"/{path}")

        async def main() -> Any:
            async with AsyncClient(base_url=base_url, auth=auth, max_retries=0) as client:
                return await client.request("GET", f"/{path}")

        return anyio.run(main, backend=way)

    return fetch
