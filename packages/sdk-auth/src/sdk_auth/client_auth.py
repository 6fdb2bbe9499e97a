"""
Client authentication: how a client proves to an authorization server who it is.

Each is a value for ``client_auth=`` of a grant. Servers say which they take in
``token_endpoint_auth_methods_supported`` (RFC 8414 §2); the names there are in brackets.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, ClassVar
from urllib.parse import quote_plus

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.messages import Secret, concealed
from sdk_core.typing import Flow

from ._forms import Form
from ._jwts import HMAC, Signer, known_algorithm
from ._values import SecretLike, asked, key, secret, unpicklable

__all__ = [
    "ClientSecretBasic",
    "ClientSecretJWT",
    "ClientSecretPost",
    "PrivateKeyJWT",
    "PublicClient",
    "TLSClient",
]

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@attrs.frozen
class PublicClient:
    """Say only who the client is: it can keep no secret (``none``; OAuth 2.1 §2.1)."""

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with the client's name on it."""
        yield from ()  # a flow that asks for nothing
        return form.with_members({"client_id": client_id or None})


@attrs.frozen
class TLSClient(PublicClient):
    """
    Say who the client is, and prove it by the certificate of the connection (RFC 8705 §2).

    For servers with ``tls_client_auth`` or ``self_signed_tls_client_auth``; those that have
    addresses of their own for it (``mtls_endpoint_aliases``) are asked there. The certificate is
    the transport's, for the client that calls and for a `TokenClient` alike::

        transport = HTTPX(cert=("client.pem", "client.key"))
        oauth = OAuth(ClientCredentials(..., client_auth=TLSClient()))
        client = Client(auth=oauth, transport=transport)

    A token that is bound to the certificate (RFC 8705 §3) is good on that transport only.
    """

    mtls: ClassVar[bool] = True


@concealed
@attrs.frozen
class ClientSecretBasic:
    """
    Send the secret in the header ``Authorization`` (``client_secret_basic``; RFC 6749 §2.3.1).

    Args:
        secret: The secret, or a function that returns it, asked before each request.
    """

    secret: SecretLike = attrs.field(repr=False, validator=secret)

    __reduce__ = unpicklable("ClientSecretBasic")

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with the header on it."""
        word = quote_plus((yield from asked("secret", self.secret)))
        pair = b64encode(f"{quote_plus(client_id)}:{word}".encode()).decode()
        return form.with_headers({"authorization": Secret(f"Basic {pair}", word)})


@concealed
@attrs.frozen
class ClientSecretPost:
    """
    Send the secret in the form, where a server takes it nowhere else (``client_secret_post``).

    Args:
        secret: The secret, or a function that returns it, asked before each request.
    """

    secret: SecretLike = attrs.field(repr=False, validator=secret)

    __reduce__ = unpicklable("ClientSecretPost")

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with the secret in it."""
        word = yield from asked("secret", self.secret)
        return form.with_members({"client_id": client_id, "client_secret": word})


@attrs.frozen(kw_only=True)
class _SignedAuth:
    algorithm: str
    key_id: str | None = None
    audience: str | None = None
    lifetime: float = 300.0

    def _assert(self, key: SecretLike, client_id: str, form: Form) -> Flow[Form]:
        signer = Signer(
            key=key, algorithm=self.algorithm, key_id=self.key_id, lifetime=self.lifetime
        )
        claims = {"iss": client_id, "sub": client_id, "aud": self.audience or form.url}
        assertion = yield from signer.sign(claims)
        return form.with_members(
            {
                "client_id": client_id,
                "client_assertion_type": _ASSERTION,
                "client_assertion": assertion,
            }
        )


@concealed
@attrs.frozen(kw_only=True)
class PrivateKeyJWT(_SignedAuth):
    """
    Sign an assertion with a private key (``private_key_jwt``; RFC 7523 §2.2). Needs ``sdk-auth[jwt]``.

    Args:
        key: The private key as PEM text, or a function that returns it.
        algorithm: As JOSE names it; default ``RS256``.
        key_id: Which key it is, for a server that knows several.
        audience: Whom it is for. Default: the URL of the token endpoint.
        lifetime: Seconds that an assertion holds. Default: 300.
    """

    key: SecretLike = attrs.field(repr=False, validator=key)
    algorithm: str = attrs.field(default="RS256", validator=known_algorithm)

    __reduce__ = unpicklable("PrivateKeyJWT")

    def __attrs_post_init__(self) -> None:
        if self.algorithm in HMAC:
            msg = "`algorithm` of PrivateKeyJWT must be one of a key pair; see ClientSecretJWT"
            raise ConfigurationError(msg)

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with an assertion in it."""
        return (yield from self._assert(self.key, client_id, form))


@concealed
@attrs.frozen(kw_only=True)
class ClientSecretJWT(_SignedAuth):
    """
    Sign an assertion with the secret (``client_secret_jwt``; RFC 7523 §2.2). Needs ``sdk-auth[jwt]``.

    Args:
        secret: The secret, or a function that returns it.
        algorithm: ``HS256`` (the default), ``HS384`` or ``HS512``.
        key_id: Which secret it is, for a server that knows several.
        audience: Whom it is for. Default: the URL of the token endpoint.
        lifetime: Seconds that an assertion holds. Default: 300.
    """

    secret: SecretLike = attrs.field(repr=False, validator=secret)
    algorithm: str = attrs.field(default="HS256", validator=known_algorithm)

    __reduce__ = unpicklable("ClientSecretJWT")

    def __attrs_post_init__(self) -> None:
        if self.algorithm not in HMAC:
            msg = "`algorithm` of ClientSecretJWT must be an HMAC; see PrivateKeyJWT"
            raise ConfigurationError(msg)

    def __call__(self, client_id: str, form: Form) -> Flow[Form]:
        """Return *form* with an assertion in it."""
        return (yield from self._assert(self.secret, client_id, form))


def authenticator(client_auth: Any, client_secret: SecretLike | None) -> Any:
    """
    Return how a client proves who it is, from what it was given.

    Raises:
        ConfigurationError: Both were given, or something else.
    """
    if client_auth is None:
        return PublicClient() if client_secret is None else ClientSecretBasic(client_secret)
    if client_secret is not None:
        msg = "`client_auth` and `client_secret` exclude each other; give ClientSecretPost(...) for a secret in the form"
        raise ConfigurationError(msg)
    if isinstance(client_auth, type) or not callable(client_auth):
        msg = f"`client_auth` must be a value of sdk_auth.client_auth, not {client_auth!r}"
        raise ConfigurationError(msg)
    return client_auth
