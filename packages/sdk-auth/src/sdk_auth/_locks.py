"""
Locks between processes: on a file, held by an open descriptor, and gone with the process.

The file stays where it is: whoever removed it would give two processes a lock each.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Final

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)

if sys.platform == "win32":  # pragma: no cover - the other one of two systems
    import msvcrt

    def claim(descriptor: int) -> bool:
        """Lock the file behind *descriptor*, unless another one has it; closing it lets go."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _let_go(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def claim(descriptor: int) -> bool:
        """Lock the file behind *descriptor*, unless another one has it; closing it lets go."""
        try:
            # Of the open file, not of the process as those of POSIX: threads are kept apart, too.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _let_go(descriptor: int) -> None:
        # Said aloud, for a child that was forked may have a copy of the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class HeldLock:
    """A lock that somebody has; call it to let go, once or more."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._process = os.getpid()

    def __call__(self) -> None:
        with _guard:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor is None or self._process != os.getpid():  # a child's copy is closed
                return
            _held.discard(descriptor)
            try:
                _let_go(descriptor)
            finally:
                os.close(descriptor)


def try_lock(file: Path) -> HeldLock | None:
    """
    Take the lock of *file*, which is made if there is none, without waiting.

    Returns:
        The lock, or None while another process, thread or caller has it.

    Raises:
        OSError: The file cannot be opened, or its file system knows no locks.
    """
    with _guard:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o600)
        _held.add(descriptor)
        try:
            # Another file may be in its place by now, which is what the next one will lock.
            if claim(descriptor) and _is_at(descriptor, file):
                return HeldLock(descriptor)
        except BaseException:
            _drop(descriptor)
            raise
        _drop(descriptor)
        return None


def _is_at(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False


def _drop(descriptor: int) -> None:
    _held.discard(descriptor)
    os.close(descriptor)


_guard: Final = threading.Lock()
_held: Final[set[int]] = set()


def _forget() -> None:
    """Close what a child has inherited: else a lock would outlive the process that took it."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()
    _guard.release()


if hasattr(os, "register_at_fork"):  # pragma: no branch - where there are no forks
    os.register_at_fork(
        before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_forget
    )
