"""
Slots as arithmetic: how many calls run at once, and what their outcomes make of that number.

Sans-IO and without a clock. The rule is AIMD (additive increase, multiplicative decrease), as TCP
Reno has it: Chiu and Jain 1989 show that those who share a server so come to fair shares.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

import attrs

DECREASE: Final = 0.7


@attrs.frozen
class Span:
    """Between which numbers the limit moves, and where it begins."""

    initial: float
    most: float
    least: float


class Slots:
    """
    The slots of one process.

    Attributes:
        limit: How many calls may run; the part behind the point is on its way to one more.
        running: How many do.
        epoch: How often the limit has been lowered. A call from before the last time says nothing
            new: many calls fail at once, and together they lower it once.
    """

    def __init__(self, span: Span) -> None:
        self.limit = span.initial
        self.running = 0
        self.epoch = 0
        self._span = span
        self._successes = 0
        self._lock = Lock()

    def enter(self) -> bool:
        """Take a slot, if one is free."""
        with self._lock:
            free = self.running < int(self.limit)
            self.running += free
            return free

    def leave(self) -> None:
        """Give a slot back."""
        with self._lock:
            self.running -= 1

    def judge(self, epoch: int, *, overloaded: bool) -> tuple[float, float] | None:
        """
        Learn from a call that holds a slot; return the limit before and after a change.

        It began in *epoch*. A success counts only while most slots are in use: what is not asked
        for is not proven.
        """
        before = self.limit
        if not overloaded and (before >= self._span.most or self.running * 2 <= before):
            return None  # as mostly; the figures need not be exact, only their changes
        with self._lock:
            before = self.limit
            if overloaded:
                if epoch != self.epoch:
                    return None
                self.limit = max(self._span.least, before * DECREASE)
                self.epoch += 1
            else:
                self._successes += 1
                if self._successes < before:
                    return None
                self.limit = min(self._span.most, before + 1.0)
            self._successes = 0
            return None if self.limit == before else (before, self.limit)
