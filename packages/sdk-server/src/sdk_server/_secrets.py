"""Make secrets, and keep of them only what can check them."""

from __future__ import annotations

import hashlib
import hmac
import secrets

KEY_PREFIX = "sk-sdk-"
SHOWN = 12
"""Characters of a secret that listings show, so that people can tell their keys apart."""

_N, _R, _P = 2**14, 8, 1


def new_key() -> str:
    """Return a new API key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def new_token(kind: str) -> str:
    """Return a new token whose beginning says what it is, such as `at` for an access token."""
    return f"{kind}-{secrets.token_urlsafe(32)}"


def new_id(kind: str) -> str:
    """Return a new identifier, such as `key_9f86d081884c7d65`."""
    return f"{kind}_{secrets.token_hex(8)}"


def digest(secret: str) -> bytes:
    """Return what is stored of a random secret: it needs no salt, for it cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def same(left: bytes, right: bytes) -> bool:
    """Compare two digests in constant time."""
    return hmac.compare_digest(left, right)


def hash_password(password: str) -> bytes:
    """Return salt and scrypt hash (RFC 7914) of a password. Takes about 50 ms of CPU."""
    salt = secrets.token_bytes(16)
    return salt + _scrypt(password, salt)


def check_password(password: str, stored: bytes | None) -> bool:
    """Tell whether `password` has the hash `stored`.

    Args:
        password: What somebody typed.
        stored: Result of `hash_password`; `None` for an unknown user, which takes as long.
    """
    if stored is None:
        _scrypt(password, bytes(16))
        return False
    return hmac.compare_digest(_scrypt(password, stored[:16]), stored[16:])


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8"), salt=salt, n=_N, r=_R, p=_P)
