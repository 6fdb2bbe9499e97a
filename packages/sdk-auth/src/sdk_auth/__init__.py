"""
Signed in once, everywhere: OAuth 2, token stores and credential chains for clients of the family.

Importing this package loads no cryptography, no HTTP engine and no event loop; what it offers is
imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .__about__ import __version__

if TYPE_CHECKING:
    from ._oauth import OAuth
    from .chain import CredentialChain
    from .client_auth import (
        ClientSecretBasic,
        ClientSecretJWT,
        ClientSecretPost,
        PrivateKeyJWT,
        PublicClient,
        TLSClient,
    )
    from .clients import AsyncTokenClient, TokenClient
    from .credentials import ApiKey, Basic, Bearer
    from .discovery import ServerMetadata, discover
    from .grants import ClientCredentials, JWTBearer, Password, RefreshToken, TokenExchange
    from .login import AuthorizationCode, DeviceCode
    from .stores import FileStore, KeyringStore, MemoryStore
    from .token_files import TokenFile
    from .tokens import Token

__all__ = [
    "ApiKey",
    "AsyncTokenClient",
    "AuthorizationCode",
    "Basic",
    "Bearer",
    "ClientCredentials",
    "ClientSecretBasic",
    "ClientSecretJWT",
    "ClientSecretPost",
    "CredentialChain",
    "DeviceCode",
    "FileStore",
    "JWTBearer",
    "KeyringStore",
    "MemoryStore",
    "OAuth",
    "Password",
    "PrivateKeyJWT",
    "PublicClient",
    "RefreshToken",
    "ServerMetadata",
    "TLSClient",
    "Token",
    "TokenClient",
    "TokenExchange",
    "TokenFile",
    "__version__",
    "discover",
]

_SOURCES = {
    "_oauth": ("OAuth",),
    "chain": ("CredentialChain",),
    "client_auth": (
        "ClientSecretBasic",
        "ClientSecretJWT",
        "ClientSecretPost",
        "PrivateKeyJWT",
        "PublicClient",
        "TLSClient",
    ),
    "clients": ("AsyncTokenClient", "TokenClient"),
    "credentials": ("ApiKey", "Basic", "Bearer"),
    "discovery": ("ServerMetadata", "discover"),
    "grants": ("ClientCredentials", "JWTBearer", "Password", "RefreshToken", "TokenExchange"),
    "login": ("AuthorizationCode", "DeviceCode"),
    "stores": ("FileStore", "KeyringStore", "MemoryStore"),
    "token_files": ("TokenFile",),
    "tokens": ("Token",),
}
_MODULES = {name: module for module, names in _SOURCES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
