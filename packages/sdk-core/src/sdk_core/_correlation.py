"""
Correlation: which answer belongs to which request, when answers come over a way of their own.

Sans-IO. A call is registered before its request is sent, so that no answer can be too early; it ends
exactly once: answered, failed or forgotten.
"""

from __future__ import annotations

import threading
from copy import copy
from typing import Any, Literal, Protocol

Verdict = Literal["accepted", "late", "duplicate", "stale", "foreign"]

_REMEMBERED = 4096  # ids of calls that are over; older ones count as late


class Event(Protocol):
    """What a caller waits for."""

    def set(self) -> Any: ...


class Waiter:
    """
    One call.

    Attributes:
        id: What its request and its answer are marked with.
        generation: The connection over which its answer is awaited.
        event: Set when it is over.
        answer: What came; None: nothing.
        error: Why nothing will come; None: it may.
        over: Whether it has ended.
    """

    __slots__ = ("answer", "error", "event", "generation", "id", "over")

    def __init__(self, number: int, generation: int, event: Event) -> None:
        self.id = number
        self.generation = generation
        self.event = event
        self.answer: Any = None
        self.error: Exception | None = None
        self.over = False


class Calls:
    """
    The calls that wait for an answer.

    Safe to share between threads: nothing waits while the lock is held.

    Args:
        rearm: Whether calls survive the loss of the connection, because the server is going to
            send their answers over the next one; else they fail.

    Attributes:
        generation: How many connections there have been.
        counts: How many answers there were of each `Verdict`.
        malformed: How many messages were none; for those who read them to count.
    """

    def __init__(self, *, rearm: bool) -> None:
        self.generation = 0
        self.counts: dict[Verdict, int] = dict.fromkeys(
            ("accepted", "late", "duplicate", "stale", "foreign"), 0
        )
        self.malformed = 0
        self._rearm = rearm
        self._last = 0
        self._waiting: dict[int, Waiter] = {}
        self._done: dict[int, Verdict] = {}  # what another answer to it would be
        self._ended: Exception | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    def register(self, event: Event) -> Waiter:
        """
        Return a new call, which waits.

        Raises:
            Exception: What `end` was given: there are no more answers.
        """
        with self._lock:
            if self._ended is not None:
                raise self._ended
            self._last += 1
            waiter = Waiter(self._last, self.generation, event)
            self._waiting[waiter.id] = waiter
            return waiter

    def answer(self, number: object, answer: object, generation: int) -> Verdict:
        """Give *answer*, which came over the connection *generation*, to the call that it is for."""
        with self._lock:
            verdict = self._judge(number, generation)
            self.counts[verdict] += 1
            if verdict == "accepted":
                assert isinstance(number, int)
                waiter = self._waiting[number]
                waiter.answer = answer
                self._finish(waiter, "duplicate")
            return verdict

    def forget(self, waiter: Waiter) -> bool:
        """Let nobody wait for *waiter* any more; return whether somebody did."""
        with self._lock:
            if waiter.over:
                return False
            self._finish(waiter, "late")
            return True

    def connected(self) -> int:
        """Note that there is another connection; return its generation."""
        with self._lock:
            self.generation += 1
            for waiter in self._waiting.values():  # those that were registered in between, too
                waiter.generation = self.generation
            return self.generation

    def lost(self, error: Exception) -> None:
        """Note that the connection is lost: the calls fail with *error*, unless they survive."""
        with self._lock:
            if not self._rearm:
                self._fail(error)

    def end(self, error: Exception) -> None:
        """Fail all calls, these and later ones, with *error*."""
        with self._lock:
            self._ended = self._ended or error
            self._fail(error)

    def _judge(self, number: object, generation: int) -> Verdict:
        # JSON has booleans and fractions, which Python takes for equal to integers.
        if type(number) is not int or not 1 <= number <= self._last:
            return "foreign"
        if number not in self._waiting:
            return self._done.get(number, "late")
        return "accepted" if generation == self._waiting[number].generation else "stale"

    def _fail(self, error: Exception) -> None:
        for waiter in list(self._waiting.values()):
            waiter.error = copy(error)  # each caller raises one of its own
            self._finish(waiter, "late")

    def _finish(self, waiter: Waiter, another: Verdict) -> None:
        del self._waiting[waiter.id]
        self._done[waiter.id] = another
        if len(self._done) > _REMEMBERED:
            del self._done[next(iter(self._done))]
        waiter.over = True
        waiter.event.set()
