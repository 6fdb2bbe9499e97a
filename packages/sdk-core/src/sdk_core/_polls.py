"""Polls: asking again until something is done, as flows."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Protocol, TypedDict, TypeVar

import attrs

from ._effects import Call, Now, Sleep
from ._links import StrayLinkError, own_address
from ._lookup import find
from ._retry_after import retry_after
from ._ways import page_of
from .errors import (
    APIResponseValidationError,
    ConfigurationError,
    PollCancelledError,
    PollError,
    PollFailedError,
    PollTimeoutError,
)
from .options import refuse_unknown_options
from .responses import APIResponse
from .typing import Flow

A = TypeVar("A")

DONE = frozenset({"succeeded", "success", "completed", "complete", "done", "finished", "ready"})
"""What APIs call the state of something that is done."""

FAILED = frozenset({"failed", "error", "errored", "canceled", "cancelled", "expired", "aborted"})
"""What they call the state of something that will never be."""

_LEAST = 0.05  # seconds; neither a server whose hint is 0 nor an event is asked in a busy loop


class Cancel(Protocol):
    """What tells a poll to give up: a `threading.Event`, or that of asyncio or anyio."""

    def is_set(self) -> bool: ...
    @property
    def wait(self) -> Callable[..., Any]: ...


Pause = Callable[[Cancel, float], Any]
"""Waits for a number of seconds, or until it is told to give up."""


class PollOptions(TypedDict, total=False):
    """
    How often, and how long, something is asked for.

    Attributes:
        interval: Seconds to the second request. Default: 1.
        backoff: By how much each wait is longer than the one before. Default: 1.5.
        max_interval: Seconds, the longest wait. Default: 30.
        jitter: The part of a wait, from 0 to 1, that chance adds or takes. Default: 0.1.
        timeout: Seconds for all, None for no limit; the last request is sent when it is over.
            Default: None.
        cancel: Ends it once it is set, also in the middle of a wait.
        progress: Called with each answer; asynchronous clients take ``async`` functions too.
    """

    interval: float
    backoff: float
    max_interval: float
    jitter: float
    timeout: float | None
    cancel: Cancel | None
    progress: Callable[[Any], object] | None


def _number(least: float, most: float = math.inf) -> Any:
    def check(_: object, field: attrs.Attribute[Any], value: Any) -> None:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not least <= value <= most:
            upper = f" and <= {most:g}" if most < math.inf else ""
            msg = f"`{field.name}` must be a number >= {least:g}{upper}, not {value!r}"
            raise ConfigurationError(msg)

    return check


def _is_cancel(_: object, __: object, value: Any) -> None:
    if value is not None and not (hasattr(value, "is_set") and hasattr(value, "wait")):
        msg = f"`cancel` must be an event, such as a threading.Event, not {value!r}"
        raise ConfigurationError(msg)


def _is_function(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not callable(value):
        msg = f"`{field.name}` must be a function, not {value!r}"
        raise ConfigurationError(msg)


@refuse_unknown_options
@attrs.frozen(kw_only=True)
class Pace:
    """The options of a poll, checked; see `PollOptions`."""

    interval: float = attrs.field(default=1.0, validator=_number(0))
    backoff: float = attrs.field(default=1.5, validator=_number(1))
    max_interval: float = attrs.field(default=30.0, validator=_number(0))
    jitter: float = attrs.field(default=0.1, validator=_number(0, 1))
    timeout: float | None = attrs.field(default=None)
    cancel: Cancel | None = attrs.field(default=None, validator=_is_cancel)
    progress: Callable[[Any], object] | None = attrs.field(default=None, validator=_is_function)
    rand: Callable[[], float] = attrs.field(default=random.random, repr=False)

    @timeout.validator
    def _check_timeout(self, field: attrs.Attribute[Any], value: Any) -> None:
        if value is not None:
            _number(0)(self, field, value)

    def wait(self, asked: int, answer: Any) -> float:
        """Return the seconds to wait after *answer*, which is the *asked*-th."""
        hint = _hint(answer)
        if hint is None:
            # The exponent is bounded: a poll over weeks must not end in an OverflowError.
            grown = self.interval * self.backoff ** min(asked - 1, 64)
            hint = min(self.max_interval, grown) * (1 + self.jitter * (2 * self.rand() - 1))
        return max(_LEAST, hint)


def _hint(answer: Any) -> float | None:
    """Return the seconds that the server asks to wait, if *answer* has headers that say so."""
    if not isinstance(answer, APIResponse):
        return None
    after = answer.headers.get("openai-poll-after-ms")
    if after is not None and after.isascii() and after.isdecimal() and len(after) < 10:
        return int(after) / 1000
    return retry_after(answer.headers)


def polling(
    ask: Callable[[], Flow[A]],
    pace: Pace,
    pause: Pause,
    *,
    until: Callable[[A], Any],
    failed: Callable[[A], Any] | None = None,
    of: Callable[[A], Any] = page_of,
) -> Flow[A]:
    """
    Ask again until it is done.

    Args:
        ask: Returns the flow of one request.
        pace: How often and how long.
        pause: What waits where there is something that may cancel.
        until: Whether an answer is the last one.
        failed: Whether it says that there will be none; a string says why.
        of: What of an answer `PollError.last` and the progress function get.

    Returns:
        The last answer.

    Raises:
        PollTimeoutError: The time is over.
        PollCancelledError: The caller gave up.
        PollFailedError: It failed.
    """
    started = yield Now()
    last: A | None = None
    asked = 0
    while True:
        if pace.cancel is not None and pace.cancel.is_set():
            raise _over(PollCancelledError, "was cancelled", asked, last, of)
        answer = last = yield from ask()
        asked += 1
        if pace.progress is not None:
            yield Call(partial(pace.progress, of(answer)))
        if until(answer):
            return answer
        why = failed(answer) if failed is not None else None
        if why:
            what = f"failed: {why}" if isinstance(why, str) else "failed"
            raise _over(PollFailedError, what, asked, answer, of)
        wait = pace.wait(asked, answer)
        if pace.timeout is not None:
            left = started + pace.timeout - (yield Now())
            if left <= 0:
                what = f"is not done after {pace.timeout:g} s (`timeout`)"
                raise _over(PollTimeoutError, what, asked, answer, of)
            wait = min(wait, left)
        if pace.cancel is None:
            yield Sleep(wait)
        else:
            yield Call(partial(pause, pace.cancel, wait))


def _over(
    kind: type[PollError], what: str, asked: int, answer: Any, of: Callable[[Any], Any]
) -> PollError:
    times = "never" if not asked else "once" if asked == 1 else f"{asked} times"
    response = answer._response if isinstance(answer, APIResponse) else None  # noqa: SLF001  # one family
    last = of(answer) if asked else None
    return kind(f"what was waited for {what}; asked {times}", last=last, response=response)


def pause(cancel: Cancel, seconds: float) -> None:
    """Block for *seconds*, or until *cancel* is set."""
    if iscoroutinefunction(cancel.wait):
        msg = "`cancel` must be a threading.Event where nothing is awaited"
        raise ConfigurationError(msg)
    cancel.wait(seconds)


async def pause_async(cancel: Cancel, seconds: float) -> None:
    """Wait for *seconds*, or until *cancel* is set, by whichever thread or task."""
    from anyio import move_on_after, sleep  # noqa: PLC0415  # most calls never wait

    with move_on_after(seconds):
        if iscoroutinefunction(cancel.wait):
            await cancel.wait()
        # A thread that waited for an event of threads could not be cancelled itself.
        while not cancel.is_set():  # noqa: ASYNC110  # as said above
            await sleep(_LEAST)


def state_of(value: Any) -> str | None:
    """Return what *value* calls its ``status`` or ``state``, in small letters."""
    for name in ("status", "state"):
        for found in find(value, (name,)):
            if isinstance(found, str):
                return found.lower()
    return None


def is_done(value: Any) -> bool:
    """Return whether the state of *value* is one of `DONE`."""
    return state_of(value) in DONE


def has_failed(value: Any) -> str | None:
    """Return the state of *value* if it is one of `FAILED`."""
    state = state_of(value)
    return state if state in FAILED else None


def following(
    begun: APIResponse[Any],
    get: Callable[[str], Flow[APIResponse[Any]]],
    pace: Pace,
    pause: Pause,
    base: str,
) -> Flow[APIResponse[Any]]:
    """
    Follow what *begun* says about an operation that goes on, until its result is there.

    A header ``Operation-Location`` leads to the state of the operation, as JSON with a ``status``;
    the result is where its ``resourceLocation`` says, else where the header ``Location`` of the
    first answer does, else where a PUT or PATCH went, else the last state itself. Without it, an
    answer of 202 leads by ``Location`` to where there will be another status than 202 (RFC 9110
    §15.3.3). Anything else is the result.

    Args:
        begun: The answer to the request that began it.
        get: Returns the flow that asks an address.
        pace: How often and how long.
        pause: What waits where there is something that may cancel.
        base: The client's base URL; no other server is asked.

    Raises:
        PollError: It did not end well; see `polling`.
        APIResponseValidationError: The links lead elsewhere, or there is none.
    """
    monitor = begun.headers.get("operation-location")
    if monitor is None and begun.status_code != 202:
        return begun
    watched = _Watched(begun, get, base, "location" if monitor is None else "operation-location")
    if monitor is None:
        return (
            yield from polling(
                watched.ask, pace, pause, until=lambda each: each.status_code != 202, of=_told
            )
        )
    ended = yield from polling(
        watched.ask,
        pace,
        pause,
        until=lambda answer: answer is not begun and is_done(_told(answer)),
        failed=lambda answer: has_failed(_told(answer)),
        of=_told,
    )
    told = _told(ended)
    link = told.get("resourceLocation") if isinstance(told, Mapping) else None
    link = link or begun.headers.get("location")
    if link is None and begun.method in {"PUT", "PATCH"}:
        link = begun.url
    return ended if link is None else (yield from get(watched.own(link, ended)))


class _Watched:
    """An operation that goes on; servers may move the place to ask about it with each answer."""

    def __init__(
        self,
        begun: APIResponse[Any],
        get: Callable[[str], Flow[APIResponse[Any]]],
        base: str,
        header: str,
    ) -> None:
        self._begun = begun
        self._get = get
        self._base = base
        self._header = header
        self._asked = False
        self._url = ""
        self._look(begun)
        if not self._url:
            what = "says nothing about where its result will be (`Location`)"
            raise _broken(what, begun)

    def _look(self, answer: APIResponse[Any]) -> None:
        link = answer.headers.get(self._header)
        if link is not None:
            self._url = self.own(link, answer)

    def ask(self) -> Flow[APIResponse[Any]]:
        """Ask how it stands; the first time the answer is at hand, so that a wait comes first."""
        if not self._asked:
            self._asked = True
            return self._begun
        answer = yield from self._get(self._url)
        self._look(answer)
        return answer

    def own(self, link: object, answer: APIResponse[Any]) -> str:
        """Return the address that *link* in *answer* means."""
        try:
            return own_address(link, answer.url, self._base)
        except StrayLinkError as stray:
            raise _broken(str(stray), answer) from None


def _broken(what: str, answer: APIResponse[Any]) -> APIResponseValidationError:
    response = answer._response  # noqa: SLF001  # one family
    msg = f"the answer to {answer.method}, an operation that goes on, {what}"
    return APIResponseValidationError(response, response.text, message=msg)


def _told(answer: APIResponse[Any]) -> Any:
    """Return the JSON in *answer*, None if there is none."""
    try:
        return answer.json()
    except ValueError:
        return None
