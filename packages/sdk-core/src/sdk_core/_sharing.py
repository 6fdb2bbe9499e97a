"""
What transports with equal options share, and who closes it.

A TLS context costs about 20 ms and 800 KB, and connections of its own for every client waste warm
ones, so transports borrow. Blocking ones share within the process, asynchronous ones within an
event loop too: a connection belongs to the loop that opened it. Where the last one leaves, what
was shared is closed.
"""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from typing import Any, Generic, Protocol, TypeVar


class Closing(Protocol):
    """What can be shared by transports that block."""

    def close(self) -> None: ...


P = TypeVar("P", bound=Closing)
A = TypeVar("A")

# Reentrant: collecting garbage may finalize a transport in the middle of a locked section.
_lock = threading.RLock()
_shares: dict[Hashable, Share[Any]] = {}
_async_shares: dict[Hashable, AsyncShare[Any]] = {}


class Share(Generic[P]):
    """
    What the blocking transports with equal options have in common.

    Attributes:
        pools: Their connections.
        users: How many transports there are.
    """

    __slots__ = ("_make", "_options", "pools", "users")

    def __init__(self, options: Hashable, make: Callable[[], P]) -> None:
        self._options = options
        self._make = make
        self.pools = make()
        self.users = 0

    @classmethod
    def enter(cls, options: Hashable, make: Callable[[], P]) -> Share[P]:
        """Count a transport that begins to use what *make* makes for *options*."""
        with _lock:
            found = _shares.get(options)
            if found is None:
                found = _shares[options] = cls(options, make)
            found.users += 1
            return found

    def leave(self) -> None:
        """Count a transport that is done; the last one closes the connections."""
        with _lock:
            self.users -= 1
            if self.users:
                return
            del _shares[self._options]  # whoever enters after this gets pools that stay open
        self.pools.close()

    def forget(self) -> None:
        """Begin anew, without a word to the other ends."""
        self.pools = self._make()


class _Here(Generic[A]):
    """What is shared in one event loop."""

    def __init__(self, pools: A) -> None:
        self.pools = pools
        self.users: weakref.WeakSet[Any] = weakref.WeakSet()


class AsyncShare(Generic[A]):
    """What the asynchronous transports with equal options have in common, loop by loop."""

    def __init__(self, options: Hashable, make: Callable[[], A]) -> None:
        self._options = options
        self._make = make
        self.users: weakref.WeakSet[Any] = weakref.WeakSet()
        self.by_loop: weakref.WeakKeyDictionary[Any, _Here[A]] = weakref.WeakKeyDictionary()

    @classmethod
    def enter(cls, user: object, options: Hashable, make: Callable[[], A]) -> AsyncShare[A]:
        """Return what *user* shares with others of the same *options*."""
        with _lock:
            found = _async_shares.get(options)
            if found is None:
                found = _async_shares[options] = cls(options, make)
            found.users.add(user)
            return found

    def here(self, user: object) -> A:
        """Return what *user* shares in the running loop."""
        loop = running_loop()
        here = self.by_loop.get(loop)
        if here is None or user not in here.users:
            with _lock:
                here = self.by_loop.get(loop)
                if here is None:
                    self._forget_closed()
                    here = self.by_loop[loop] = _Here(self._make())
                here.users.add(user)
        return here.pools

    def leave(self, user: object) -> A | None:
        """
        Count a transport that is done.

        Returns:
            What it was the last one to use in the running loop, for the caller to close. Other
            loops keep theirs until they end.
        """
        loop = running_loop()
        with _lock:
            self.users.discard(user)
            self._forget_closed()
            if not self.users and _async_shares.get(self._options) is self:
                del _async_shares[self._options]
            mine = self.by_loop.get(loop)
            used = mine is not None and user in mine.users
            for here in self.by_loop.values():
                here.users.discard(user)
            if mine is None or not used or mine.users:
                return None
            del self.by_loop[loop]
            return mine.pools

    def _forget_closed(self) -> None:
        # Connections hold on to their loop; a closed one would stay here for ever.
        for loop in [each for each in self.by_loop if getattr(each, "is_closed", bool)()]:
            abandon = getattr(self.by_loop.pop(loop).pools, "abandon", None)
            if abandon is not None:
                abandon()

    def forget(self) -> None:
        """Begin anew, without a word to the other ends."""
        self.by_loop = weakref.WeakKeyDictionary()


def running_loop() -> Any:
    """Return what stands for the running event loop: asyncio's, or the token of trio."""
    from asyncio import get_running_loop  # noqa: PLC0415  # synchronous programs never need it

    try:
        return get_running_loop()
    except RuntimeError:
        # An async driver that runs in no asyncio loop runs in trio's, so trio has been imported.
        return sys.modules["trio"].lowlevel.current_trio_token()


def soon(loop: Any, close: Callable[[], Awaitable[None]]) -> None:
    """Have *loop*, as `running_loop` gave it, run *close*; from any thread, even if it is over."""

    async def quietly() -> None:
        with suppress(Exception):  # nobody is there to hear of it
            await close()

    def start() -> None:
        task = loop.create_task(quietly())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    with suppress(RuntimeError):  # the loop is over, and its connections with it
        if hasattr(loop, "call_soon_threadsafe"):
            loop.call_soon_threadsafe(start)
        else:
            loop.run_sync_soon(sys.modules["trio"].lowlevel.spawn_system_task, quietly)


_closing: set[Any] = set()


def _after_fork() -> None:
    # A child must not write to its parent's connections. Forgetting them closes only this side's
    # file descriptors; nothing is sent. Another thread of the parent may have held the lock.
    global _lock  # noqa: PLW0603  # there is one
    _lock = threading.RLock()
    for share in _shares.values():
        share.forget()
    for async_share in _async_shares.values():
        async_share.forget()


os.register_at_fork(after_in_child=_after_fork)
