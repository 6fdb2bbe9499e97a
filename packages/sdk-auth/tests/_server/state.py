"""What the server knows: its clock, clients, users, codes and tokens; all in memory."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import attrs
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, list_to_scope, scope_to_list
from authlib.oauth2.rfc8628 import DeviceCredentialMixin
from authlib.oidc.core import AuthorizationCodeMixin
from joserfc.jwk import ECKey, KeySet, RSAKey

ASSERTIONS = frozenset({"client_secret_jwt", "private_key_jwt"})
CODE_LIFETIME = 60.0  # seconds


@cache
def signing_keys() -> KeySet:
    """Return the server's own keys, for RS256 and ES256; made once a process, as RSA's are slow."""
    rsa = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig", "alg": "RS256"})
    ec = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig", "alg": "ES256"})
    return KeySet([rsa, ec])


@attrs.define
class Clock:
    """
    A clock that can be wrong.

    Attributes:
        offset: Seconds before (positive) or behind the true time.
    """

    offset: float = 0.0

    def now(self) -> float:
        """Return seconds since the epoch, as the server believes."""
        return time.time() + self.offset

    def shift(self, seconds: float) -> None:
        """Let time pass, or, negative, go back."""
        self.offset += seconds


@attrs.frozen
class User:
    """Somebody with a password."""

    name: str
    password: str = attrs.field(repr=False)


@attrs.define
class Client(ClientMixin):
    """
    A registered client.

    Attributes:
        client_id: Its name.
        secret: None for a public client.
        auth: How it says who it is, as in ``token_endpoint_auth_method`` of RFC 7591.
        grants: What it may use; all by default.
        scope: What it may ask for.
        redirect_uris: Where codes may go; the port of a loopback address is free (RFC 8252 §7.3).
        keys: With what it signs assertions: a JWKS.
        expires_in: Seconds that its access tokens live; None is not said in the answer.
        refresh_expires_in: Seconds that its refresh tokens live; None: for ever.
        rotates: Whether a refresh token is good for one use only.
        id_token_signed_response_alg: How its id_tokens are signed.
    """

    client_id: str
    secret: str | None = None
    auth: str = "client_secret_basic"
    grants: frozenset[str] | None = None
    scope: str = "openid profile read write"
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1/callback", "http://127.0.0.1/")
    keys: Mapping[str, Any] | None = None
    expires_in: float | None = 3600
    refresh_expires_in: float | None = None
    rotates: bool = True
    id_token_signed_response_alg: str = "RS256"

    def get_client_id(self) -> str:
        """Return its name."""
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        """Return where codes go if nothing is said."""
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: Any) -> str:
        """Return what of *scope* it may have."""
        allowed = self.scope.split()
        return list_to_scope([one for one in scope_to_list(scope or "") or () if one in allowed])

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare exactly, but for the port of a loopback address."""
        parts = urlsplit(redirect_uri)
        if parts.hostname == "127.0.0.1":
            redirect_uri = parts._replace(netloc="127.0.0.1").geturl()
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare."""
        return self.secret is not None and client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Allow one way only; both kinds of assertions are one method here."""
        return method == ("client_assertion_jwt" if self.auth in ASSERTIONS else self.auth)

    def check_response_type(self, response_type: str) -> bool:
        """Allow codes only."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Look it up."""
        return self.grants is None or grant_type in self.grants


@attrs.define(eq=False)
class Code(AuthorizationCodeMixin):
    """An authorization code, and what it was given for."""

    code: str
    client_id: str
    redirect_uri: str
    scope: str
    user: User
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None
    issued_at: float

    def get_redirect_uri(self) -> str:
        """Return where it was sent."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return what was allowed."""
        return self.scope

    def get_nonce(self) -> str | None:
        """Return what the id_token must repeat."""
        return self.nonce

    def get_auth_time(self) -> int:
        """Return when the user said yes."""
        return int(self.issued_at)


@attrs.define(eq=False)
class Issued(TokenMixin):
    """
    An access token, with the refresh token that was given with it.

    Attributes:
        family: Shared by all tokens that come from one login.
        used: Whether the refresh token has been exchanged for the next one.
    """

    clock: Clock = attrs.field(repr=False)
    client: Client
    user: User | None
    access_token: str
    refresh_token: str | None
    scope: str
    family: str
    issued_at: float
    expires_in: float | None
    refresh_expires_in: float | None
    revoked: bool = False
    refresh_revoked: bool = False
    used: bool = False

    def check_client(self, client: Client) -> bool:
        """Say whether *client* owns it."""
        return self.client.client_id == client.client_id

    def get_scope(self) -> str:
        """Return what it allows."""
        return self.scope

    def get_expires_in(self) -> int:
        """Return its lifetime."""
        return int(self.expires_in or 0)

    def is_expired(self) -> bool:
        """Ask the server's clock."""
        return _over(self.clock, self.issued_at, self.expires_in)

    def is_revoked(self) -> bool:
        """Say whether it was taken back."""
        return self.revoked

    def refresh_is_expired(self) -> bool:
        """Ask the server's clock."""
        return _over(self.clock, self.issued_at, self.refresh_expires_in)

    def get_user(self) -> User | None:
        """Return whose it is; None for a client's own."""
        return self.user

    def get_client(self) -> Client:
        """Return who has it."""
        return self.client


@attrs.define(eq=False)
class Device(DeviceCredentialMixin):
    """A login on a device, not yet decided."""

    clock: Clock = attrs.field(repr=False)
    client_id: str
    scope: str
    device_code: str
    user_code: str
    interval: float
    issued_at: float
    expires_in: float
    asked_at: float = 0.0

    def get_client_id(self) -> str:
        """Return who asked."""
        return self.client_id

    def get_scope(self) -> str:
        """Return what for."""
        return self.scope

    def get_user_code(self) -> str:
        """Return what the user types."""
        return self.user_code

    def is_expired(self) -> bool:
        """Ask the server's clock."""
        return _over(self.clock, self.issued_at, self.expires_in)


def _over(clock: Clock, issued_at: float, lifetime: float | None) -> bool:
    return lifetime is not None and clock.now() >= issued_at + lifetime


@attrs.define
class State:
    """Everything, changed by one request at a time."""

    clock: Clock = attrs.field(factory=Clock)
    clients: dict[str, Client] = attrs.field(factory=dict)
    users: dict[str, User] = attrs.field(factory=dict)
    codes: dict[str, Code] = attrs.field(factory=dict)
    tokens: list[Issued] = attrs.field(factory=list)
    devices: list[Device] = attrs.field(factory=list)
    decisions: dict[str, bool] = attrs.field(factory=dict)
    seen: set[str] = attrs.field(factory=set)
    """The ids (``jti``) of assertions that have been used."""

    def by_access_token(self, text: str) -> Issued | None:
        """Find a token."""
        return next((token for token in self.tokens if token.access_token == text), None)

    def by_refresh_token(self, text: str) -> Issued | None:
        """Find a token."""
        return next((token for token in self.tokens if token.refresh_token == text), None)

    def revoke_family(self, family: str) -> None:
        """Take back every token of one login."""
        for token in self.tokens:
            if token.family == family:
                token.revoked = token.refresh_revoked = True
