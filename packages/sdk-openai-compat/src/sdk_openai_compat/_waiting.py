"""How long the helpers wait that ask a server again and again, and for what."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sdk_core.errors import ConfigurationError
from sdk_core.typing import Omit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sdk_core.polling import PollOptions

MAX_WAIT = 1800
"""Seconds that a helper waits where the caller does not say: half an hour."""

_INTERVAL = 1.0  # seconds between two requests, unless the server or the caller asks for others


def pace(interval: float | Omit, max_wait_seconds: float | Omit | None) -> PollOptions:
    """
    Return the options of a poll.

    Args:
        interval: Seconds between two requests.
        max_wait_seconds: Seconds for all of them, None for no limit. Default: `MAX_WAIT`.

    Raises:
        ConfigurationError: One of them is no number of seconds.
    """
    seconds = _INTERVAL if isinstance(interval, Omit) else _seconds("poll_interval", interval)
    limit: float | None = MAX_WAIT
    if not isinstance(max_wait_seconds, Omit):
        limit = None
        if max_wait_seconds is not None:
            limit = _seconds("max_wait_seconds", max_wait_seconds)
    return {
        "interval": seconds,
        "max_interval": seconds,
        "backoff": 1.0,
        "jitter": 0.0,
        "timeout": limit,
    }


def in_milliseconds(interval: float | Omit) -> float | Omit:
    """Return ``poll_interval_ms`` in seconds."""
    return interval if isinstance(interval, Omit) else _seconds("poll_interval_ms", interval) / 1000


def _seconds(name: str, value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        msg = f"`{name}` must be a finite number >= 0, not {value!r}"
        raise ConfigurationError(msg)
    return float(value)


def asking(resource: Any, interval: float | Omit) -> Any:
    """
    Return the method that asks for one thing.

    Its answers have their headers, in which the server may say when to ask again; not so where
    the caller has said.
    """
    return (resource.with_raw_response if isinstance(interval, Omit) else resource).retrieve


def wait(ask: Callable[[], Any], until: Callable[[Any], bool], options: PollOptions) -> Any:
    """Ask until what comes is what is waited for; see `sdk_core.polling.poll`."""
    from sdk_core.polling import poll  # noqa: PLC0415  # few calls wait

    return poll(ask, until, failed=None, **options)


async def async_wait(
    ask: Callable[[], Any], until: Callable[[Any], bool], options: PollOptions
) -> Any:
    """Ask until what comes is what is waited for; see `sdk_core.polling.async_poll`."""
    from sdk_core.polling import async_poll  # noqa: PLC0415  # as above

    return await async_poll(ask, until, failed=None, **options)


def is_over(thing: Any) -> bool:
    """Return whether the work on a file of a vector store has ended, well or not."""
    return bool(thing.status != "in_progress")


def are_over(batch: Any) -> bool:
    """Return whether no file of a batch is in work."""
    return not batch.file_counts.in_progress


def is_processed(file: Any) -> bool:
    """Return whether the work on an uploaded file has ended, well or not."""
    return file.status in {"processed", "error", "deleted"}
