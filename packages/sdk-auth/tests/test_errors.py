"""Errors: one tree, drawn, typed, and without secrets."""

from __future__ import annotations

import inspect
import pickle
import re
from typing import Any

import pytest

from sdk_auth import errors
from sdk_core.errors import SDKError

MADE: list[errors.AuthError] = [
    errors.AuthError("x"),
    errors.OAuthError(
        "invalid_request", "words", "https://x.example/help", status=400, advice="do"
    ),
    errors.InvalidClientError("invalid_client", status=401),
    errors.InvalidGrantError("invalid_grant"),
    errors.RefreshTokenError("invalid_grant", "revoked"),
    errors.InvalidScopeError("invalid_scope"),
    errors.AccessDeniedError("access_denied"),
    errors.UnsupportedGrantError("unauthorized_client"),
    errors.TokenAnswerError("x", status=502),
    errors.DiscoveryError("x", reason="issuer", issuer="https://x.example"),
    errors.IDTokenError("x", claim="iss"),
    errors.StateMismatchError("x"),
    errors.PKCEError("x"),
    errors.ClockSkewError("x", seconds=-300.0),
    errors.TokenStoreError("x"),
    errors.TokenStorePermissionsError("x"),
    errors.TokenStoreVersionError("x"),
    errors.TokenStoreCorruptError("x"),
    errors.CredentialUnavailableError("x", tried=[("environment", "not set")]),
    errors.LoginTimeoutError("x"),
]


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_every_error_pickles(error: errors.AuthError) -> None:
    """Arguments and attributes come through."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert isinstance(again, SDKError)


def test_the_tree_is_drawn_as_it_is() -> None:
    """The docstring shows every class, under the one that it derives from."""
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if found := re.match(r"    (?P<bars>[| ]*)(?:\|--|`--) (?P<name>\w+Error)\b", line):
            depth = len(found["bars"]) // 4
            above[depth:] = [found["name"]]
            drawn[found["name"]] = above[depth - 1] if depth else "SDKError"
    real = {
        name: cls.__mro__[1].__name__
        for name, cls in vars(errors).items()
        if inspect.isclass(cls) and issubclass(cls, errors.AuthError)
    }
    assert drawn == real
    assert sorted(real) == sorted(errors.__all__)


def test_a_refusal_says_code_words_and_advice() -> None:
    """One line for a person, the parts for a program."""
    error: Any = MADE[1]
    assert str(error) == "the authorization server says `invalid_request`: words; do"
    assert (error.error, error.description, error.uri, error.status_code) == (
        "invalid_request",
        "words",
        "https://x.example/help",
        400,
    )
