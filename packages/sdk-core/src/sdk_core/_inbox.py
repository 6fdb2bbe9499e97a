"""Bounded buffers between who brings items and who takes them. Sans-IO: nobody waits here."""

from __future__ import annotations

from collections import deque
from typing import Any, Generic, Literal, TypeAlias, TypeVar, get_args

from .errors import ConfigurationError

T = TypeVar("T")

Overflow: TypeAlias = Literal["wait", "drop_oldest", "drop_newest", "close"]
"""What happens to items that come faster than they are taken, once the buffer is full."""


def check_overflow(size: Any, overflow: Any) -> None:
    """
    Refuse options that cannot be.

    Raises:
        ConfigurationError: One of them.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        msg = f"`max_queue` must be an integer >= 1, not {size!r}"
        raise ConfigurationError(msg)
    if overflow not in get_args(Overflow):
        msg = f"`overflow` must be one of {', '.join(get_args(Overflow))}, not {overflow!r}"
        raise ConfigurationError(msg)


class Inbox(Generic[T]):
    """
    Items that wait to be taken, *size* of them at most.

    Attributes:
        dropped: How many were thrown away.
        ended: Why no more will come; None: more may.
    """

    def __init__(self, size: int, overflow: Overflow) -> None:
        self.dropped = 0
        self.ended: BaseException | None = None
        self._size = size
        self._overflow = overflow
        self._items: deque[T] = deque()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether one more would be too many."""
        return len(self._items) >= self._size

    def put(self, item: T) -> bool:
        """Keep *item*, or drop one; False: there is no room, and nothing may be dropped."""
        if self.full:
            if self._overflow not in {"drop_oldest", "drop_newest"}:
                return False
            self.dropped += 1
            if self._overflow == "drop_newest":
                return True
            self._items.popleft()
        self._items.append(item)
        return True

    def take(self) -> T:
        """Return the oldest item. Raises IndexError when there is none."""
        return self._items.popleft()
