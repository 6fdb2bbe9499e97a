"""Revocation: a server forgets what it gave, against a real one."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import attrs
import pytest

from sdk_auth._revocation import revoke
from sdk_auth.errors import (
    DiscoveryError,
    InvalidClientError,
    OAuthError,
    RefreshTokenError,
    TokenAnswerError,
)
from sdk_auth.grants import ClientCredentials, Password
from sdk_auth.tokens import Token

from ._server import browsers
from ._server.running import OAuthServer
from ._typing import Run


@pytest.fixture
def grant(oauth_server: OAuthServer) -> Password:
    """Return a grant that gives both kinds of tokens."""
    return Password(
        client_id="service",
        client_secret="service-secret-1",
        issuer=oauth_server.issuer,
        username="alice",
        password="alice-password",
    )


def opens(server: OAuthServer, token: Token) -> bool:
    """Return whether *token* still opens the resource."""
    headers = {"authorization": f"Bearer {token.access_token}"}
    return browsers.get(server.resource_url, headers=headers).status_code == 200


def test_both_tokens_are_forgotten(run: Run, grant: Password, oauth_server: OAuthServer) -> None:
    """The refresh token first, with a hint for each."""
    token = run(grant.obtain())
    assert opens(oauth_server, token)
    assert run(revoke(grant, token)) == ("refresh_token", "access_token")
    assert not opens(oauth_server, token)
    with pytest.raises(RefreshTokenError, match="revoked"):
        run(grant.refresh(token))
    hints = [form.get("token_type_hint") for form in oauth_server.forms[1:3]]
    assert hints == ["refresh_token", "access_token"]


def test_one_token_alone_is_forgotten(run: Run, oauth_server: OAuthServer) -> None:
    """There is no refresh token for a client itself."""
    grant = ClientCredentials(
        client_id="service", client_secret="service-secret-1", issuer=oauth_server.issuer
    )
    token = run(grant.obtain())
    assert run(revoke(grant, token)) == ("access_token",)
    assert not opens(oauth_server, token)


def test_a_token_that_is_not_known_counts_as_forgotten(run: Run, grant: Password) -> None:
    """Nothing is left to do (RFC 7009 §2.2)."""
    token = Token(access_token="unknown", refresh_token="unknown")
    assert run(revoke(grant, token)) == ("refresh_token", "access_token")


def test_kinds_that_cannot_be_revoked_are_left(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """The other kind is forgotten all the same (``unsupported_token_type``)."""
    token = run(grant.obtain())
    oauth_server.revocable = ("refresh_token",)
    assert run(revoke(grant, token)) == ("refresh_token",)


@pytest.mark.parametrize("lie", [None, "http://evil.example.com/"])
def test_a_server_that_cannot_revoke_says_so(
    run: Run, grant: Password, oauth_server: OAuthServer, lie: str | None
) -> None:
    """By having no endpoint; one that is not https is an error."""
    oauth_server.metadata["revocation_endpoint"] = lie
    token = Token(access_token="unknown")
    if lie is None:
        assert run(revoke(grant, token)) == ()
    else:
        with pytest.raises(DiscoveryError):
            run(revoke(grant, token))


def test_without_discovery_there_is_no_such_endpoint(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """Nobody knows where it would be."""
    known = attrs.evolve(grant, issuer=None, token_url=oauth_server.token_url)
    assert run(revoke(known, Token(access_token="a"))) == ()


def test_a_refusal_is_typed_and_both_are_tried(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """The first error is raised in the end."""
    token = run(grant.obtain())
    wrong = attrs.evolve(grant, client_secret="wrong-secret")
    with pytest.raises(InvalidClientError) as caught:
        run(revoke(wrong, token))
    assert oauth_server.requests["revoke"] == 2
    assert token.access_token not in str(caught.value)


def test_anothers_token_cannot_be_revoked(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """The server refuses, and it goes on."""
    token = run(grant.obtain())
    other = ClientCredentials(client_id="hmac", client_secret="x", issuer=oauth_server.issuer)
    oauth_server.register("hmac", "x")
    with pytest.raises(OAuthError):
        run(revoke(other, token))
    assert opens(oauth_server, token)


def test_an_answer_that_is_none_is_named(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """The other token is still tried."""
    token = run(grant.obtain())
    oauth_server.fail("revoke", 500)
    with pytest.raises(TokenAnswerError):
        run(revoke(grant, token))
    assert not opens(oauth_server, token)


def test_a_server_that_is_overloaded_is_asked_again(
    run: Run, grant: Password, oauth_server: OAuthServer
) -> None:
    """As RFC 7009 §2.2.1 wants."""
    token = run(grant.obtain())
    oauth_server.fail("revoke", 503, retry_after=0)
    assert run(revoke(grant, token)) == ("refresh_token", "access_token")


def test_a_grant_of_another_kind_knows_of_no_server(run: Run) -> None:
    """Whoever writes one keeps its own."""

    class Own:
        key = "own"

        def obtain(self) -> Generator[Any, Any, Token]:
            yield from ()
            return Token(access_token="a")

        def renew(self, token: Token) -> Generator[Any, Any, Token]:
            return (yield from self.obtain())

    assert run(revoke(Own(), Token(access_token="a"))) == ()
