"""
Grants: the ways to a token that need no person at the moment.

Each is a value for `sdk_auth.OAuth`. Those that ask a person are in `sdk_auth.login`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.messages import concealed
from sdk_core.typing import Flow

from ._grants import BaseGrant, digest
from ._jwts import Signer, known_algorithm
from ._values import SecretLike, asked, optional_key, optional_secret, secret
from .errors import RefreshTokenError
from .tokens import Token

__all__ = [
    "ClientCredentials",
    "JWTBearer",
    "Password",
    "RefreshToken",
    "TokenExchange",
]

_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:"  # noqa: S105  # the name of a kind


def _about(given: SecretLike | None, label: str) -> str:
    """Return a name for whom a secret is about, so that two persons never share a place in a store."""
    if label or given is None:
        return label
    if isinstance(given, str):
        return digest(given)
    msg = "`subject` is needed to keep tokens in a store: it names whom they are about"
    raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class _Repeatable(BaseGrant, ABC):
    """A grant that can be asked again whenever a token has ended."""

    @abstractmethod
    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""

    def renew(self, token: Token) -> Flow[Token]:
        """Get the token that follows *token*: by its refresh token, if that works, else anew."""
        if token.refresh_token is not None:
            try:
                return (yield from self.refresh(token))
            except RefreshTokenError:
                pass
        return (yield from self.obtain())


@concealed
@attrs.frozen(kw_only=True)
class ClientCredentials(_Repeatable):
    """
    Get tokens for the client itself (RFC 6749 §4.4).

    Args: as `BaseGrant`; the client must prove who it is.

    Raises:
        ConfigurationError: A field is wrong; the message names it.
    """

    kind: ClassVar[str] = "client_credentials"

    def __attrs_post_init__(self) -> None:
        BaseGrant.__attrs_post_init__(self)
        if self.client_auth is None and self.client_secret is None:
            msg = "ClientCredentials needs `client_secret` or `client_auth`"
            raise ConfigurationError(msg)

    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""
        return (yield from self.request({"grant_type": self.kind, "scope": self.scope_member}))


@concealed
@attrs.frozen(kw_only=True)
class Password(_Repeatable):
    """
    Get tokens for a person by their name and password (RFC 6749 §4.3).

    OAuth 2.1 has no such grant any more: use it only where a server has nothing better.

    Args: as `BaseGrant`, and:
        username: Of the person.
        password: Theirs, or a function that returns it.
    """

    kind: ClassVar[str] = "password"

    username: str
    password: SecretLike = attrs.field(repr=False, validator=secret)

    def _subject(self) -> str:
        return self.username

    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""
        return (
            yield from self.request(
                {
                    "grant_type": self.kind,
                    "username": self.username,
                    "password": (yield from asked("password", self.password)),
                    "scope": self.scope_member,
                }
            )
        )


@concealed
@attrs.frozen(kw_only=True)
class RefreshToken(BaseGrant):
    """
    Go on from a refresh token that was got elsewhere (RFC 6749 §6).

    Servers may give another one with each answer, and take the old one back: keep tokens in a
    store, or the next run of the program begins with one that has been used.

    Args: as `BaseGrant`, and:
        refresh_token: The token, or a function that returns it.
        subject: Whom it is about, as a name in a token store. Default: derived from the token.
    """

    kind: ClassVar[str] = "refresh_token"

    refresh_token: SecretLike = attrs.field(repr=False, validator=secret)
    subject: str = ""

    def _subject(self) -> str:
        return _about(self.refresh_token, self.subject)

    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""
        return (
            yield from self.request(
                {
                    "grant_type": self.kind,
                    "refresh_token": (yield from asked("refresh_token", self.refresh_token)),
                    "scope": self.scope_member,
                }
            )
        )

    def renew(self, token: Token) -> Flow[Token]:
        """Get the token that follows *token*."""
        if token.refresh_token is None:
            return (yield from self.obtain())
        return (yield from self.refresh(token))


@concealed
@attrs.frozen(kw_only=True)
class TokenExchange(_Repeatable):
    """
    Exchange a token of another issuer, such as a workload's identity, for one of this (RFC 8693).

    Args: as `BaseGrant`, and:
        subject_token: For whom the token is to be, or a function that returns it, asked before
            each exchange, such as a `sdk_auth.TokenFile`.
        subject_token_type: Of which kind it is: a URI, or the last word of one that RFC 8693 §3
            names (``jwt``, ``access_token``, ``id_token``, ``saml2``...). Default: ``jwt``.
        actor_token: Who acts for them, or None.
        actor_token_type: Of which kind that is. Default: ``jwt``.
        requested_token_type: Which kind is wanted. Default: what the server gives.
        subject: Whom the tokens are about, as a name in a token store. Default: derived from a
            `subject_token` that is a text.
    """

    kind: ClassVar[str] = "token_exchange"

    client_id: str = ""
    subject_token: SecretLike = attrs.field(repr=False, validator=secret)
    subject_token_type: str = "jwt"  # noqa: S105  # the name of a kind
    actor_token: SecretLike | None = attrs.field(
        default=None, repr=False, validator=optional_secret
    )
    actor_token_type: str = "jwt"  # noqa: S105  # as above
    requested_token_type: str | None = None
    subject: str = ""

    def _subject(self) -> str:
        return _about(self.subject_token, self.subject)

    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""
        actor = self.actor_token is not None
        return (
            yield from self.request(
                {
                    "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                    "subject_token": (yield from asked("subject_token", self.subject_token)),
                    "subject_token_type": _uri(self.subject_token_type),
                    "actor_token": (yield from asked("actor_token", self.actor_token))
                    if self.actor_token is not None
                    else None,
                    "actor_token_type": _uri(self.actor_token_type) if actor else None,
                    "requested_token_type": _uri(self.requested_token_type),
                    "scope": self.scope_member,
                }
            )
        )


@concealed
@attrs.frozen(kw_only=True)
class JWTBearer(_Repeatable):
    """
    Show a signed assertion for a token (RFC 7523 §2.1), as service accounts do.

    Args: as `BaseGrant`, and:
        assertion: A JWT, or a function that returns one; or
        key: A private key as PEM, or a function that returns it, to sign one. Needs ``sdk-auth[jwt]``.
        algorithm: As JOSE names it. Default: ``RS256``.
        key_id: Which key it is, for a server that knows several.
        signed_by: Who signs. Default: the `client_id`.
        subject: For whom the token is to be. Default: who signs.
        audience: Whom the assertion is for. Default: the URL of the token endpoint.
        lifetime: Seconds that an assertion holds. Default: 300.
    """

    kind: ClassVar[str] = "jwt_bearer"

    client_id: str = ""
    assertion: SecretLike | None = attrs.field(default=None, repr=False, validator=optional_secret)
    key_pem: SecretLike | None = attrs.field(
        default=None, repr=False, validator=optional_key, alias="key"
    )
    algorithm: str = attrs.field(default="RS256", validator=known_algorithm)
    key_id: str | None = None
    signed_by: str = ""
    subject: str = ""
    audience: str | None = None
    lifetime: float = 300.0

    def __attrs_post_init__(self) -> None:
        BaseGrant.__attrs_post_init__(self)
        if (self.assertion is None) == (self.key_pem is None):
            msg = "JWTBearer needs either `assertion` or `key`"
            raise ConfigurationError(msg)
        if self.key_pem is not None and not (self.signed_by or self.client_id):
            msg = "JWTBearer needs `signed_by` or `client_id`: who signs the assertion"
            raise ConfigurationError(msg)

    def _subject(self) -> str:
        if self.assertion is not None:
            return _about(self.assertion, self.subject)
        return f"{self.signed_by} {self.subject}"

    def obtain(self) -> Flow[Token]:
        """Get a token; see `Grant`."""
        return (
            yield from self.request(
                {
                    "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    "assertion": (yield from self._assertion()),
                    "scope": self.scope_member,
                }
            )
        )

    def _assertion(self) -> Flow[str]:
        if self.assertion is not None:
            return (yield from asked("assertion", self.assertion))
        assert self.key_pem is not None
        by = self.signed_by or self.client_id
        audience = self.audience or (yield from self.endpoint("token_endpoint"))
        signer = Signer(
            key=self.key_pem, algorithm=self.algorithm, key_id=self.key_id, lifetime=self.lifetime
        )
        claims = {"iss": by, "sub": self.subject or by, "aud": audience}
        return (yield from signer.sign(claims))


def _uri(name: str | None) -> str | None:
    """Return the URI of a kind of token that may be given by its last word."""
    return name if name is None or ":" in name else _TOKEN_TYPE + name
