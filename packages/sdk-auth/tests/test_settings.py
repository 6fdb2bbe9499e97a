"""Settings that say how a program signs in."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from sdk_auth import AuthorizationCode, Bearer, OAuth
from sdk_auth.settings import AuthSettings, Settings
from sdk_core.clients import SyncClient
from sdk_core.errors import ConfigurationError

from ._server.running import OAuthServer

TOML = """
base_url = "{issuer}"
[auth]
token_url = "{issuer}/token"
client_id = "service"
[profiles.ci.auth]
client_secret = "service-secret-1"
"""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("SDK_"):
            monkeypatch.delenv(name)


def test_a_client_signs_in_as_its_settings_say(
    oauth_server: OAuthServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the profile, what is common to all profiles, and the environment together."""
    file = tmp_path / "sdk.toml"
    file.write_text(TOML.format(issuer=oauth_server.issuer))
    monkeypatch.setenv("SDK_AUTH__SCOPE", "write")
    settings = Settings(file=file, profile="ci")
    with settings.client(SyncClient) as client:
        found = client.request("GET", "/resource")
    assert (found["client"], found["scope"]) == ("service", "write")
    assert f"auth.client_secret = [secret]  ({file} [profiles.ci])" in settings.explain()
    assert "auth.scope = 'write'  (environment SDK_AUTH__SCOPE)" in settings.explain()


def test_without_it_they_are_those_of_the_core() -> None:
    """A credential is a credential."""
    settings: Any = Settings(credential="sk-1", base_url="https://api.example.com")
    assert settings.options() == {"base_url": "https://api.example.com", "credential": "sk-1"}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"credential": "sk-1", "auth": {"token_file": "/t"}}, "`auth` and `credential` exclude"),
        ({"auth": {"client_id": "a"}}, "`auth` has neither `issuer` nor `token_url`"),
        ({"auth": {"issuer": "https://a.example", "grant": "password"}}, "has no `client_id`"),
        ({"auth": {"grant": "magic"}}, "`auth.grant`"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, Any], why: str) -> None:
    """When the settings are loaded."""
    with pytest.raises(ConfigurationError, match=why):
        Settings(**values)


@pytest.mark.parametrize(
    ("auth", "kind"),
    [
        ({"token_file": "/t"}, type(Bearer("a"))),
        ({"issuer": "https://a.example", "client_id": "a"}, OAuth),
    ],
)
def test_what_is_said_decides_the_way(auth: dict[str, Any], kind: type) -> None:
    """A file is shown, and a server is asked."""
    settings = Settings(auth=AuthSettings(**auth))
    assert isinstance(settings.options()["auth"], kind)


def test_a_browser_is_a_way() -> None:
    """Where a person sits at the machine."""
    auth = AuthSettings(issuer="https://a.example", client_id="a", grant="authorization_code")
    policy = Settings(auth=auth).options()["auth"]
    assert isinstance(policy.grant, AuthorizationCode)


def test_the_section_is_not_pickled() -> None:
    """It holds secrets, as the whole does."""
    with pytest.raises(TypeError, match="holds secrets"):
        pickle.dumps(AuthSettings(issuer="https://a.example"))
