"""Renewals that somebody asks for, and that no call needs yet."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_auth import OAuth
from sdk_auth.errors import RefreshTokenError
from sdk_auth.grants import Password, RefreshToken
from sdk_auth.stores import MemoryStore
from sdk_core.testing import play, response


@pytest.fixture
def grant() -> Password:
    """Return a grant that renews by refresh tokens."""
    return Password(
        client_id="app", username="ada", password="secret", token_url="https://id.example/token"
    )


def given(number: int) -> Any:
    """Return the answer with the token of that number."""
    token = {"access_token": f"t{number}", "refresh_token": f"r{number}", "expires_in": 3600}
    return response(json={"token_type": "Bearer", **token})


def grants(played: Any) -> list[bytes]:
    """Return by what each token was asked for."""
    return [sent.content.partition(b"&")[0] for sent in played.sent]


def test_a_token_is_renewed_however_long_it_would_last(grant: Password) -> None:
    """By its refresh token, and the new one is kept and shown from then on."""
    store = MemoryStore()
    oauth = OAuth(grant, store=store)
    play(oauth.token(), given(1))
    played = play(oauth.renew(), given(2))
    assert [b"grant_type=refresh_token"] == grants(played)
    assert "t2" == played.result.access_token
    assert played.result == store.load(grant.key) == play(oauth.token()).result


def test_a_token_of_another_program_is_renewed(grant: Password) -> None:
    """It is taken out of the store first."""
    store = MemoryStore()
    play(OAuth(grant, store=store).token(), given(1))
    played = play(OAuth(grant, store=store).renew(), given(2))
    assert [b"grant_type=refresh_token"] == grants(played)
    assert "t2" == played.result.access_token


@pytest.mark.parametrize("store", [None, MemoryStore()])
def test_where_there_is_no_token_one_is_got(grant: Password, store: MemoryStore | None) -> None:
    """And not renewed at once."""
    played = play(OAuth(grant, store=store).renew(), given(1))
    assert [b"grant_type=password"] == grants(played)
    assert "t1" == played.result.access_token


def test_a_renewal_that_fails_says_so() -> None:
    """Though the token that there is would still have done."""
    grant = RefreshToken(client_id="app", refresh_token="r0", token_url="https://id.example/token")
    oauth = OAuth(grant)
    play(oauth.token(), given(1))
    played = play(oauth.renew(), response(400, json={"error": "invalid_grant"}))
    assert isinstance(played.error, RefreshTokenError)
