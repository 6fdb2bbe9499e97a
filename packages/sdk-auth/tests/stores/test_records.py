"""The form in which stores keep tokens: all of it comes back, and nothing else is believed."""

from __future__ import annotations

import json
import string
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_auth._records import LARGEST, VERSION, decode, encode
from sdk_auth.errors import (
    TokenStoreCorruptError,
    TokenStoreError,
    TokenStoreVersionError,
)
from sdk_auth.tokens import Token

SECRETS = st.text(string.ascii_letters + string.digits + "-._~+/=", min_size=1, max_size=60)
INSTANTS = st.floats(0, 1e11)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TOKENS = st.builds(
    Token,
    access_token=SECRETS,
    expires_at=st.none() | INSTANTS,
    refresh_token=st.none() | SECRETS,
    scope=st.lists(SECRETS, max_size=3).map(tuple),
    id_token=st.none() | SECRETS,
    issued_at=INSTANTS,
    extra=st.dictionaries(st.text(), JSON, max_size=3),
)
KEYS = st.text(max_size=40)


@given(KEYS, TOKENS)
def test_a_token_comes_back_as_it_was(key: str, token: Token) -> None:
    """Whatever is in it, and whatever it is kept under."""
    assert decode(key, encode(key, token), "it") == token


@given(KEYS, TOKENS, st.data())
def test_half_a_record_is_damaged(key: str, token: Token, data: st.DataObject) -> None:
    """Wherever it was cut."""
    whole = encode(key, token)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(TokenStoreCorruptError, match=r"it is damaged: .*; delete it, and sign in"):
        decode(key, whole[:cut], "it")


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_is_damaged(data: bytes) -> None:
    """What is no record at all is refused by the error that says so."""
    with pytest.raises(TokenStoreCorruptError, match="it is damaged"):
        decode("k", data, "it")


@given(TOKENS, st.data())
def test_a_changed_record_is_a_token_or_refused(token: Token, data: st.DataObject) -> None:
    """No change of a byte brings about another error."""
    whole = bytearray(encode("k", token))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] = data.draw(st.integers(0, 255))
    with suppress(TokenStoreCorruptError, TokenStoreVersionError):
        assert isinstance(decode("k", bytes(whole), "it"), Token)


@given(JSON)
def test_a_record_of_anything_is_a_token_or_refused(value: Any) -> None:
    """Also one that says that it is a record, whatever its members are."""
    found = {"format": "sdk-auth token", "version": VERSION, "key": "k", "token": value}
    with pytest.raises(TokenStoreCorruptError):
        decode("k", json.dumps(found).encode(), "it")
    members = value if isinstance(value, dict) else {}
    found["token"] = {"access_token": "a", **members}
    with suppress(TokenStoreCorruptError):
        decode("k", json.dumps(found).encode(), "it")


@pytest.mark.parametrize(
    ("version", "remedy"),
    [(VERSION + 1, "install a newer sdk-auth"), (0, "delete it, and sign in again")],
)
def test_another_version_is_named(version: int, remedy: str) -> None:
    """The error says which one it is, which one is read here, and what to do."""
    record = {**_record(), "version": version}
    with pytest.raises(
        TokenStoreVersionError, match=f"it is of version {version}, .*reads version 1; {remedy}"
    ):
        decode("k", json.dumps(record).encode(), "it")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": "other"}, 'it has no "format": "sdk-auth token"'),
        ({"version": "1"}, "its version is no number"),
        ({"version": True}, "its version is no number"),
        ({"key": "other"}, "it belongs to another sign-in"),
        ({"token": []}, "it has no token"),
        ({"token": {}}, "`access_token` is missing"),
        ({"token": {"access_token": "a", "expires_at": "soon"}}, "`expires_at` must be a number"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], why: str) -> None:
    """Which member it is, and not its value."""
    record = {**_record(), **changes}
    with pytest.raises(TokenStoreCorruptError, match=why):
        decode("k", json.dumps(record).encode(), "it")


def test_what_is_too_large_is_no_record() -> None:
    """Neither in a store nor on its way there."""
    with pytest.raises(TokenStoreCorruptError, match="it is too large"):
        decode("k", b" " * (LARGEST + 1), "it")
    with pytest.raises(TokenStoreError, match="`extra` is too large"):
        encode("k", Token(access_token="a", extra={"all": "x" * LARGEST}))


def test_what_json_cannot_hold_is_refused() -> None:
    """A token that a program has made of its own objects, say."""
    with pytest.raises(TokenStoreError, match="what JSON cannot hold") as caught:
        encode("k", Token(access_token="canary-0123", extra={"all": object()}))
    assert "canary" not in str(caught.value)


def _record() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(encode("k", Token(access_token="a")))
    return made
