"""Keeping: tokens in a store that other processes use too, as flows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from logging import getLogger
from time import time
from typing import TYPE_CHECKING, Final

from sdk_core.policies import Call, Sleep
from sdk_core.typing import Flow

from .errors import TokenStoreError

if TYPE_CHECKING:
    from .tokens import Token
    from .typing import TokenStore

_log = getLogger("sdk_auth")

PATIENCE: Final = 120.0
"""Seconds to wait for another process that renews; more than the repeats of a request take."""

_SHORTEST, _LONGEST = 0.02, 0.5  # seconds between two looks at a lock


def load(store: TokenStore, key: str) -> Flow[Token | None]:
    """Return what is kept under *key*, or None."""
    token: Token | None = yield Call(partial(store.load, key))
    return token


def save(store: TokenStore, key: str, token: Token) -> Flow[None]:
    """Keep *token*; raises what the store raises."""
    yield Call(partial(store.save, key, token))


def try_save(store: TokenStore, key: str, token: Token) -> Flow[None]:
    """Keep *token* if that is possible: the call that needed it goes on without."""
    try:
        yield from save(store, key, token)
    except TokenStoreError as exc:
        _log.warning("a new token is in memory only: %s", exc)


def forget(store: TokenStore, key: str) -> Flow[None]:
    """Forget what is kept under *key*."""
    yield Call(partial(store.delete, key))


def lock(store: TokenStore, key: str) -> Flow[Callable[[], None]]:
    """
    Wait until no other process has the lock of *key*; return its release.

    Raises:
        TokenStoreError: One has had it for too long.
    """
    waited, pause = 0.0, _SHORTEST
    while True:
        release: Callable[[], None] | None = yield from try_lock(store, key)
        if release is not None:
            return release
        if waited >= PATIENCE:
            msg = (
                f"another process has held the lock of the token store for {PATIENCE:.0f} s; end it"
            )
            raise TokenStoreError(msg)
        yield Sleep(pause)
        waited, pause = waited + pause, min(pause * 1.5, _LONGEST)


def try_lock(store: TokenStore, key: str) -> Flow[Callable[[], None] | None]:
    """Return the release of the lock of *key*, or None while another process has it."""
    release: Callable[[], None] | None = yield Call(partial(store.try_lock, key))
    return release


def seconds_left(token: Token) -> Flow[float | None]:
    """
    Return the seconds until *token* ends; None if it does not say.

    Never more than its whole life: the clock may have been set back since it was kept.
    """
    if token.expires_at is None:
        return None
    now: float = yield Call(time)
    left = token.expires_at - now
    return min(left, token.expires_at - token.issued_at) if token.issued_at else left
