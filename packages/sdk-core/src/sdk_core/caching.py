"""
Caching: keep answers in memory or in a file, when asked to.

::

    Client(cache=ResponseCache())                                   # what the server allows
    Client(cache=ResponseCache(ttl=60))                             # and what it says nothing about
    Client(cache=ResponseCache(SQLiteStore("answers.db")))          # shared by processes
    Client(cache=ResponseCache(ttl=3600, methods={"GET", "POST"}))  # and answers by body
"""

from __future__ import annotations

import os
from collections import OrderedDict, defaultdict
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ._freshness import Entry
from .errors import ConfigurationError

if TYPE_CHECKING:
    from ._sqlite import SQLiteStore
    from .policies._cache import ResponseCache

__all__ = ["CacheStore", "Entry", "MemoryStore", "ResponseCache", "SQLiteStore"]


def __getattr__(name: str) -> Any:
    if name == "ResponseCache":  # a policy, which stands on this module
        from .policies._cache import ResponseCache  # noqa: PLC0415  # as said above

        return ResponseCache
    if name == "SQLiteStore":
        from ._sqlite import SQLiteStore  # noqa: PLC0415  # memory needs no database

        return SQLiteStore
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)


@runtime_checkable
class CacheStore(Protocol):
    """
    Where a `ResponseCache` keeps its answers; safe to share between threads.

    Keys and addresses are hashes with a salt that the store makes up once and keeps beside what it
    stores. A store never fails a call: what it cannot read is not there.

    Attributes:
        does_io: Whether its methods may take as long as a disk does.
    """

    does_io: bool

    def salt(self) -> bytes:
        """Return 16 random bytes, the same for as long as anything is kept."""

    def get(self, key: str) -> Entry | None:
        """Return what was put last under *key*, if it is still there."""

    def put(self, key: str, address: str, entry: Entry) -> None:
        """Keep *entry*; *address* is common to all that one change makes doubtful."""

    def forget(self, address: str) -> None:
        """Drop all entries of *address*."""

    def clear(self) -> None:
        """Drop all entries."""


class MemoryStore:
    """
    Keeps answers in this process; what was not used for longest goes first.

    Args:
        max_entries: How many answers are kept.
        max_bytes: How many bytes their bodies may have together.

    Raises:
        ConfigurationError: A figure is no positive integer.
    """

    does_io = False

    def __init__(self, *, max_entries: int = 1000, max_bytes: int = 64 * 2**20) -> None:
        self._max_entries = positive("max_entries", max_entries)
        self._max_bytes = positive("max_bytes", max_bytes)
        self._salt = os.urandom(16)
        self._lock = Lock()
        self._entries: OrderedDict[str, tuple[str, Entry]] = OrderedDict()
        self._addresses: defaultdict[str, set[str]] = defaultdict(set)
        self._bytes = 0

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self._entries)} answers, {self._bytes} bytes>"

    def __len__(self) -> int:
        return len(self._entries)

    def salt(self) -> bytes:
        """Return the salt; see `CacheStore`."""
        return self._salt

    def get(self, key: str) -> Entry | None:
        """Return an entry; see `CacheStore`."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[1]

    def put(self, key: str, address: str, entry: Entry) -> None:
        """Keep an entry; see `CacheStore`."""
        with self._lock:
            self._drop(key)
            if len(entry.content) > self._max_bytes:
                return
            self._entries[key] = (address, entry)
            self._addresses[address].add(key)
            self._bytes += len(entry.content)
            while self._bytes > self._max_bytes or len(self._entries) > self._max_entries:
                self._drop(next(iter(self._entries)))

    def forget(self, address: str) -> None:
        """Drop the entries of an address; see `CacheStore`."""
        with self._lock:
            for key in tuple(self._addresses.get(address, ())):
                self._drop(key)

    def clear(self) -> None:
        """Drop all entries."""
        with self._lock:
            self._entries.clear()
            self._addresses.clear()
            self._bytes = 0

    def _drop(self, key: str) -> None:
        dropped = self._entries.pop(key, None)
        if dropped is not None:
            address, entry = dropped
            self._bytes -= len(entry.content)
            keys = self._addresses[address]
            keys.discard(key)
            if not keys:
                del self._addresses[address]


def positive(option: str, value: Any) -> int:
    """
    Return *value*, a figure of a store.

    Raises:
        ConfigurationError: It is no positive integer.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"`{option}` of a store must be an integer >= 1, not {value!r}"
        raise ConfigurationError(msg)
    return value
