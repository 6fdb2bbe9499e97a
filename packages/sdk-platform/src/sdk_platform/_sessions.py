"""Sessions: how a client gets the tokens of a platform and renews them, as a grant of sdk-auth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NoReturn, TypeVar

import attrs

from sdk_auth.errors import InvalidGrantError, RefreshTokenError
from sdk_auth.grants import Password, RefreshToken
from sdk_auth.tokens import Token
from sdk_core.typing import Flow
from sdk_platform_api.operations import CREATE_TOKEN, REVOKE_TOKEN

from .errors import NotSignedInError, SessionEndedError, WrongPasswordError

E = TypeVar("E", bound=InvalidGrantError)

CLIENT_ID = "sdk-platform"
"""What this program is to the platform, which asks no client for a proof."""


@attrs.frozen(kw_only=True)
class Session(RefreshToken):
    """
    A session at a platform: without discovery, for the document of its API says where to go.

    Args: as `RefreshToken`, and:
        revocation_url: Where tokens are revoked.
        begins: What it begins with; None: there is only the one that a token store has.
    """

    revocation_url: str
    begins: Password | None = None

    def endpoint(self, name: str) -> Flow[str | None]:
        """Return the URL of an endpoint."""
        if name == "revocation_endpoint":
            return self.revocation_url
        return (yield from super().endpoint(name))

    def obtain(self) -> Flow[Token]:
        """
        Begin the session.

        Raises:
            NotSignedInError: There is nothing to begin it with.
            WrongPasswordError: The platform refuses what there is.
        """
        if self.begins is None:
            return (yield from super().obtain())
        try:
            return (yield from self.begins.obtain())
        except InvalidGrantError as refusal:
            error = _advised(WrongPasswordError, refusal, "check `username` and `password`")
        raise error

    def renew(self, token: Token) -> Flow[Token]:
        """
        Get the token that follows *token*; where the session has ended, begin another one.

        Raises:
            SessionEndedError: It has ended, and there is nothing to begin another one with.
        """
        try:
            return (yield from super().renew(token))
        except RefreshTokenError as refusal:
            error = _advised(
                SessionEndedError, refusal, "sign in again, such as by `client.auth.login(...)`"
            )
        if self.begins is None:
            raise error
        return (yield from self.obtain())


def session_of(
    base_url: str, username: str | None = None, password: str = "", *, apart: bool = False
) -> Session:
    """
    Return a session at the platform at *base_url*.

    Args:
        base_url: Of its API.
        username: With whose name and *password* it begins; None: it has begun.
        password: Theirs.
        apart: Whether it is one of that user alone. Default: it is the one that a token store has
            of whoever signed in last, for all programs.

    Raises:
        ConfigurationError: A secret must not travel there, or cannot be one.
    """
    url = base_url + CREATE_TOKEN.path
    begins = None
    if username is not None:
        begins = Password(token_url=url, client_id=CLIENT_ID, username=username, password=password)
    return Session(
        token_url=url,
        revocation_url=base_url + REVOKE_TOKEN.path,
        client_id=CLIENT_ID,
        refresh_token=partial(_ask_nobody, base_url),
        subject=f"user {username}" if apart else "whoever signed in last",
        begins=begins,
    )


def nobody(base_url: str, tried: Sequence[tuple[str, str]] = ()) -> NotSignedInError:
    """Return the error for a platform at which nobody is signed in, and what was *tried*."""
    msg = (
        f"nobody is signed in at {base_url}: call `client.auth.login(...)`, or give `username` and "
        "`password`, or an `api_key`"
    )
    if tried:
        msg += f" ({'; '.join(f'{name}: {why}' for name, why in tried)})"
    return NotSignedInError(msg, tried=tried)


def _ask_nobody(base_url: str) -> NoReturn:
    raise nobody(base_url)


def _advised(kind: type[E], refusal: InvalidGrantError, advice: str) -> E:
    """Return the error of the platform for a *refusal* of its token endpoint."""
    return kind(
        refusal.error,
        refusal.description,
        refusal.uri,
        status=refusal.status_code,
        advice=advice,
    )
