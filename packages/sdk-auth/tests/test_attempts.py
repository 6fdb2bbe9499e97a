"""Attempts to sign in: what an answer must have to belong to one."""

from __future__ import annotations

import pickle
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdk_auth._attempts import Attempt, challenge_of
from sdk_auth.errors import (
    AccessDeniedError,
    AuthError,
    InvalidScopeError,
    OAuthError,
    StateMismatchError,
)

PAGE = "https://login.example.com/authorize"


def state_of(attempt: Attempt) -> str:
    """Return the state, as a sign-in page sees it."""
    return parse_qs(urlsplit(attempt.url(PAGE, {})).query)["state"][0]


def accept(attempt: Attempt, query: str, issuer: str | None = None) -> None:
    """Take an answer, of a server that promises nothing."""
    attempt.accept(query, issuer=issuer, iss_required=False)


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_an_attempt_takes_one_answer() -> None:
    """The same one, a second time, is refused."""
    attempt = Attempt("http://127.0.0.1/")
    answer = urlencode({"code": "abc", "state": state_of(attempt)})
    accept(attempt, answer)
    assert attempt.redemption()["code"] == "abc"
    with pytest.raises(StateMismatchError):
        accept(attempt, answer)


def test_a_wrong_answer_uses_it_up() -> None:
    """Nobody may guess twice."""
    attempt = Attempt("http://127.0.0.1/")
    with pytest.raises(StateMismatchError):
        accept(attempt, "code=abc&state=guessed")
    with pytest.raises(StateMismatchError):
        accept(attempt, urlencode({"code": "abc", "state": state_of(attempt)}))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("access_denied", AccessDeniedError),
        ("invalid_scope", InvalidScopeError),
        ("server_error", OAuthError),
    ],
)
def test_refusals_are_typed(error: str, kind: type[OAuthError]) -> None:
    """With the words of the server, in one line."""
    attempt = Attempt("http://127.0.0.1/")
    answer = {"error": error, "error_description": "so\r\n\x1b[31msad", "state": state_of(attempt)}
    with pytest.raises(kind, match="so \\[31msad") as caught:
        accept(attempt, urlencode(answer))
    assert caught.value.error == error


def test_a_refusal_that_is_forged_is_no_refusal() -> None:
    """The state is looked at before anything else is believed."""
    with pytest.raises(StateMismatchError):
        accept(Attempt("http://127.0.0.1/"), "error=access_denied")


@pytest.mark.parametrize("code", ["", "a\nb", "é", "a" * 9000])
def test_a_code_that_is_none_is_refused(code: str) -> None:
    """It could not be sent on."""
    attempt = Attempt("http://127.0.0.1/")
    with pytest.raises(OAuthError, match="no code"):
        accept(attempt, urlencode({"code": code, "state": state_of(attempt)}))


@pytest.mark.parametrize("name", ["state", "code"])
def test_what_comes_twice_is_not_believed(name: str) -> None:
    """RFC 6749 §3.1; two readers might choose different ones."""
    attempt = Attempt("http://127.0.0.1/")
    answer = urlencode({"code": "abc", "state": state_of(attempt)})
    with pytest.raises(AuthError):
        accept(attempt, f"{answer}&{name}=other")


@given(st.text())
@example("&" * 1000)
@example("state=\udc80")
def test_no_foreign_text_gets_through(query: str) -> None:
    """Whatever comes is refused, by a typed error."""
    attempt = Attempt("http://127.0.0.1/")
    with pytest.raises(StateMismatchError):
        accept(attempt, query)


@given(st.text())
@example("https://[/?code=a")
@example("=")
@example("code=a")
def test_no_pasted_text_gets_through_but_a_code(text: str) -> None:
    """An address needs the state; a code alone may be any text that a code may be."""
    attempt = Attempt("http://127.0.0.1/")
    try:
        attempt.accept_pasted(text, issuer="https://login.example.com", iss_required=True)
    except AuthError:
        return
    assert attempt.redemption()["code"] == text.strip()


def test_it_shows_nothing_and_stays_here() -> None:
    """Neither verifier, state, nonce nor code."""
    attempt = Attempt("http://127.0.0.1/")
    accept(attempt, urlencode({"code": "canary", "state": state_of(attempt)}))
    assert repr(attempt) == "Attempt(redirect_uri='http://127.0.0.1/')"
    with pytest.raises(TypeError):
        pickle.dumps(attempt)
