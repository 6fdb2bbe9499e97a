"""Credentials that are secrets themselves: where they stand, and where they do not."""

from __future__ import annotations

import pickle
from base64 import b64encode
from typing import Any

import pytest

from sdk_auth.credentials import ApiKey, Basic, Bearer
from sdk_core.errors import ConfigurationError
from sdk_core.operations import Operation
from sdk_core.testing import play, request, response, send

CANARY = "canary-9d3e-key"
URL = "https://api.example.com/v1/things?page=2"


def _sent(policy: Any, **options: Any) -> Any:
    return play(policy(request(URL, **options), send), response()).sent[0]


def test_a_key_may_stand_in_a_header() -> None:
    """Its name is the API's to choose."""
    assert _sent(ApiKey(CANARY)).headers["x-api-key"] == CANARY
    assert _sent(ApiKey(CANARY, name="X-Their-Key")).headers["x-their-key"] == CANARY


def test_a_key_may_stand_in_the_query() -> None:
    """Behind what is there, and out of sight in all that shows a URL."""
    sent = _sent(ApiKey(CANARY, name="k", location="query"))
    assert str(sent.url) == f"{URL}&k={CANARY}"
    assert CANARY not in repr(sent)


def test_a_key_may_be_a_cookie() -> None:
    """Beside those that are there."""
    sent = _sent(ApiKey(CANARY, name="sid", location="cookie"), headers={"cookie": "a=b"})
    assert sent.headers["cookie"] == f"a=b; sid={CANARY}"


def test_a_token_is_a_bearer() -> None:
    """RFC 6750; a function is asked before each attempt."""
    assert _sent(Bearer(lambda: CANARY)).headers["authorization"] == f"Bearer {CANARY}"


def test_a_name_goes_with_its_password() -> None:
    """RFC 7617."""
    pair = b64encode(f"alice:{CANARY}".encode()).decode()
    assert _sent(Basic("alice", CANARY)).headers["authorization"] == f"Basic {pair}"


MADE = [
    ApiKey(CANARY),
    ApiKey(CANARY, name="k", location="query"),
    ApiKey(CANARY, name="k", location="cookie"),
    Bearer(CANARY),
    Basic("alice", CANARY),
]


@pytest.mark.parametrize("policy", MADE)
def test_the_document_s_names_do_not_matter(policy: Any) -> None:
    """Whatever scheme an operation asks for, it gets what there is; public ones get nothing."""
    asks: Operation[Any] = Operation("x", "GET", "/x", security=(("theirs",),))
    public: Operation[Any] = Operation("x", "GET", "/x", security=())
    plain = request(URL)
    sent = _sent(policy, operation=asks)
    assert (sent.url, sent.headers) != (plain.url, plain.headers)
    sent = _sent(policy, operation=public)
    assert (sent.url, sent.headers) == (plain.url, plain.headers)


@pytest.mark.parametrize("policy", MADE)
def test_none_of_them_shows_its_secret_or_is_pickled(policy: Any) -> None:
    """Pickles travel."""
    assert CANARY not in repr(policy)
    with pytest.raises(TypeError, match="holds secrets"):
        pickle.dumps(policy)


@pytest.mark.parametrize(
    "make",
    [
        lambda: ApiKey(""),
        lambda: ApiKey(f"{CANARY}\n"),
        lambda: ApiKey(CANARY, location="body"),  # type: ignore[arg-type]  # as is meant
        lambda: Bearer(7),  # type: ignore[arg-type]  # as is meant
        lambda: Basic("a:b", CANARY),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(make: Any) -> None:
    """By name, and without showing it."""
    with pytest.raises(ConfigurationError) as caught:
        make()
    assert CANARY not in str(caught.value)
