"""
Imports in threads, which forks wait for.

A fork in the midst of an import copies the lock of the module and not the thread that has it: the
child would wait for ever when it needs the module. The first event of a client loads some.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Final

__all__ = ["loading"]

_PATIENCE: Final = 5.0  # seconds that a fork waits: it may be what the import waits for

_lock = RLock()
_held: list[RLock] = []


@contextmanager
def loading() -> Iterator[None]:
    """Keep this process from forking while a thread imports what it needs."""
    with _lock:
        yield


def _hold() -> None:
    if _lock.acquire(timeout=_PATIENCE):
        _held.append(_lock)


def _let_go() -> None:
    while _held:
        _held.pop().release()


def _begin_anew() -> None:
    global _lock  # noqa: PLW0603  # who had the old one may be gone
    _held.clear()
    _lock = RLock()


_at_fork = getattr(os, "register_at_fork", lambda **_: None)  # Windows does not fork
_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_begin_anew)
