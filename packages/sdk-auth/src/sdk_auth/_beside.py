"""
Beside: call what blocks, such as a browser or a prompt, in a thread, while a flow waits.

The thread serves both colours. It is a daemon: a person who never answers keeps no program alive.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from threading import Thread
from typing import Any, Generic, TypeVar

from sdk_core.policies import Call, Ticket, Wait
from sdk_core.typing import Flow

T = TypeVar("T")


class _Errand(Generic[T]):
    def __init__(self, function: Callable[[], T]) -> None:
        self.ticket = Ticket()
        self.results: list[T] = []
        self.error: BaseException | None = None
        self._function = function
        Thread(target=self._run, name="sdk-auth-prompt", daemon=True).start()

    def _run(self) -> None:
        try:
            self.results.append(self._function())
        except BaseException as exc:  # it is raised where somebody waits
            self.error = exc
        finally:
            self.ticket.call()


def beside(function: Callable[..., T], *args: Any, seconds: float) -> Flow[T | None]:
    """
    Return what *function* returns, or None if that takes longer than *seconds*.

    A coroutine function is awaited instead, by the asynchronous driver, for as long as it takes.
    """
    call = partial(function, *args)
    if iscoroutinefunction(function):
        awaited: T = yield Call(call)
        return awaited
    errand: _Errand[T] = yield Call(partial(_Errand, call))
    if not (yield Wait(errand.ticket, seconds)):
        return None
    if errand.error is not None:
        raise errand.error
    return errand.results[0]


def open_browser(url: str) -> bool:
    """Open *url* in the browser of the person at this machine; say whether there is one."""
    import webbrowser  # noqa: PLC0415  # looks for browsers when it is imported

    return webbrowser.open(url)


def tell(message: str) -> None:
    """Write *message* to standard error, where it disturbs no output."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201  # a person waits for it


def paste(url: str) -> str:
    """
    Ask for what the browser shows in the end.

    It is shown while it is typed: a terminal that hides it would have to be set right again by this
    thread, which ends with the program when a person gives up. A code is good once, and only for
    the attempt that it belongs to.
    """
    tell(f"Open this page, on any machine, and sign in:\n\n    {url}\n")
    tell("Paste the address that the browser comes to, or the code in it:")
    return sys.stdin.readline()
