"""
id_tokens: what a client must check before it believes who signed in (OpenID Connect Core §3.1.3.7).

Values in, values out; where the keys come from is the business of whoever asks.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from hashlib import new
from hmac import compare_digest
from math import isfinite
from typing import Any

import attrs

from sdk_core.errors import ConfigurationError, SDKError

from ._endpoints import skew_error
from .errors import IDTokenError
from .tokens import Token

_LARGEST = 1 << 16  # characters
# Signatures by a key pair only: `none` signs nothing, and who can check an HMAC can make one.
_KINDS: Mapping[str, tuple[str, str]] = {
    "ES256": ("EC", "sha256"),
    "ES384": ("EC", "sha384"),
    "ES512": ("EC", "sha512"),
    "EdDSA": ("OKP", "sha512"),  # Ed25519
    "PS256": ("RSA", "sha256"),
    "PS384": ("RSA", "sha384"),
    "PS512": ("RSA", "sha512"),
    "RS256": ("RSA", "sha256"),
    "RS384": ("RSA", "sha384"),
    "RS512": ("RSA", "sha512"),
}


@attrs.frozen(kw_only=True)
class Expected:
    """
    What an id_token must say.

    Attributes:
        issuer: Who made it; None where that is not known.
        client_id: Whom it was made for.
        nonce: What the attempt to sign in began with; None where there was no browser.
        subject: Who signed in before, where a token is renewed; None for a new sign-in.
        keys: The server's, as a JWKS has them; None where they are not known. The connection to
            the token endpoint then vouches for it, as the standard allows.
        leeway: Seconds by which clocks may differ.
    """

    issuer: str | None
    client_id: str
    nonce: str | None = attrs.field(default=None, repr=False)
    subject: str | None = attrs.field(default=None, repr=False)
    keys: Iterable[Mapping[str, Any]] | None = None
    leeway: float = 120.0

    def refuse_other(self, token: Token, now: float) -> None:
        """
        Refuse a token whose id_token is not what it must be.

        Args:
            token: As it came, with an id_token.
            now: Seconds since the epoch.

        Raises:
            IDTokenError: Something in it is wrong; `claim` says what.
            ClockSkewError: It was made too long ago, or is to be made yet.
            ConfigurationError: The extra that checks signatures is not installed.
        """
        # Raised here and not within: some show the frames of an error, and those hold the token.
        errors = list(self._errors(token.id_token or "", token.access_token, now))
        if errors:
            raise errors[0]

    def _errors(self, id_token: str, access_token: str, now: float) -> Iterator[SDKError]:
        """Yield what is wrong, the worst first."""
        opened = _opened(id_token)
        if opened is None:
            yield _error("id_token", "is no signed JWT")
            return
        header, claims = opened
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in _KINDS:
            known = ", ".join(_KINDS)
            yield _error("alg", f"is none that proves anything; one of {known} is accepted")
            return
        if "crit" in header:
            yield _error("crit", "wants extensions that are not known here")
        if self.keys is not None:
            yield from _wrong_signature(id_token, header.get("kid"), algorithm, self.keys)
        yield from self._wrong_claims(claims)
        yield from self._wrong_times(claims, now)
        if "at_hash" in claims:
            digest = new(_KINDS[algorithm][1], access_token.encode()).digest()
            half = urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
            if not _same(claims["at_hash"], half):
                yield _error("at_hash", "is of another access token")

    def _wrong_claims(self, claims: Mapping[str, Any]) -> Iterator[SDKError]:
        if not isinstance(claims.get("iss"), str):
            yield _error("iss", "is missing")
        if self.issuer is not None and not _same(claims.get("iss"), self.issuer):
            yield _error("iss", f"is another server than {self.issuer}")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject:
            yield _error("sub", "is missing")
        if self.subject is not None and not _same(subject, self.subject):
            yield _error("sub", "is somebody else than who signed in")
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        if self.client_id not in audiences:
            yield _error("aud", "is another client")
        if ("azp" in claims or len(audiences) > 1) and claims.get("azp") != self.client_id:
            yield _error("azp", "is another client")
        if self.nonce is not None and not _same(claims.get("nonce"), self.nonce):
            yield _error("nonce", "is of another attempt to sign in")

    def _wrong_times(self, claims: Mapping[str, Any], now: float) -> Iterator[SDKError]:
        made, ends = _time(claims.get("iat")), _time(claims.get("exp"))
        begins = _time(claims.get("nbf", 0))
        for name, value in (("iat", made), ("exp", ends), ("nbf", begins)):
            if value is None:
                yield _error(name, "is no time")
        if made is None or ends is None or begins is None:
            return
        # It comes from the server this moment: an old one, or one of the future, is a wrong clock.
        ahead = now - made
        if abs(ahead) > self.leeway:
            yield skew_error(ahead, "the id_token is not of this moment")
        if now >= ends + self.leeway:
            yield _error("exp", "is over")
        if begins > now + self.leeway:
            yield _error("nbf", "has not come")


def _time(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and isfinite(value) else None  # type: ignore[arg-type, return-value]  # a number by now


def subject_of(id_token: str | None) -> str | None:
    """Return who signed in, by a token that was checked when it came; None if nobody knows."""
    opened = None if id_token is None else _opened(id_token)
    subject = None if opened is None else opened[1].get("sub")
    return subject if isinstance(subject, str) else None


def refuse_without_signatures() -> None:
    """
    Refuse to begin a sign-in whose signature nobody could check in the end.

    Raises:
        ConfigurationError: The extra is not installed.
    """
    from importlib.util import find_spec  # noqa: PLC0415  # only sign-ins with OpenID need it

    if find_spec("jwt") is None or find_spec("cryptography") is None:
        raise ConfigurationError(_MISSING)


_MISSING = (
    "the scope `openid` needs an extra: pip install sdk-auth[jwt], or leave it out of `scope`"
)


def _opened(id_token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]] | None:
    """Return header and claims, believing neither; None if there are none."""
    parts = id_token.split(".")
    if len(parts) != 3 or len(id_token) > _LARGEST:
        return None
    header, claims = _json(parts[0]), _json(parts[1])
    return None if header is None or claims is None else (header, claims)


def _json(part: str) -> dict[str, Any] | None:
    try:
        found = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, Error, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _wrong_signature(
    id_token: str, kid: object, algorithm: str, keys: Iterable[Mapping[str, Any]]
) -> Iterator[SDKError]:
    try:
        # Cryptography costs more than all the rest; see `_jwts`.
        from jwt import PyJWK, PyJWS  # noqa: PLC0415  # an extra
    except ImportError:
        yield ConfigurationError(_MISSING)
        return
    fitting = [key for key in keys if _fits(key, algorithm, kid)]
    jws = PyJWS(options={"enforce_minimum_key_length": True})
    for key in fitting:
        with suppress(Exception):  # PyJWT's and cryptography's have no common ancestor
            jws.decode(id_token, PyJWK(dict(key), algorithm), algorithms=[algorithm])
            return
    fault = "is wrong" if fitting else "is by a key that the server does not have"
    yield _error("signature", fault)


def _fits(key: object, algorithm: str, kid: object) -> bool:
    return (
        isinstance(key, Mapping)
        and key.get("kty") == _KINDS[algorithm][0]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    )


def _same(said: object, wanted: str) -> bool:
    return isinstance(said, str) and compare_digest(
        said.encode("utf-8", "surrogatepass"), wanted.encode()
    )


def _error(claim: str, fault: str) -> IDTokenError:
    return IDTokenError(f"the id_token cannot be believed: `{claim}` {fault}", claim=claim)
