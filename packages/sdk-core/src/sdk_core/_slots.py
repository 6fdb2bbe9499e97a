"""
Slots as arithmetic: how many calls run at once, and what their outcomes make of that number.

Sans-IO and without a clock. The rule is AIMD (additive increase, multiplicative decrease), as TCP
Reno has it: Chiu and Jain 1989 show that those who share a server so come to fair shares.
"""

from __future__ import annotations

from threading import Lock
from typing import Final, TypeAlias

import attrs

DECREASE: Final = 0.7

Change: TypeAlias = tuple[float, float]
"""A limit before and after."""


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
        self._lock.acquire()  # `with` takes longer, and every call comes by
        try:
            running = self.running + 1
            if running > self.limit:
                return False
            self.running = running
        finally:
            self._lock.release()
        return True

    def leave(self, epoch: int = 0, overloaded: bool | None = None) -> Change | None:
        """Give a slot back; see `judge` for what is learned from the call that held it."""
        self._lock.acquire()  # as above
        try:
            running = self.running
            self.running = running - 1
            if overloaded or running * 2 > self.limit:  # as seldom
                return self._learn(epoch, overloaded, running)
        finally:
            self._lock.release()
        return None

    def judge(self, epoch: int, overloaded: bool | None) -> Change | None:
        """
        Learn from a call that keeps its slot; return the limit before and after a change.

        It began in *epoch*. A success counts only while most slots are in use: what is not asked
        for is not proven. None says nothing about the server.
        """
        with self._lock:
            return self._learn(epoch, overloaded, self.running)

    def _learn(self, epoch: int, overloaded: bool | None, running: int) -> Change | None:
        before = self.limit
        if overloaded:
            if epoch != self.epoch:
                return None
            self.limit = max(self._span.least, before * DECREASE)
            self.epoch += 1
        elif overloaded is None or running * 2 <= before or before >= self._span.most:
            return None
        else:
            self._successes += 1
            if self._successes < before:
                return None
            self.limit = min(self._span.most, before + 1.0)
        self._successes = 0
        return None if self.limit == before else (before, self.limit)
