"""Attempt deadline: one attempt, its whole body included, takes no longer than this."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._effects import NOW
from .._figures import figure
from ..errors import APITimeoutError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner


@attrs.frozen
class AttemptDeadline:
    """
    End an attempt that is not done after so many seconds, from connecting to the end of its body.

    `Timeout` limits each silence; a server that drips can keep those for ever. This limits the
    whole, so that a repeat has time left. A stream must have come to its end by then, too.

    An asynchronous client stops at once. One that blocks cannot be woken while it waits for the
    server, where the phase that it is in ends first: no phase is given more than what was left.

    Args:
        seconds: For one attempt.

    Raises:
        ConfigurationError: *seconds* is no positive number.
        APITimeoutError: The attempt took longer; `Retry` repeats it if it may.
    """

    seconds: float = attrs.field(validator=figure(above=0))

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Run *request* within the time; see `Policy`."""
        seconds = self.seconds
        ends = (yield NOW) + seconds
        if request.ends is not None and request.ends <= ends:  # the deadline of the call is sooner
            return (yield from inner(request))
        attempt = request.evolve(timeout=request.timeout.within(seconds), ends=ends)
        try:
            response = yield from inner(attempt)
        except APITimeoutError as error:
            if (yield NOW) >= ends:
                error.args = (f"{error.message} (`attempt_deadline` of {seconds:g} s is over)",)
            raise
        if response.stream is not None:
            from .._held import Timed  # noqa: PLC0415  # only streams need it

            response.stream = Timed(response.stream, attempt, ends, "attempt_deadline")
        return response
