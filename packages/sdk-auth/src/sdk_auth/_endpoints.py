"""The token endpoint: a form goes there, a token or a typed refusal comes back (RFC 6749 §5)."""

from __future__ import annotations

from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sdk_core.messages import date_of, retry_after
from sdk_core.policies import Call
from sdk_core.typing import Flow

from ._exchanges import json_object, sent
from .errors import (
    AccessDeniedError,
    AuthError,
    ClockSkewError,
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
    OAuthError,
    RefreshTokenError,
    TokenAnswerError,
    UnsupportedGrantError,
)
from .tokens import Token

if TYPE_CHECKING:
    from sdk_core.messages import Response

    from ._forms import Form
    from .typing import ClientAuth

TOLERANCE: Final = 30.0
"""Seconds that two clocks may differ before that is why something was refused."""

_KINDS: Mapping[str, type[OAuthError]] = {
    "access_denied": AccessDeniedError,
    "invalid_client": InvalidClientError,
    "invalid_grant": InvalidGrantError,
    "invalid_scope": InvalidScopeError,
    "unauthorized_client": UnsupportedGrantError,
    "unsupported_grant_type": UnsupportedGrantError,
}
_ADVICE: Mapping[type[OAuthError], str] = {
    InvalidClientError: "check `client_id`, its secret or key, and `client_auth`",
    InvalidScopeError: "check `scope`",
    RefreshTokenError: "the refresh token has expired, was revoked or was used before: sign in again",
    UnsupportedGrantError: "the client may not use this grant here; see how it is registered",
}


def token_request(
    form: Form, *, client_id: str, client_auth: ClientAuth, previous: Token | None = None
) -> Flow[Token]:
    """
    Ask a token endpoint for a token.

    Args:
        form: What is asked for; the proof of the client is put on here.
        client_id: Who asks.
        client_auth: How that is proved.
        previous: The token that is renewed; what the answer leaves out is taken from it.

    Raises:
        OAuthError: The server refused; see the subclasses.
        ClockSkewError: It refused an assertion, and the clocks differ.
        TokenAnswerError: It answered with what is no token.
        APIConnectionError: Nobody answered.
    """
    response = yield from post(form, client_id=client_id, client_auth=client_auth)
    now: float = yield Call(time)
    return Token.of(accepted(form, response, now), now).following(previous)


def post(form: Form, *, client_id: str, client_auth: ClientAuth) -> Flow[Response]:
    """Send *form* to its endpoint, with the proof of the client on it; return the answer as it is."""
    form = yield from client_auth(client_id, form)
    return (yield from sent(form.request()))


def accepted(form: Form, response: Response, now: float) -> Mapping[str, Any]:
    """
    Return the JSON object in a success.

    Args:
        form: What was sent.
        response: What came.
        now: When it came, in seconds since the epoch.

    Raises:
        OAuthError: It is a refusal.
        ClockSkewError: It is the refusal of an assertion, and the clocks differ.
        TokenAnswerError: It is neither.
    """
    found = _judged(form.sent_as(response.request), response, now)
    if isinstance(found, Exception):
        raise found  # here, where no local variable holds the answer
    return found


def _judged(form: Form, response: Response, now: float) -> Mapping[str, Any] | AuthError:
    answer = json_object(response)
    if answer is not None and isinstance(answer.get("error"), str) and answer["error"]:
        return refusal(form, answer, response, now)
    if response.status_code == 200 and answer is not None:
        return answer
    if response.status_code == 401:  # from something that stands before the server
        refused = {"error": "invalid_client", "error_description": "401 without an OAuth error"}
        return refusal(form, refused, response, now)
    return _unreadable(form, response)


def refusal(
    form: Form, answer: Mapping[str, Any], response: Response, now: float
) -> OAuthError | ClockSkewError:
    """Return the error for an *answer* that has one; no word of it is a secret of *form*."""
    code = form.censored(answer["error"])
    kind = _KINDS.get(code, OAuthError)
    if kind is InvalidGrantError and form.grant_type == "refresh_token":
        kind = RefreshTokenError
    error = kind(
        code,
        form.censored(answer.get("error_description")),
        form.censored(answer.get("error_uri")) or None,
        status=response.status_code,
        advice=_ADVICE.get(kind, ""),
    )
    asserts = "client_assertion" in form.members or "assertion" in form.members
    if asserts and kind in {InvalidClientError, InvalidGrantError}:
        skewed = skew(response, now)
        if abs(skewed) > TOLERANCE:
            clock = skew_error(skewed, f"the assertion was refused (`{code}`)")
            clock.__cause__ = error
            return clock
    return error


def skew(response: Response, now: float) -> float:
    """Return the seconds by which the clock here is ahead of that of whoever sent *response*."""
    there = date_of(response.headers.get("date", ""))
    return 0.0 if there is None else now - there


def skew_error(seconds: float, what: str) -> ClockSkewError:
    """Return the error for *what* happened because clocks differ by *seconds*."""
    side = "ahead of" if seconds > 0 else "behind"
    msg = f"{what}: the clock here is {abs(seconds):.0f} s {side} the server's; set it right"
    return ClockSkewError(msg, seconds=seconds)


def _unreadable(form: Form, response: Response) -> TokenAnswerError:
    status = response.status_code
    where = urlsplit(form.url)._replace(query="").geturl()
    if 300 <= status < 400:
        advice = "it redirects, which is not followed with secrets at hand; correct its address"
    elif status == 404:
        advice = "there is no such endpoint; correct its address"
    elif status >= 500 or status == 429:
        advice = "it cannot answer now; try again later"
    else:
        advice = "that is no OAuth answer; check its address"
    error = TokenAnswerError(f"{where} answered with status {status}: {advice}", status=status)
    error.retry_after = retry_after(response.headers)
    return error
