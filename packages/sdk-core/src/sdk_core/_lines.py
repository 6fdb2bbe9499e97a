"""
Lines: whoever wants the same thing waits for it in the order of coming.

Sans-IO: a ticket says when its turn has come, and a driver waits for that with the effect `Wait`.
One line serves threads and event loops at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from ._effects import Wait

if TYPE_CHECKING:
    from .typing import Flow

T = TypeVar("T")


class Ticket:
    """
    A place in a line.

    Attributes:
        called: Whether its turn has come.
        cost: How much its owner wants.
    """

    __slots__ = ("_wake", "called", "cost")

    def __init__(self, cost: float = 0.0) -> None:
        self.called = False
        self.cost = cost
        self._wake: Callable[[], object] | None = None

    def call(self) -> None:
        """Say that the turn has come; from any thread."""
        self.called = True
        wake = self._wake
        if wake is not None:
            wake()

    def when_called(self, wake: Callable[[], object]) -> None:
        """
        Have *wake* called when the turn comes, which may be at once, and may be twice.

        `call` writes and then reads what this reads and writes in the other order: whichever
        thread is first, one of the two sees the other.
        """
        self._wake = wake
        if self.called:
            wake()


class Line:
    """
    Tickets, first come first served: the first one is called, and again at every `nudge`.

    Attributes:
        waiting: How many they are; none means that whoever asks has nobody before it.
        cost: How much all of them want together.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self.cost = 0.0
        self._lock = Lock()
        self._tickets: deque[Ticket] = deque()

    def join(self, cost: float = 0.0) -> Ticket:
        """Return a ticket for the end of the line."""
        ticket = Ticket(cost)
        with self._lock:
            self._tickets.append(ticket)
            self.waiting += 1
            self.cost += cost
            ticket.called = self._tickets[0] is ticket
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give *ticket* back, served or not; whoever is first then is called."""
        with self._lock:
            first = self._tickets[0] is ticket
            self._tickets.remove(ticket)
            self.waiting -= 1
            self.cost = self.cost - ticket.cost if self._tickets else 0.0
            following = self._tickets[0] if first and self._tickets else None
        if following is not None:
            following.call()

    def nudge(self) -> None:
        """Call the first one: what it waits for may be there."""
        with self._lock:
            first = self._tickets[0] if self._tickets else None
        if first is not None:
            first.call()


class Exclusive:
    """
    Run one flow at a time, in the order of coming: ``result = yield from exclusive(flow)``.

    For what must not be done twice at once, such as fetching a new token when many calls find
    that the old one has expired. A flow that is cancelled, waiting or running, lets the next one
    in. Works across threads and event loops.
    """

    def __init__(self) -> None:
        self._line = Line()

    def __call__(self, flow: Flow[T]) -> Flow[T]:
        """Run *flow* when its turn has come; return what it returns."""
        ticket = self._line.join()
        try:
            if not ticket.called:
                yield Wait(ticket)
            return (yield from flow)
        finally:
            self._line.leave(ticket)
