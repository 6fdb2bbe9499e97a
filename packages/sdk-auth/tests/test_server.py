"""The server of the tests: that it is as strict as it must be to prove anything."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from ._server import browsers
from ._server.running import OAuthServer


@pytest.fixture
def ask(oauth_server: OAuthServer) -> Any:
    """Return what posts a form to the token endpoint as the client ``service``."""

    def post(path: str = "/token", client: str = "service", **form: str) -> httpx.Response:
        secret = oauth_server.state.clients[client].secret or ""
        return browsers.post(oauth_server.issuer + path, data=form, auth=(client, secret))

    return post


def test_it_describes_itself(oauth_server: OAuthServer) -> None:
    """Both documents are there, and say the same."""
    for name in ("oauth-authorization-server", "openid-configuration"):
        answer = browsers.get(f"{oauth_server.issuer}/.well-known/{name}").json()
        assert answer["token_endpoint"] == oauth_server.token_url
    assert oauth_server.requests["metadata"] == 2


def test_it_guards_its_resource(oauth_server: OAuthServer, ask: Any) -> None:
    """Without a good token it answers 401 and says how to ask."""
    refused = browsers.get(oauth_server.resource_url)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].lower().startswith("bearer")
    token = ask(grant_type="client_credentials", scope="read").json()["access_token"]
    headers = {"authorization": f"Bearer {token}"}
    answer = browsers.get(oauth_server.resource_url, headers=headers)
    assert answer.json() == {"client": "service", "user": None, "scope": "read"}
    oauth_server.clock.shift(4000)
    assert browsers.get(oauth_server.resource_url, headers=headers).status_code == 401


def test_it_refuses_a_wrong_secret(oauth_server: OAuthServer) -> None:
    """That is ``invalid_client``."""
    form = {"grant_type": "client_credentials"}
    answer = browsers.post(oauth_server.token_url, data=form, auth=("service", "wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_refresh_token_that_comes_twice_ends_the_login(
    oauth_server: OAuthServer, ask: Any
) -> None:
    """Whoever comes second may be the thief, or the robbed."""
    form = {"grant_type": "password", "username": "alice", "password": "alice-password"}
    first = ask(**form, scope="openid read").json()
    assert first["id_token"]
    renew = {"grant_type": "refresh_token"}
    second = ask(**renew, refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    again = ask(**renew, refresh_token=first["refresh_token"])
    assert again.json()["error"] == "invalid_grant"
    assert ask(**renew, refresh_token=second["refresh_token"]).status_code == 400
    headers = {"authorization": f"Bearer {second['access_token']}"}
    assert browsers.get(oauth_server.resource_url, headers=headers).status_code == 401


def test_it_revokes_and_introspects(oauth_server: OAuthServer, ask: Any) -> None:
    """A token that was taken back is not active."""
    token = ask(grant_type="client_credentials", scope="read").json()["access_token"]
    assert ask("/introspect", token=token).json()["active"]
    assert ask("/revoke", token=token).status_code == 200
    assert not ask("/introspect", token=token).json()["active"]
    oauth_server.revocable = ("refresh_token",)
    answer = ask("/revoke", token=token, token_type_hint="access_token")
    assert answer.json()["error"] == "unsupported_token_type"


def test_it_exchanges_tokens(oauth_server: OAuthServer, ask: Any) -> None:
    """Its own, as long as they are good."""
    token = ask(grant_type="client_credentials", scope="read").json()["access_token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
    }
    assert ask(**form).json()["issued_token_type"].endswith(":access_token")
    oauth_server.revoke_everything()
    assert ask(**form).json()["error"] == "invalid_request"


def test_it_fails_when_it_is_told_to(oauth_server: OAuthServer, ask: Any) -> None:
    """As often as it is told, and its clock is in the header."""
    oauth_server.fail("token", 503, times=2, retry_after=1)
    statuses = [ask(grant_type="client_credentials").status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    assert oauth_server.requests["token"] == 3
