"""TLS contexts for the engines that take one; each costs about 20 ms and 800 KB."""

from __future__ import annotations

import os
import ssl
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from .errors import ConfigurationError


class Trusting(Protocol):
    """The part of a transport's options that is about TLS."""

    @property
    def verify(self) -> Any: ...
    @property
    def cert(self) -> tuple[str, ...] | None: ...
    @property
    def trust_env(self) -> bool: ...


def context_of(options: Trusting, *protocols: str) -> ssl.SSLContext:
    """
    Return the context for *options*; equal ones share it.

    Args:
        options: Whom to trust, and who we are.
        protocols: Those that the engine will offer. httpcore writes them into the context, so
            that engines with different ones must not share.

    Raises:
        ConfigurationError: A file cannot be used; the message names the option.
    """
    if isinstance(options.verify, ssl.SSLContext):
        if options.cert is not None:
            msg = "`cert` goes into the ssl.SSLContext that `verify` is: use load_cert_chain"
            raise ConfigurationError(msg)
        return options.verify
    return _made(options.verify, options.cert, options.trust_env, protocols)


@lru_cache(maxsize=16)
def _made(
    verify: bool | str, cert: tuple[str, ...] | None, trust_env: bool, _: tuple[str, ...]
) -> ssl.SSLContext:
    if isinstance(verify, str):
        made = _trusting(verify)
    elif verify:
        made = _default(trust_env=trust_env)
    else:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if cert is not None:
        certificate, key, password = (*cert, None, None)[:3]
        try:
            made.load_cert_chain(certificate or "", key, password)
        except (OSError, ssl.SSLError) as exc:
            msg = f"`cert` cannot be used: {certificate}: {exc.strerror or exc}"
            raise ConfigurationError(msg) from None
    return made


def _default(*, trust_env: bool) -> ssl.SSLContext:
    """Return a context that trusts whom httpx does, which need not be there for it."""
    if trust_env and (file := os.environ.get("SSL_CERT_FILE")):
        return ssl.create_default_context(cafile=file)
    if trust_env and (folder := os.environ.get("SSL_CERT_DIR")):
        return ssl.create_default_context(capath=folder)
    import certifi  # noqa: PLC0415  # plain HTTP needs none

    return ssl.create_default_context(cafile=certifi.where())


def _trusting(path: str) -> ssl.SSLContext:
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        msg = f"`verify` cannot be used: {path}: {exc.strerror or exc}"
        raise ConfigurationError(msg) from None


@cache
def untrusting() -> ssl.SSLContext:
    """
    Return the context that trusts nobody, for what only ever speaks plain HTTP.

    Should it be asked for TLS after all, it fails instead of talking to anyone.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
