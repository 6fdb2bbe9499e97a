"""
Frames: what the traceback of an error keeps of the functions that it came through.

Some tools show the local variables of every frame of a traceback (rich, error trackers), and those
of a call path are full of secrets: the bytes that an engine was about to write, the form that asks
for a token. So the frames of the family, of its engines and of the standard library are emptied
when an error leaves the call path. They stay in the traceback, with their file and line, but for
generators and coroutines that may still have something to do: those are left alone, and out. The
frames of whoever calls, or is called by the family (policies, hooks), stay as they are.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import zip_longest
from types import FrameType, TracebackType
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_SUSPENDABLE = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR

_EMPTIED = sys.stdlib_module_names | {
    *("sdk_core", "sdk_auth", "sdk_openai_compat", "sdk_platform", "sdk_telemetry"),
    *("httpx", "httpcore", "httpx2", "httpcore2", "h11", "h2", "hpack", "socksio"),
    *("aiohttp", "pyreqwest", "websockets", "anyio", "trio", "redis"),
    *("attr", "msgspec", "pydantic", "pydantic_settings", "jwt", "cryptography", "keyring"),
}


def forget(error: BaseException, censored: Callable[[str], str] | None = None) -> None:
    """
    Empty the frames in the traceback of *error*, and of those that led to it.

    Functions that still run, or wait to go on, keep what they have.

    Args:
        error: What is raised.
        censored: Takes the secrets out of what the errors say, too.
    """
    running = set(_running())
    for each in _chain(error):
        if censored is not None:
            each.args = tuple(_clean(argument, censored) for argument in each.args)
        kept = [place for place in _places(each) if _is_kept(place, each, running)]
        for place, following in zip_longest(kept, kept[1:]):
            place.tb_next = following
        each.__traceback__ = kept[0] if kept else None


def _is_kept(place: TracebackType, error: BaseException, running: set[FrameType]) -> bool:
    """Empty the frame at *place* if it is to be emptied; return whether it may be seen."""
    frame = place.tb_frame
    module = frame.f_globals.get("__name__", "")
    if module.partition(".")[0] not in _EMPTIED or frame in running:
        return True
    if frame.f_code.co_flags & _SUSPENDABLE and not (
        place is not error.__traceback__ and frame.f_lasti == place.tb_lasti
    ):
        # It handled the error, or has a `finally`, and may wait to go on: to clear it would end it.
        return False
    with suppress(RuntimeError):  # it runs in another thread
        frame.clear()
    return True


def _places(error: BaseException) -> Iterator[TracebackType]:
    place = error.__traceback__
    while place is not None:
        yield place
        place = place.tb_next


def _running() -> Iterator[FrameType]:
    frame: FrameType | None = inspect.currentframe()
    while frame is not None:
        yield frame
        frame = frame.f_back


def concealed(function: F) -> F:
    """Return *function*, or a class, with its arguments kept out of the tracebacks of what it raises."""
    if isinstance(function, type):
        function.__init__ = concealed(function.__init__)  # type: ignore[misc]  # as is meant
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs  # this frame runs, so by hand
            forget(error)
            raise

    return cast("F", call)


def _clean(argument: Any, censored: Callable[[str], str]) -> Any:
    """Return what an error says, or its censored form if there is something to be censored."""
    if isinstance(argument, str):
        return censored(argument)
    text = repr(argument)
    clean = censored(text)
    return argument if clean == text else clean


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and all that is behind it, each once."""
    left: list[Any] = [error]
    seen: set[int] = set()
    while left:
        each = left.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        left += (each.__cause__, each.__context__, *getattr(each, "exceptions", ()))
