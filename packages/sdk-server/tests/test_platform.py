"""The platform API, over HTTP."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_server.testing import RunningServer, running_server


def with_token(server: RunningServer, token: str) -> dict[str, str]:
    """Return the header that carries a token."""
    return {"authorization": f"Bearer {token}"}


@pytest.fixture
def session(client: httpx.Client, server: RunningServer) -> dict[str, Any]:
    """Return the tokens of a new session."""
    body = {"username": server.admin_user, "password": server.admin_password}
    response = client.post("/api/auth/login", json=body)
    assert "no-store" == response.headers["cache-control"]
    tokens: dict[str, Any] = response.json()
    return tokens


def test_health_needs_no_credentials(server: RunningServer) -> None:
    """A load balancer has none."""
    body = httpx.get(f"{server.platform_url}/health").json()
    assert "ok" == body["status"]
    assert body["uptime_seconds"] >= 0


def test_a_session_gives_access_to_both_apis(
    client: httpx.Client, server: RunningServer, session: dict[str, Any]
) -> None:
    """The access token works as an API key does, and tells its lifetime."""
    assert ("bearer", 900) == (session["token_type"], session["expires_in"])
    headers = with_token(server, session["access_token"])
    assert 200 == client.get("/v1/models", headers=headers).status_code
    user = client.get("/api/users/me", headers=headers).json()
    assert ("admin", ["admin", "member"]) == (user["username"], user["roles"])


def test_a_refresh_token_works_once(client: httpx.Client, session: dict[str, Any]) -> None:
    """In the body of its own path or as a grant; the second use ends the session."""
    old = session["refresh_token"]
    new = client.post("/api/auth/refresh", json={"refresh_token": old}).json()["refresh_token"]
    grant = {"grant_type": "refresh_token", "refresh_token": new}
    newer = client.post("/api/auth/token", data=grant).json()["refresh_token"]
    assert 3 == len({old, new, newer})
    for token in (old, newer):
        response = client.post("/api/auth/refresh", json={"refresh_token": token})
        assert 401 == response.status_code
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert "invalid_grant" == client.post("/api/auth/token", data=grant).json()["error"]


def test_signing_out_ends_the_session(
    client: httpx.Client, server: RunningServer, session: dict[str, Any]
) -> None:
    """Both tokens are refused from then on."""
    headers = with_token(server, session["access_token"])
    response = client.post("/api/auth/logout", headers=headers)
    assert (204, b"") == (response.status_code, response.content)
    assert 401 == client.get("/api/users/me", headers=headers).status_code
    body = {"refresh_token": session["refresh_token"]}
    assert 401 == client.post("/api/auth/refresh", json=body).status_code


def test_a_refresh_token_expires() -> None:
    """After as long as the operator says."""
    with running_server(refresh_ttl=0.001) as server:
        body = {"username": server.admin_user, "password": server.admin_password}
        response = httpx.post(f"{server.platform_url}/auth/login", json=body)
        while response.status_code == 200:
            body = {"refresh_token": response.json()["refresh_token"]}
            response = httpx.post(f"{server.platform_url}/auth/refresh", json=body)
    assert (401, "invalid_credentials") == (response.status_code, response.json()["code"])


def test_revoking_a_refresh_token_ends_the_session(
    client: httpx.Client, server: RunningServer, session: dict[str, Any]
) -> None:
    """The access token ends with it; a second time, and for anything else, the answer is the same."""
    for token in (session["refresh_token"], session["refresh_token"], "never-issued"):
        response = client.post("/api/auth/revoke", data={"token": token, "token_type_hint": "?"})
        assert (200, b"") == (response.status_code, response.content)
    headers = with_token(server, session["access_token"])
    assert 401 == client.get("/api/users/me", headers=headers).status_code
    missing = client.post("/api/auth/revoke", data={})
    assert (400, "invalid_request") == (missing.status_code, missing.json()["error"])


def test_revoking_an_access_token_leaves_the_session(
    client: httpx.Client, server: RunningServer, session: dict[str, Any]
) -> None:
    """Its refresh token gives a new one."""
    token = session["access_token"]
    assert 200 == client.post("/api/auth/revoke", data={"token": token}).status_code
    assert 401 == client.get("/api/users/me", headers=with_token(server, token)).status_code
    body = {"refresh_token": session["refresh_token"]}
    assert 200 == client.post("/api/auth/refresh", json=body).status_code


def test_the_metadata_stand_below_the_api_and_below_the_host(server: RunningServer) -> None:
    """For an issuer with a path there are two places; both hold the same, and nothing is behind."""
    below_api = httpx.get(f"{server.platform_url}/.well-known/oauth-authorization-server")
    below_host = httpx.get(f"{server.url}/.well-known/oauth-authorization-server/api")
    assert below_api.json() == below_host.json()
    assert server.platform_url == below_api.json()["issuer"]
    assert f"{server.platform_url}/auth/token" == below_api.json()["token_endpoint"]
    assert 404 == httpx.get(f"{below_host.url}/more").status_code
    assert 405 == httpx.post(below_host.url).status_code


def test_the_issuer_is_where_the_operator_says_that_it_is(tmp_path: Path) -> None:
    """Behind a proxy, `Host` and scheme are not what clients see."""
    with running_server(
        data=tmp_path, options=["--public-url", "https://platform.example/"]
    ) as server:
        metadata = httpx.get(f"{server.platform_url}/.well-known/oauth-authorization-server").json()
    assert "https://platform.example/api" == metadata["issuer"]
    assert "https://platform.example/api/auth/revoke" == metadata["revocation_endpoint"]


def test_a_client_says_who_it_is_in_the_form_or_in_the_header(client: httpx.Client) -> None:
    """Never in both; what cannot be read is no client (RFC 6749 section 2.3.1)."""
    created = client.post("/api/keys", json={"name": "basic"}).json()
    key, secret = created["key"]["id"], created["secret"]
    grant = {"grant_type": "client_credentials"}

    def ask(authorization: str, **form: str) -> tuple[int, str | None, str | None]:
        response = client.post(
            "/api/auth/token", data={**grant, **form}, headers={"authorization": authorization}
        )
        challenge = response.headers.get("www-authenticate")
        return response.status_code, response.json().get("error"), challenge

    pair = b64encode(f"{key}:{secret}".encode()).decode()
    assert 200 == ask(f"Basic {pair}")[0]
    assert (400, "invalid_request", None) == ask(f"Basic {pair}", client_secret=secret)
    refused = (401, "invalid_client", 'Basic realm="sdk-server"')
    assert refused == ask("")
    for encoded in ("%", b64encode(b"no colon").decode(), b64encode(b"\xff:").decode()):
        assert refused == ask(f"Basic {encoded}")
    client.delete(f"/api/keys/{key}")


def test_a_wrong_password_is_refused_in_the_form_of_each_path(client: httpx.Client) -> None:
    """A problem for the login, an OAuth error for the token endpoint."""
    body = {"username": "admin", "password": "wrong"}
    response = client.post("/api/auth/login", json=body)
    assert (401, "The name or the password is wrong.") == (
        response.status_code,
        response.json()["detail"],
    )
    response = client.post("/api/auth/token", data={"grant_type": "password", **body})
    assert (400, "invalid_grant") == (response.status_code, response.json()["error"])


def test_the_password_grant_issues_tokens_and_one_scope(
    client: httpx.Client, server: RunningServer
) -> None:
    """Who asks for scopes is told that there is one."""
    grant = {
        "grant_type": "password",
        "username": server.admin_user,
        "password": server.admin_password,
    }
    assert "scope" not in client.post("/api/auth/token", data=grant).json()
    answer = client.post("/api/auth/token", data={**grant, "scope": "openid email"}).json()
    assert "all" == answer["scope"]


def test_a_key_lives_from_creation_to_deletion(client: httpx.Client, server: RunningServer) -> None:
    """Its secret is shown once, works, gives tokens, and stops working."""
    response = client.post("/api/keys", json={"name": "life", "expires_in": 60})
    key, secret = response.json()["key"], response.json()["secret"]
    assert (201, f"/api/keys/{key['id']}", "no-store") == (
        response.status_code,
        response.headers["location"],
        response.headers["cache-control"],
    )
    assert secret.startswith(key["prefix"])
    assert key["expires_at"] > key["created_at"]
    listed = client.get("/api/keys").text
    assert key["id"] in listed
    assert secret not in listed
    grant = {"grant_type": "client_credentials", "client_id": key["id"], "client_secret": secret}
    tokens = client.post("/api/auth/token", data=grant).json()
    assert "refresh_token" not in tokens
    headers = with_token(server, tokens["access_token"])
    assert key["id"] == client.get(response.headers["location"], headers=headers).json()["id"]
    assert 200 == client.get("/api/users/me", headers=with_token(server, secret)).status_code
    assert client.get(response.headers["location"]).json()["last_used_at"] is not None
    assert 204 == client.delete(response.headers["location"]).status_code
    assert 401 == client.get("/api/users/me", headers=with_token(server, secret)).status_code
    refused = client.post("/api/auth/token", data=grant)
    assert (401, "invalid_client") == (refused.status_code, refused.json()["error"])
    for method in ("GET", "DELETE"):
        response = client.request(method, f"/api/keys/{key['id']}")
        assert (404, "key_not_found") == (response.status_code, response.json()["code"])


def test_two_keys_of_one_name_are_a_conflict(client: httpx.Client) -> None:
    """The message names the name."""
    created = client.post("/api/keys", json={"name": "twice"}).json()
    response = client.post("/api/keys", json={"name": "twice"})
    assert (409, "You already have an API key named `twice`.") == (
        response.status_code,
        response.json()["detail"],
    )
    client.delete(f"/api/keys/{created['key']['id']}")


def test_lists_come_in_pages(client: httpx.Client) -> None:
    """Every item is on one page, and a page behind the last is empty."""
    pages = [client.get(f"/api/models?per_page=1&page={page}").json() for page in (1, 2, 3)]
    assert [["echo-1"], ["echo-embed-1"], []] == [
        [model["id"] for model in page["items"]] for page in pages
    ]
    assert [(2, 1, 1), (2, 2, 1), (2, 3, 1)] == [
        (page["total"], page["page"], page["per_page"]) for page in pages
    ]


@pytest.mark.parametrize(
    ("conditions", "found"),
    [
        ({}, ["echo-1", "echo-embed-1"]),
        ({"query": "ECHO"}, ["echo-1", "echo-embed-1"]),
        ({"query": "vector echo"}, ["echo-embed-1"]),
        ({"query": "vector user"}, []),
        ({"capabilities": ["chat"]}, ["echo-1"]),
        ({"capabilities": ["chat", "embedding"]}, []),
        ({"owned_by": "sdk-server"}, ["echo-1", "echo-embed-1"]),
        ({"owned_by": "nobody"}, []),
        ({"page": 2, "per_page": 1}, ["echo-embed-1"]),
    ],
)
def test_models_are_found_by_conditions_that_all_hold(
    client: httpx.Client, conditions: dict[str, Any], found: list[str]
) -> None:
    """Words in any order and case, capabilities, owner."""
    answer = client.post("/api/models/search", json=conditions).json()
    assert found == [model["id"] for model in answer["items"]]


def test_a_model_is_described(client: httpx.Client) -> None:
    """What it can do and what runs it; an unknown one is not found."""
    model = client.get("/api/models/echo-1").json()
    assert (["chat", "completion"], "echo", 32_768) == (
        model["capabilities"],
        model["engine"],
        model["context_length"],
    )
    response = client.get("/api/models/none")
    assert (404, "model_not_found") == (response.status_code, response.json()["code"])
