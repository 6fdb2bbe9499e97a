"""
Effects: what a flow asks its driver to do.

A flow is a generator of these values. It never touches a socket, a clock or an event loop, so a
test can play the driver: send results in, look at the effects that come out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs

from ._messages import Request


@attrs.frozen
class Send:
    """Send *request*; the result is a `Response`, a failure is thrown in as an `SDKError`."""

    request: Request


@attrs.frozen
class Sleep:
    """Wait for *seconds*; cancellable in the asynchronous driver."""

    seconds: float


@attrs.frozen
class Now:
    """Ask for the driver's monotonic clock, in seconds."""


@attrs.frozen
class Call:
    """Call *function* without arguments; the asynchronous driver awaits an awaitable result."""

    function: Callable[[], Any]


Effect: TypeAlias = Send | Sleep | Now | Call
