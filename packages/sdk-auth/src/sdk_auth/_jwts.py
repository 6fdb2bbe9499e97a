"""Signed assertions: JWTs that say who a client, or a subject, is (RFC 7519, RFC 7523 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from secrets import token_urlsafe
from time import time
from typing import Any

import attrs

from sdk_core.errors import ConfigurationError
from sdk_core.policies import Call
from sdk_core.typing import Flow

from ._values import SecretLike, asked, fault_of_key, key, unpicklable

HMAC = frozenset({"HS256", "HS384", "HS512"})
ALGORITHMS = HMAC | {
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "PS256",
    "PS384",
    "PS512",
    "RS256",
    "RS384",
    "RS512",
}


def known_algorithm(instance: Any, _: Any, value: Any) -> None:
    """Refuse what JOSE does not know, and ``none``; a validator of attrs."""
    if value not in ALGORITHMS:
        msg = f"`algorithm` of {type(instance).__name__} must be one of {', '.join(sorted(ALGORITHMS))}"
        raise ConfigurationError(msg)


@attrs.frozen(kw_only=True)
class Signer:
    """
    Signs claims.

    Args:
        key: A private key as PEM, or the secret of an HMAC; or a function that returns it.
        algorithm: As JOSE names it (RFC 7518 §3.1).
        key_id: Which key it is, for a server that knows several.
        lifetime: Seconds that an assertion holds.
    """

    key: SecretLike = attrs.field(repr=False, validator=key)
    algorithm: str = attrs.field(validator=known_algorithm)
    key_id: str | None = None
    lifetime: float = 300.0

    __reduce__ = unpicklable("Signer")

    def sign(self, claims: Mapping[str, Any]) -> Flow[str]:
        """Return a JWT with *claims*, and with when it was made, when it ends, and a name of its own."""
        now = int((yield Call(time)))
        whole = {"iat": now, "exp": now + int(self.lifetime), "jti": token_urlsafe(16), **claims}
        headers = {"kid": self.key_id} if self.key_id is not None else None
        return _signed(
            whole, (yield from asked("key", self.key, fault_of_key)), self.algorithm, headers
        )


def _signed(
    claims: Mapping[str, Any], key: str, algorithm: str, headers: dict[str, Any] | None
) -> str:
    fault = ""
    try:
        # Cryptography is loaded by the first assertion: it costs more than all the rest.
        import jwt  # noqa: PLC0415  # an extra

        return jwt.encode(dict(claims), key, algorithm=algorithm, headers=headers)
    except ImportError:
        fault = "signing needs an extra: pip install sdk-auth[jwt]"
    except NotImplementedError:
        fault = f"{algorithm} needs an extra: pip install sdk-auth[jwt]"
    except Exception as exc:  # PyJWT's and cryptography's have no common ancestor
        fault = f"`key` cannot sign with {algorithm} ({type(exc).__name__}); give a private key as PEM text"
    finally:
        del key  # a traceback that shows locals must not show it
    raise ConfigurationError(fault)
