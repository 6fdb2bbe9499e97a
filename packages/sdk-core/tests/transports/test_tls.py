"""TLS, over every transport: whom to trust, who we are, and what an error says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError, ConfigurationError

pytestmark = pytest.mark.anyio


@pytest.fixture
def secure(serve: Any, http: Any, authority: Any) -> Any:
    """Serve HTTPS: ``secure(*names, wants=False)``."""

    def start(*names: str, wants: bool = False) -> SimpleNamespace:
        server: SimpleNamespace = serve(
            lambda sent: [http(b"%d" % sent.connection)], authority.server(*names, wants=wants)
        )
        return server

    return start


async def test_a_file_of_authorities_is_trusted(
    case: Any, done: Any, secure: Any, authority: Any
) -> None:
    """And the connection is kept like any other."""
    server = secure("localhost")
    client = case.client(server.url, options={"verify": authority.path})
    assert [1, 1] == [await done(client.request("GET", "/")) for _ in range(2)]
    await done(client.close())


async def test_a_context_of_the_users_is_used(
    case: Any, done: Any, secure: Any, trusting: Any
) -> None:
    """Where the engine can; the one that cannot says so by name."""
    server = secure("localhost")
    if case.engine == "pyreqwest":
        with pytest.raises(
            ConfigurationError, match=r"`verify`: pyreqwest takes no ssl\.SSLContext"
        ):
            case.client(server.url, options={"verify": trusting})
        return
    client = case.client(server.url, options={"verify": trusting})
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())


async def test_an_authority_that_nobody_trusts_is_refused(
    case: Any, done: Any, secure: Any
) -> None:
    """Nothing was sent; the message says what is wrong with the certificate."""
    server = secure("localhost")
    client = case.client(server.url)
    with pytest.raises(
        APIConnectionError, match=r"(?i)cannot reach.*(certificate|issuer)"
    ) as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    assert not server.requests
    await done(client.close())


async def test_a_certificate_of_another_host_is_refused(
    case: Any, done: Any, secure: Any, authority: Any
) -> None:
    """Whoever signed it."""
    server = secure("other.example")
    client = case.client(server.url, options={"verify": authority.path})
    with pytest.raises(APIConnectionError, match=r"(?i)cannot reach.*not valid for") as caught:
        await done(client.request("GET", "/"))
    assert not caught.value.maybe_processed
    assert not server.requests
    await done(client.close())


async def test_checks_can_be_switched_off(case: Any, done: Any, secure: Any) -> None:
    """For a laboratory: everybody is believed."""
    server = secure("other.example")
    client = case.client(server.url, options={"verify": False})
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())


@pytest.mark.parametrize("kind", ["mine", "both"])
async def test_a_certificate_of_ours_is_shown(
    case: Any, done: Any, secure: Any, authority: Any, kind: str
) -> None:
    """From two files or from one."""
    server = secure("localhost", wants=True)
    options = {"verify": authority.path, "cert": getattr(authority, kind)}
    client = case.client(server.url, options=options)
    assert await done(client.request("GET", "/")) == 1
    await done(client.close())


async def test_a_server_that_wants_a_certificate_gets_none(
    case: Any, done: Any, secure: Any, authority: Any
) -> None:
    """It hangs up, and that is a connection error."""
    server = secure("localhost", wants=True)
    client = case.client(server.url, options={"verify": authority.path})
    with pytest.raises(APIConnectionError):
        await done(client.request("GET", "/"))
    assert not server.requests
    await done(client.close())
