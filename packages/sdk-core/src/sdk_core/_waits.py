"""How the two drivers wait for a ticket, and let go of an answer that nobody will read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from asyncio import Task

    from ._effects import Wait
    from ._messages import Response

T = TypeVar("T")
Post: TypeAlias = Callable[[Callable[[], object]], object]

_going_on: set[Task[Any]] = set()


def wait(effect: Wait) -> bool:
    """Block until the ticket is called or the time is over; return whether it was called."""
    ticket, called = effect.ticket, Event()
    ticket.when_called(called.set)
    called.wait(effect.seconds)
    return ticket.called


async def await_ticket(effect: Wait) -> bool:
    """Do as `wait` does, in the running loop."""
    from anyio import Event, move_on_after  # noqa: PLC0415  # programs that block need no anyio

    ticket, called = effect.ticket, Event()
    ticket.when_called(partial(_wake, _post(), called.set))
    with move_on_after(effect.seconds):
        await called.wait()
    return ticket.called


async def finish(work: Coroutine[Any, Any, T]) -> T:
    """Await *work*, which goes on to its end though whoever awaits this is cancelled."""
    import asyncio  # noqa: PLC0415  # as in _post

    try:
        task = asyncio.get_running_loop().create_task(work)
    except RuntimeError:  # trio, where a shield holds everything off
        from anyio import CancelScope  # noqa: PLC0415  # as above

        with CancelScope(shield=True):
            return await work
    # A loop keeps no task alive by itself, and complains of failures that nobody has looked at.
    _going_on.add(task)
    task.add_done_callback(_ended)
    return await asyncio.shield(task)


def _ended(task: Task[Any]) -> None:
    _going_on.discard(task)
    if not task.cancelled():
        task.exception()


def _wake(post: Post, wake: Callable[[], object]) -> None:
    with suppress(RuntimeError):  # the loop is closed, and with it whoever waited in it
        post(wake)


def _post() -> Post:
    """Return what has a function called by the running loop, from any thread."""
    import asyncio  # noqa: PLC0415  # the loop's library is there; trio's users have it by anyio

    with suppress(RuntimeError):  # no loop of asyncio's runs here
        return asyncio.get_running_loop().call_soon_threadsafe
    trio: Post = sys.modules["trio"].lowlevel.current_trio_token().run_sync_soon
    return trio


async def let_go(response: Response) -> None:
    """Close the body of *response*, in spite of a cancellation that is under way."""
    from anyio import CancelScope  # noqa: PLC0415  # as above

    if response.stream is not None:
        with CancelScope(shield=True), suppress(Exception):
            await response.stream.aclose()
