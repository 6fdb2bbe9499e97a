"""
Errors: what can go wrong between a client and whoever gives out its tokens.

::

    sdk_core.errors.SDKError
    `-- AuthError                     catch-all of this package
        |-- OAuthError                the authorization server refused: `error`, `description`, `uri`
        |   |-- InvalidClientError        the client is unknown, or its secret is wrong
        |   |-- InvalidGrantError         the code, password or assertion is wrong or used up
        |   |   `-- RefreshTokenError         expired, revoked or used twice: sign in again
        |   |-- InvalidScopeError         the scope is unknown, or more than is allowed
        |   |-- AccessDeniedError         the person said no
        |   `-- UnsupportedGrantError     the server, or this client, may not use this way
        |-- TokenAnswerError          the server answered, but with what is no token
        |   `-- IDTokenError              an id_token that must not be believed; `claim` says why
        |-- DiscoveryError            metadata that cannot be trusted; `reason` says why
        |-- StateMismatchError        an answer to a sign-in that nobody began here
        |-- PKCEError                 the server ignores or refuses the proof of RFC 7636
        |-- ClockSkewError            the clocks differ; `seconds` says by how much
        |-- TokenStoreError           tokens cannot be kept
        |   |-- TokenStorePermissionsError    others may read them
        |   |-- TokenStoreVersionError        written by another version of this package
        |   `-- TokenStoreCorruptError        not what this package writes
        |-- CredentialUnavailableError    nothing in a chain has a credential; `tried` lists why
        `-- LoginTimeoutError         nobody signed in in time

All of them pickle. No message and no attribute holds a secret: neither the request nor the answer
of a token endpoint is kept, for both are full of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sdk_core.errors import SDKError

__all__ = [
    "AccessDeniedError",
    "AuthError",
    "ClockSkewError",
    "CredentialUnavailableError",
    "DiscoveryError",
    "IDTokenError",
    "InvalidClientError",
    "InvalidGrantError",
    "InvalidScopeError",
    "LoginTimeoutError",
    "OAuthError",
    "PKCEError",
    "RefreshTokenError",
    "StateMismatchError",
    "TokenAnswerError",
    "TokenStoreCorruptError",
    "TokenStoreError",
    "TokenStorePermissionsError",
    "TokenStoreVersionError",
    "UnsupportedGrantError",
]


class AuthError(SDKError):
    """Nobody could be authenticated."""


class OAuthError(AuthError):
    """
    An authorization server refused (RFC 6749 §5.2 and §4.1.2.1, RFC 8628 §3.5).

    Args:
        error: The code of the error, such as ``invalid_request``.
        description: The server's own words, in one line, without secrets; empty where it has none.
        uri: A page about the error, or None.
        status: Of the answer; None where a browser brought it.
        advice: What to do about it.
    """

    def __init__(
        self,
        error: str,
        description: str = "",
        uri: str | None = None,
        *,
        status: int | None = None,
        advice: str = "",
    ) -> None:
        said = f": {description.rstrip('.')}" if description else ""
        super().__init__(
            f"the authorization server says `{error}`{said}" + (advice and f"; {advice}")
        )
        self.error = error
        self.description = description
        self.uri = uri
        self.status_code = status


class InvalidClientError(OAuthError):
    """The client is unknown, its secret is wrong, or it must prove itself in another way."""


class InvalidGrantError(OAuthError):
    """What was shown for a token is wrong, has expired, was revoked or is another client's."""


class RefreshTokenError(InvalidGrantError):
    """The refresh token has expired, was revoked or was used before: sign in again."""


class InvalidScopeError(OAuthError):
    """The scope is unknown, malformed, or more than was granted."""


class AccessDeniedError(OAuthError):
    """The person who was asked, or the server in their name, refused."""


class UnsupportedGrantError(OAuthError):
    """The server does not know this way to a token, or this client may not take it."""


class TokenAnswerError(AuthError):
    """
    A token endpoint answered, but with what is no token (RFC 6749 §5.1).

    Attributes:
        status_code: Of the answer, or None.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status_code = status


class IDTokenError(TokenAnswerError):
    """
    An id_token is not what it must be: who signed in is not known (OpenID Connect Core §3.1.3.7).

    Attributes:
        claim: What is wrong with it: ``signature``, ``nonce``, ``aud`` ...
    """

    def __init__(self, message: str, *, claim: str) -> None:
        super().__init__(message)
        self.claim = claim


class DiscoveryError(AuthError):
    """
    What a server publishes about itself cannot be trusted or used (RFC 8414, OpenID Discovery).

    Attributes:
        reason: ``"issuer"``: it speaks for somebody else; ``"insecure"``: an endpoint is not
            https; ``"invalid"``: it is no JSON object, or one with wrong members; ``"missing"``: there
            is no document, or not the endpoint that is needed.
        issuer: Who was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: Literal["issuer", "insecure", "invalid", "missing"],
        issuer: str,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.issuer = issuer


class StateMismatchError(AuthError):
    """An answer came with another ``state`` (or ``iss``) than was sent: perhaps a forged one."""


class PKCEError(AuthError):
    """The proof key for code exchange failed, or the server does not support it (RFC 7636)."""


class ClockSkewError(AuthError):
    """
    The clock here and that of the server differ by more than can be borne.

    Args:
        message: One line for a person.
        seconds: By how much the clock here is ahead; negative: behind.
    """

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class TokenStoreError(AuthError):
    """A place for tokens cannot be read or written."""


class TokenStorePermissionsError(TokenStoreError):
    """Others than its owner may read or change what is kept."""


class TokenStoreVersionError(TokenStoreError):
    """What is kept was written by another version of this package, in another form."""


class TokenStoreCorruptError(TokenStoreError):
    """What is kept is nothing that this package writes."""


class CredentialUnavailableError(AuthError):
    """
    None of the sources of a chain has a credential.

    Attributes:
        tried: The name of each source, in order, and why it had nothing.
    """

    def __init__(self, message: str, *, tried: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.tried = tuple(tried)


class LoginTimeoutError(AuthError):
    """Nobody finished signing in in time."""
