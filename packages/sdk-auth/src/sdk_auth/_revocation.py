"""Revocation: have a server forget the tokens that it gave (RFC 7009)."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Final

from sdk_core.policies import Call
from sdk_core.typing import Flow

from ._endpoints import accepted, post
from ._forms import Form
from ._grants import BaseGrant
from .errors import AuthError, DiscoveryError, OAuthError

if TYPE_CHECKING:
    from .tokens import Token
    from .typing import Grant

# The refresh token first: most servers then forget the access token by themselves.
_KINDS: Final = ("refresh_token", "access_token")


def revoke(grant: Grant, token: Token) -> Flow[tuple[str, ...]]:
    """
    Have the server forget both parts of *token*.

    A token that the server does not know any more counts as forgotten (RFC 7009 §2.2). Both are
    tried, even if the first try fails.

    Returns:
        What the server has forgotten: ``"refresh_token"``, ``"access_token"``, or none of them if
        it cannot revoke tokens, or *grant* is of a kind that knows of no server.

    Raises:
        OAuthError: It refused.
        TokenAnswerError: It answered with what is no OAuth answer.
        APIConnectionError: It did not answer.
    """
    if not isinstance(grant, BaseGrant):
        return ()
    try:
        url = yield from grant.endpoint("revocation_endpoint")
    except DiscoveryError as error:
        if error.reason != "missing":
            raise
        url = None
    if url is None:
        return ()
    forgotten = []
    failure: AuthError | None = None
    for kind in _KINDS:
        if getattr(token, kind) is None:
            continue
        form = Form(url, {"token": getattr(token, kind), "token_type_hint": kind})
        try:
            yield from _revoke(form, grant)
        except OAuthError as error:
            if error.error != "unsupported_token_type":
                failure = failure or error
        except AuthError as error:
            failure = failure or error
        else:
            forgotten.append(kind)
    if failure is not None:
        raise failure
    return tuple(forgotten)


def _revoke(form: Form, grant: BaseGrant) -> Flow[None]:
    response = yield from post(form, client_id=grant.client_id, client_auth=grant.authentication)
    if response.status_code != 200:  # a success may have any body, or none
        accepted(form, response, (yield Call(time)))
