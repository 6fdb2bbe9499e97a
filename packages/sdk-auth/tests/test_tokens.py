"""Tokens: read from what servers really answer, kept without being shown."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_auth.errors import TokenAnswerError
from sdk_auth.tokens import Token

CANARY = "canary-4b1d-token"


def test_an_answer_becomes_a_token() -> None:
    """RFC 6749 §5.1, with the instant of the end counted from when the answer came."""
    token = Token.of(
        {
            "access_token": CANARY,
            "token_type": "bearer",
            "expires_in": 3600,
            "refresh_token": "refresh",
            "scope": "read write",
            "id_token": "a.b.c",
            "tenant": "t1",
        },
        1000.0,
    )
    assert token.access_token == CANARY
    assert (token.expires_at, token.issued_at) == (4600.0, 1000.0)
    assert token.scope == ("read", "write")
    assert (token.refresh_token, token.id_token) == ("refresh", "a.b.c")
    assert token.extra == {"tenant": "t1"}


@pytest.mark.parametrize(
    ("member", "value", "field", "expected"),
    [
        ("expires_in", "3600", "expires_at", 3610.0),
        ("expires_in", -5, "expires_at", 10.0),
        ("expires_in", None, "expires_at", None),
        ("scope", ["a", "b"], "scope", ("a", "b")),
        ("scope", "", "scope", ()),
        ("refresh_token", "", "refresh_token", None),
        ("token_type", None, "token_type", "Bearer"),
    ],
)
def test_what_servers_do_wrong_is_understood(
    member: str, value: Any, field: str, expected: Any
) -> None:
    """Numbers as texts, lists as scopes and empty refresh tokens are met in the wild."""
    token = Token.of({"access_token": "t", member: value}, 10.0)
    assert getattr(token, field) == expected


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ({}, "access_token"),
        ({"access_token": ""}, "access_token"),
        ({"access_token": 7}, "access_token"),
        ({"access_token": f"{CANARY}\r\nx-evil: 1"}, "access_token"),
        ({"access_token": f" {CANARY}"}, "access_token"),
        ({"access_token": "ü"}, "access_token"),
        ({"access_token": CANARY, "expires_in": "soon"}, "expires_in"),
        ({"access_token": CANARY, "expires_in": True}, "expires_in"),
        ({"access_token": CANARY, "expires_in": "1e400"}, "expires_in"),
        ({"access_token": CANARY, "expires_in": [CANARY]}, "expires_in"),
        ({"access_token": CANARY, "scope": 7}, "scope"),
        ({"access_token": CANARY, "scope": [CANARY, 1]}, "scope"),
        ({"access_token": CANARY, "token_type": {"a": CANARY}}, "token_type"),
        ({"access_token": CANARY, "refresh_token": [CANARY]}, "refresh_token"),
    ],
)
def test_what_is_no_token_is_refused_by_name(answer: dict[str, Any], named: str) -> None:
    """The error names the member and shows no value."""
    with pytest.raises(TokenAnswerError, match=f"`{named}`") as caught:
        Token.of(answer, 0.0)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


@given(
    st.dictionaries(
        st.sampled_from(
            ["access_token", "token_type", "expires_in", "refresh_token", "scope", "id_token", "x"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=4,
        ),
    )
)
def test_no_answer_is_worse_than_refused(answer: dict[str, Any]) -> None:
    """Whatever JSON comes, it is a token that can stand in a header, or a typed refusal."""
    try:
        token = Token.of(answer, 1e9)
    except TokenAnswerError:
        return
    assert token.access_token.isascii()
    assert token.access_token.isprintable()
    assert token.expires_at is None or token.expires_at >= 1e9


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)
TOKENS = st.builds(
    Token,
    access_token=TEXT,
    token_type=st.sampled_from(["Bearer", "bearer"]),
    expires_at=st.none() | st.floats(0, 1e10),
    refresh_token=st.none() | TEXT,
    scope=st.lists(TEXT).map(tuple),
    id_token=st.none() | TEXT,
    issued_at=st.floats(0, 1e10),
    extra=st.dictionaries(TEXT, st.integers() | TEXT),
)


@given(TOKENS)
def test_a_token_survives_its_store(token: Token) -> None:
    """What `to_dict` writes as JSON is what `from_dict` reads."""
    assert Token.from_dict(json.loads(json.dumps(token.to_dict()))) == token


@given(TOKENS)
def test_no_token_shows_a_secret(token: Token) -> None:
    """Its ``repr()`` is the same whatever the secrets are."""
    shown = repr(token)
    assert "access_token" not in shown
    assert "refresh_token" not in shown
    assert "extra" not in shown


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"access_token": "t", "extra": [1]},
        {"access_token": "t", "expires_at": "nan"},
        {"access_token": "t", "issued_at": "x"},
    ],
)
def test_what_is_kept_wrongly_is_refused(data: dict[str, Any]) -> None:
    """A store may hold anything; what is no token is a ValueError."""
    with pytest.raises(ValueError, match="`"):
        Token.from_dict(data)


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_token_is_not_pickled(way: Any) -> None:
    """Pickles travel; the error says where tokens may be kept."""
    with pytest.raises(TypeError, match="token store"):
        way(Token(access_token=CANARY))


def test_a_renewed_token_keeps_what_its_answer_leaves_out() -> None:
    """A server that does not rotate refresh tokens need not repeat them (RFC 6749 §6)."""
    old = Token(access_token="a", refresh_token="r", scope=("read",), id_token="i")
    new = Token(access_token="b").following(old)
    assert (new.access_token, new.refresh_token, new.scope, new.id_token) == (
        "b",
        "r",
        ("read",),
        "i",
    )
    assert Token(access_token="b", refresh_token="s").following(old).refresh_token == "s"
    assert new.following(None) is new
