"""Logins that fail: no frame, message or pickle of their errors holds what was secret."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import attrs
import pytest
from rich.console import Console
from rich.traceback import Traceback

from sdk_auth.clients import TokenClient
from sdk_auth.errors import AuthError
from sdk_auth.login import AuthorizationCode, DeviceCode

from ._server.running import OAuthServer

Break = Callable[[OAuthServer], None]


def secrets_of(server: OAuthServer) -> Iterator[str]:
    """Yield all that the server gave away, and the proof keys that came for it."""
    yield from server.given
    for form in server.forms:
        yield from (form[name] for name in ("code", "code_verifier", "device_code") if name in form)


def rendered(error: AuthError) -> str:
    """Return *error* with all frames and their local variables, and what pickles of it hold."""
    console = Console(file=StringIO(), width=400)
    traceback = Traceback.from_exception(
        type(error),
        error,
        error.__traceback__,
        show_locals=True,
        locals_max_length=1000,
        locals_max_string=100_000,
    )
    console.print(traceback)
    file: Any = console.file
    return str(file.getvalue()) + repr(error) + str(pickle.dumps(error))


def lying(**claims: Any) -> Break:
    """Have id_tokens lie."""
    return lambda server: server.id_token_claims.update(claims)


def other_issuer(server: OAuthServer) -> None:
    """Mix servers up."""
    server.issuer_parameter = "https://evil.example.com"


def late(server: OAuthServer) -> None:
    """Have the clock be wrong."""
    server.clock.shift(3600)


def denied(server: OAuthServer) -> None:
    """Say no."""
    server.decision = False


def without_keys(server: OAuthServer) -> None:
    """Publish none."""
    server.metadata["jwks_uri"] = server.resource_url


def broken(server: OAuthServer) -> None:
    """Answer the code with no token."""
    server.fail("token", 418)


BREAKS: dict[str, Break] = {
    "nonce": lying(nonce="other"),
    "at_hash": lying(at_hash="other"),
    "aud": lying(aud="other"),
    "iss": other_issuer,
    "clock": late,
    "denied": denied,
    "keys": without_keys,
    "token": broken,
}


# There is neither a nonce nor an answer of a browser in the device flow.
CASES = [
    (way, name)
    for way in ("listener", "prompt", "device")
    for name in BREAKS
    if way != "device" or name not in {"nonce", "iss"}
]


@pytest.mark.parametrize(("way", "name"), CASES)
def test_nothing_that_failed_shows_a_secret(oauth_server: OAuthServer, way: str, name: str) -> None:
    """Wherever it failed, and whatever shows the error."""
    BREAKS[name](oauth_server)
    common: dict[str, Any] = {
        "client_id": "app",
        "issuer": oauth_server.issuer,
        "scope": "openid read",
    }
    browser = AuthorizationCode(**common, open_browser=oauth_server.visit)
    grants = {
        "listener": browser,
        "prompt": attrs.evolve(browser, prompt=oauth_server.follow),
        "device": DeviceCode(**common, show=lambda _: None),
    }
    with TokenClient() as client, pytest.raises(AuthError) as caught:
        client.run(grants[way].obtain())
    shown = rendered(caught.value)
    assert "locals" in shown
    found = [secret for secret in secrets_of(oauth_server) if secret in shown]
    assert not found
