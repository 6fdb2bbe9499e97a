"""What all grants have: a server, a client, and a way to renew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.typing import Flow

from ._addresses import fault_of
from ._endpoints import token_request
from ._forms import Form
from ._values import Members, SecretLike, members, optional_secret, unpicklable, words
from .client_auth import authenticator
from .discovery import ServerMetadata, discover, refuse_issuer
from .tokens import Token
from .typing import ClientAuth


def _text(instance: Any, attribute: Any, value: Any) -> None:
    if not isinstance(value, str) or not value.isprintable():
        msg = f"`{attribute.name}` of {type(instance).__name__} must be a string without control characters"
        raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class BaseGrant:
    """
    A grant of a client at an authorization server.

    Args:
        client_id: The name that the server has for the client.
        token_url: Where its token endpoint is; or
        issuer: Its name, for discovery (RFC 8414).
        client_secret: Sent in a header; short for ``client_auth=ClientSecretBasic(secret)``.
        client_auth: How the client proves who it is. Default: not at all.
        scope: What is asked for: words, or one string with spaces. Default: what the server gives.
        extra: More members of the form, such as ``audience`` or ``resource``.
    """

    kind: ClassVar[str]

    client_id: str = attrs.field(validator=_text)
    token_url: str | None = None
    issuer: str | None = None
    client_secret: SecretLike | None = attrs.field(
        default=None, repr=False, validator=optional_secret
    )
    client_auth: ClientAuth | None = None
    scope: tuple[str, ...] = attrs.field(default=(), converter=words)
    extra: Members = attrs.field(factory=dict, converter=members, repr=False)
    _known: dict[str, ServerMetadata] = attrs.field(factory=dict, init=False, eq=False, repr=False)

    __reduce__ = unpicklable("grant")

    def __attrs_post_init__(self) -> None:
        kind = type(self).__name__
        if (self.token_url is None) == (self.issuer is None):
            msg = f"{kind} needs either `token_url` or `issuer`"
            raise ConfigurationError(msg)
        if self.issuer is not None:
            refuse_issuer(self.issuer)
        elif fault := fault_of(self.token_url):
            msg = f"`token_url` of {kind} cannot be used: {fault}"
            raise ConfigurationError(msg)
        authenticator(self.client_auth, self.client_secret)

    @property
    def authentication(self) -> ClientAuth:
        """How the client proves who it is."""
        auth: ClientAuth = authenticator(self.client_auth, self.client_secret)
        return auth

    @property
    def key(self) -> str:
        """A stable name for what the tokens are for, without any secret in it."""
        parts = [
            self.kind,
            self.issuer or self.token_url,
            self.client_id,
            sorted(self.scope),
            sorted(self.extra.items()),
            self._subject(),
        ]
        return f"{self.kind}-{digest(json.dumps(parts))}"

    def _subject(self) -> str:
        """Return whom the tokens are about, without any secret."""
        return ""

    def metadata(self) -> Flow[ServerMetadata | None]:
        """Return what the server publishes, asked for once; None without an `issuer`."""
        if self.issuer is None:
            return None
        found = self._known.get(self.issuer)
        if found is None:
            found = self._known[self.issuer] = yield from discover(self.issuer)
        return found

    def endpoint(self, name: str) -> Flow[str | None]:
        """
        Return the URL of an endpoint, such as ``"revocation_endpoint"``; None if it is not known.

        Raises:
            DiscoveryError: The server does not say where it is.
        """
        metadata = yield from self.metadata()
        if metadata is None:
            return self.token_url if name == "token_endpoint" else None
        return metadata.endpoint(name, mtls=getattr(self.client_auth, "mtls", False))

    def request(
        self, asked: Mapping[str, str | tuple[str, ...] | None], previous: Token | None = None
    ) -> Flow[Token]:
        """Ask the token endpoint for a token, by a form of these members."""
        form = Form("", {}).with_members({**self.extra, **asked})
        del asked  # a traceback that shows locals must not show it
        url = yield from self.endpoint("token_endpoint")
        assert url is not None  # one of the two is there
        return (
            yield from token_request(
                attrs.evolve(form, url=url),
                client_id=self.client_id,
                client_auth=self.authentication,
                previous=previous,
            )
        )

    def refresh(self, token: Token) -> Flow[Token]:
        """
        Get the token that follows *token*, by its refresh token (RFC 6749 §6).

        Raises:
            RefreshTokenError: It has expired, was revoked or was used before.
        """
        return (
            yield from self.request(
                {"grant_type": "refresh_token", "refresh_token": token.refresh_token},
                previous=token,
            )
        )

    @property
    def scope_member(self) -> str | None:
        """The scope as a form has it; None leaves it out."""
        return " ".join(self.scope) or None


def digest(text: str) -> str:
    """Return a short name for *text* that does not tell it."""
    return sha256(text.encode()).hexdigest()[:32]
