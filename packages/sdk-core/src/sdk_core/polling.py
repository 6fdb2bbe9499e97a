"""
Polling: wait for something that takes a server longer than one request.

`poll` asks with a function of yours, `async_poll` with an asynchronous one::

    job = poll(lambda: client.jobs.get(job_id), until=lambda job: job.status == "done", timeout=60)

Waits grow, and what the server asks for (``Retry-After``, ``openai-poll-after-ms``) goes before
them, if the function returns answers with their HTTP, as under ``with_raw_response``. Services
have `Service._waiting` and `Service._finishing`, and `sdk_core.mixins.WaitMixin`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, Unpack, overload

from ._drivers import AsyncDriver, SyncDriver
from ._effects import Call
from ._polls import (
    DONE,
    FAILED,
    Cancel,
    Pace,
    PollOptions,
    has_failed,
    is_done,
    pause,
    pause_async,
    polling,
    state_of,
)
from ._ways import page_of
from .errors import ConfigurationError
from .responses import APIResponse
from .typing import Flow

__all__ = [
    "DONE",
    "FAILED",
    "Cancel",
    "Pace",
    "PollOptions",
    "async_poll",
    "has_failed",
    "is_done",
    "poll",
    "state_of",
]

T = TypeVar("T")
_NOWHERE: Any = None  # what polls sends by itself


@overload
def poll(
    call: Callable[[], APIResponse[T]],
    until: Callable[[T], Any] = ...,
    *,
    failed: Callable[[T], Any] | None = ...,
    **options: Unpack[PollOptions],
) -> T: ...
@overload
def poll(
    call: Callable[[], T],
    until: Callable[[T], Any] = ...,
    *,
    failed: Callable[[T], Any] | None = ...,
    **options: Unpack[PollOptions],
) -> T: ...
def poll(
    call: Callable[[], Any],
    until: Callable[[Any], Any] = is_done,
    *,
    failed: Callable[[Any], Any] | None = has_failed,
    **options: Unpack[PollOptions],
) -> Any:
    """
    Call a function until what it returns is what is waited for.

    Args:
        call: Asks the server.
        until: Whether that is it. Default: its ``status`` or ``state`` is one of `DONE`.
        failed: Whether there is nothing to wait for any more; a string says why. Default: the
            state is one of `FAILED`.
        **options: How often and how long; see `PollOptions`.

    Returns:
        What *call* returned last.

    Raises:
        PollTimeoutError: It was not there in time.
        PollCancelledError: The caller gave up.
        PollFailedError: It failed.
        ConfigurationError: An option cannot be used.
    """
    return page_of(SyncDriver(_NOWHERE).run(_poll(call, until, failed, pause, Pace(**options))))


@overload
async def async_poll(
    call: Callable[[], Awaitable[APIResponse[T]]],
    until: Callable[[T], Any] = ...,
    *,
    failed: Callable[[T], Any] | None = ...,
    **options: Unpack[PollOptions],
) -> T: ...
@overload
async def async_poll(
    call: Callable[[], Awaitable[T]],
    until: Callable[[T], Any] = ...,
    *,
    failed: Callable[[T], Any] | None = ...,
    **options: Unpack[PollOptions],
) -> T: ...
async def async_poll(
    call: Callable[[], Awaitable[Any]],
    until: Callable[[Any], Any] = is_done,
    *,
    failed: Callable[[Any], Any] | None = has_failed,
    **options: Unpack[PollOptions],
) -> Any:
    """Call an asynchronous function until what it returns is what is waited for; see `poll`."""
    flow = _poll(call, until, failed, pause_async, Pace(**options))
    return page_of(await AsyncDriver(_NOWHERE).run(flow))


def _poll(
    call: Callable[[], Any],
    until: Callable[[Any], Any],
    failed: Callable[[Any], Any] | None,
    wait: Callable[[Cancel, float], Any],
    pace: Pace,
) -> Flow[Any]:
    for name, function in (("call", call), ("until", until), ("failed", failed)):
        if not callable(function) and (name, function) != ("failed", None):
            msg = f"`{name}` must be a function, not {function!r}"
            raise ConfigurationError(msg)

    def ask() -> Flow[Any]:
        return (yield Call(call))

    return polling(
        ask,
        pace,
        wait,
        until=lambda answer: until(page_of(answer)),
        failed=None if failed is None else lambda answer: failed(page_of(answer)),
    )
