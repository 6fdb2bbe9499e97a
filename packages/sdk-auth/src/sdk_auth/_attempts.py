"""Attempts to sign in: what binds the answer that a browser brings to the question that was asked."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from .errors import (
    AccessDeniedError,
    AuthError,
    InvalidScopeError,
    OAuthError,
    StateMismatchError,
)

_BYTES = 32  # of chance in each of the three, as RFC 7636 §7.1 wants for a verifier
_LARGEST_CODE = 8192  # characters
_ERRORS: Mapping[str, type[OAuthError]] = {
    "access_denied": AccessDeniedError,
    "invalid_scope": InvalidScopeError,
}


def challenge_of(verifier: str) -> str:
    """Return the challenge for a *verifier* by the method S256 (RFC 7636 §4.2)."""
    digest = sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _chance() -> str:
    return secrets.token_urlsafe(_BYTES)


class Attempt:
    """
    One attempt to sign in, with its ``state``, its ``nonce`` and its PKCE verifier.

    They are its own, and good for one answer: whatever comes after the first one is refused. The
    code stays inside, out of the sight of whatever shows the frames of an error.

    Args:
        redirect_uri: Where the answer goes.
    """

    __slots__ = ("_code", "_open", "_state", "_verifier", "nonce", "redirect_uri")

    def __init__(self, redirect_uri: str) -> None:
        self.redirect_uri = redirect_uri
        self.nonce = _chance()
        self._verifier = _chance()
        self._state = _chance()
        self._open = True
        self._code = ""

    def __repr__(self) -> str:
        return f"Attempt(redirect_uri={self.redirect_uri!r})"

    def __reduce__(self) -> NoReturn:
        msg = "an Attempt cannot be pickled or copied: it is good for one answer"
        raise TypeError(msg)

    def url(self, endpoint: str, members: Mapping[str, object]) -> str:
        """
        Return the address for the browser (OAuth 2.1 §4.1.1).

        Args:
            endpoint: The server's authorization endpoint; it may have a query.
            members: More of the query: the client's name, the scope, ``nonce`` where it is wanted.
        """
        query = {
            **members,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "state": self._state,
            "code_challenge": challenge_of(self._verifier),
            "code_challenge_method": "S256",
        }
        separator = "&" if urlsplit(endpoint).query else "?"
        return f"{endpoint}{separator}{urlencode(query, doseq=True)}"

    def accept(self, query: str, *, issuer: str | None, iss_required: bool) -> None:
        """
        Take the code out of the answer that a browser brought.

        Args:
            query: Of the address that the browser came to.
            issuer: Who was asked, if that is known.
            iss_required: Whether the server promises to name itself (RFC 9207 §2.3).

        Raises:
            StateMismatchError: It is no answer to this attempt, a second one, or another server's.
            AccessDeniedError: The person said no.
            OAuthError: The server refused for another reason, or gave no code.
        """
        answer = _members(query)
        was_open, self._open = self._open, False
        outcome = self._judge(answer, issuer, iss_required=iss_required) if was_open else _forged()
        del query, answer  # some show the frames of an error, and this one holds the code
        if isinstance(outcome, AuthError):
            raise outcome
        self._code = outcome

    def accept_pasted(self, text: str, *, issuer: str | None, iss_required: bool) -> None:
        """
        Do as `accept` does with what a person copied: the whole address, or the code alone.

        A code alone says not to which attempt it belongs; its proof key does (OAuth 2.1 §7.5.1).
        """
        _, mark, query = text.strip().partition("?")
        query = query.partition("#")[0]
        if not mark:
            query = text.strip()
            if "state=" not in query:  # a code, as if the browser had brought it
                query = urlencode({"code": query, "state": self._state}, errors="replace")
                iss_required = False
        del text  # as above
        try:
            self.accept(query, issuer=issuer, iss_required=iss_required)
        finally:
            del query

    def redemption(self) -> dict[str, str]:
        """Return what a token endpoint wants for the code (OAuth 2.1 §4.1.3)."""
        return {
            "grant_type": "authorization_code",
            "code": self._code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self._verifier,
        }

    def _judge(
        self, answer: Mapping[str, str], issuer: str | None, *, iss_required: bool
    ) -> str | AuthError:
        # Before anything else of it is believed, the error included.
        if not _same(answer.get("state", ""), self._state):
            return _forged()
        # Another server's code must not be sent to the one that was asked (RFC 9207 §2.4).
        said = answer.get("iss")
        if issuer is not None and (iss_required or said is not None) and not _same(said, issuer):
            who = "does not say whose it is" if said is None else "is another server's"
            return StateMismatchError(
                f"the answer of the sign-in page {who}, but {issuer} was asked; start again"
            )
        if "error" in answer:
            error = _line(answer["error"])
            kind = _ERRORS.get(error, OAuthError)
            return kind(error, _line(answer.get("error_description", "")))
        code = answer.get("code", "")
        if not code or len(code) > _LARGEST_CODE or not code.isascii() or not code.isprintable():
            return OAuthError("invalid_response", "the answer of the sign-in page has no code")
        return code


def _same(said: str | None, wanted: str) -> bool:
    return said is not None and compare_digest(
        said.encode("utf-8", "surrogatepass"), wanted.encode()
    )


def _forged() -> StateMismatchError:
    return StateMismatchError(
        "the answer of the sign-in page does not belong to this attempt; start again, and follow no "
        "link that you did not ask for"
    )


def _members(query: str) -> dict[str, str]:
    """Return the members of *query*; one that comes twice is in none (RFC 6749 §3.1)."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if names.count(name) == 1}


def _line(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if c.isprintable())[:300]
