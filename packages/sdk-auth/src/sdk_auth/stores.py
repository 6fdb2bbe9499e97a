"""
Stores: where tokens are kept between calls, between runs, and between processes.

::

    oauth = OAuth(grant, store=FileStore())             # ~/.local/share/sdk-auth/tokens, or the like
    oauth = OAuth(grant, store=KeyringStore())          # what the system has for secrets
    oauth = OAuth(grant, store=MemoryStore())           # gone with the process

A store of your own is any object with the methods of `sdk_auth.typing.TokenStore`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, NoReturn

from ._file_store import FileStore
from ._keyring_store import KeyringStore
from .typing import TokenStore

if TYPE_CHECKING:
    from .tokens import Token

__all__ = ["FileStore", "KeyringStore", "MemoryStore", "TokenStore"]


class MemoryStore:
    """Keeps tokens as long as the process lives; policies that share it share the tokens."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._locked: set[str] = set()
        self._lock = Lock()

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self._tokens)} tokens>"

    def __reduce__(self) -> NoReturn:
        msg = "a MemoryStore cannot be pickled or copied: it holds secrets; share a FileStore"
        raise TypeError(msg)

    def load(self, key: str) -> Token | None:
        """Return a token; see `TokenStore`."""
        return self._tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keep a token; see `TokenStore`."""
        self._tokens[key] = token

    def delete(self, key: str) -> None:
        """Forget a token; see `TokenStore`."""
        self._tokens.pop(key, None)

    def try_lock(self, key: str) -> Callable[[], None] | None:
        """Take the lock of a token; see `TokenStore`."""
        with self._lock:
            if key in self._locked:
                return None
            self._locked.add(key)
        left = [key]

        def release() -> None:
            with self._lock:
                if left:
                    self._locked.discard(left.pop())

        return release
