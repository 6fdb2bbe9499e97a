"""Token clients: the flows of this package, run by themselves, in both colours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from sdk_auth import OAuth
from sdk_auth.clients import AsyncTokenClient, TokenClient
from sdk_auth.errors import DiscoveryError
from sdk_auth.grants import ClientCredentials
from sdk_auth.stores import MemoryStore
from sdk_core.errors import ConfigurationError
from sdk_core.testing import FakeTransport, response

from ._server.running import OAuthServer

With = Callable[[Callable[[Any], Any]], Any]


@pytest.fixture
def using(way: str) -> Callable[..., Any]:
    """Return what makes a client of a colour, calls a method and returns its result."""

    def use(name: str, *arguments: Any, **options: Any) -> Any:
        if way == "sync":
            with TokenClient(**options) as client:
                return getattr(client, name)(*arguments)

        async def main() -> Any:
            async with AsyncTokenClient(**options) as client:
                called: Awaitable[Any] = getattr(client, name)(*arguments)
                return await called

        return anyio.run(main, backend=way)

    return use


def test_the_life_of_a_login(oauth_server: OAuthServer, using: Any) -> None:
    """Discovered, signed in, used, signed out: and the server has forgotten it."""
    metadata = using("discover", oauth_server.issuer)
    assert metadata.endpoint("token_endpoint") == oauth_server.token_url
    grant = ClientCredentials(
        client_id="service", client_secret="service-secret-1", issuer=oauth_server.issuer
    )
    store = MemoryStore()
    oauth = OAuth(grant, store=store)
    token = using("login", oauth)
    assert using("token", oauth) == token
    assert oauth_server.requests["token"] == 1
    using("logout", oauth)
    assert oauth_server.requests["revoke"] >= 1
    assert all(issued.is_revoked() for issued in oauth_server.state.tokens)
    assert store.load(grant.key) is None
    assert using("token", oauth) != token


def test_any_flow_can_be_run(oauth_server: OAuthServer, using: Any) -> None:
    """Such as a grant's own."""
    grant = ClientCredentials(
        client_id="service", client_secret="service-secret-1", issuer=oauth_server.issuer
    )
    assert using("run", grant.obtain()).access_token


def test_errors_pass(oauth_server: OAuthServer, using: Any) -> None:
    """A server that lies is refused."""
    oauth_server.metadata["issuer"] = "https://evil.example.com"
    with pytest.raises(DiscoveryError):
        using("discover", oauth_server.issuer)


def test_a_transport_may_be_given(using: Any) -> None:
    """As to the clients of sdk-core."""
    issuer = "https://id.example.com"
    fake = FakeTransport([response(json={"issuer": issuer})])
    assert using("discover", issuer, transport=fake).issuer == issuer


@pytest.mark.parametrize("client", [TokenClient, AsyncTokenClient])
def test_what_is_no_client_is_refused_at_once(client: Any) -> None:
    """Not at the first call."""
    with pytest.raises(ConfigurationError, match="`http_client`"):
        client(http_client=object())
    with pytest.raises(ConfigurationError, match="exclude each other"):
        client(http_client=httpx.Client(), transport="httpx")
