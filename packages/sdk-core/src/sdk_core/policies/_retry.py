"""Retry: repeat what may be repeated, wait as long as the server asks, give up in time."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from .._effects import Now, Sleep
from .._retry_after import retry_after
from ..errors import APIConnectionError, APITimeoutError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner

_log = logging.getLogger("sdk_core.retry")

RETRIED_STATUSES = frozenset({408, 409, 429})


@attrs.frozen
class Retry:
    """
    Repeat an attempt that failed for a reason that may pass.

    Repeated are connection errors, time-outs and the statuses 408, 409, 429 and 5xx, unless the
    server's ``x-should-retry`` says otherwise. The wait is what the server asks for, else drawn
    from all of ``[0, min(cap, base * 2**n)]`` (full jitter: clients that failed together do not
    come back together). A server that asks for more than *longest_hint* gets its error through
    at once, with `retry_after` on it.

    A body that can be read only once is sent once: after that the first failure is the answer.

    Every attempt of a call carries one idempotency key, so that a server that knows the header
    does not do the work twice.

    Args:
        max_retries: Repeats after the first attempt.
        deadline: Seconds for all attempts and waits; no wait is begun that cannot end in time.
        base: Seconds, the first upper bound of the wait.
        cap: Seconds, the highest.
        longest_hint: Seconds, the longest wait that a server may ask for.
        statuses: What is worth a repeat instead of the statuses above.
        rand: Returns a number in [0, 1).
    """

    max_retries: int = 2
    deadline: float | None = None
    base: float = 0.5
    cap: float = 8.0
    longest_hint: float = 60.0
    statuses: frozenset[int] | None = None
    rand: Callable[[], float] = attrs.field(default=random.random, repr=False)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Run *request* with repeats; see `Policy`."""
        clock = _Clock((yield Now()), self.deadline) if self.deadline is not None else None
        attempt = request
        while True:
            if clock is not None:
                now = yield Now()
                left = clock.left(now)
                attempt = attempt.evolve(timeout=request.timeout.within(left), ends=now + left)
            retries = attempt.retry_count
            error: APIConnectionError | None = None
            try:
                response = yield from inner(attempt)
            except APIConnectionError as exc:
                error = exc
                error.retries_taken = retries
                wait = self._backoff(retries)
                why = type(exc).__name__
            else:
                if not _retryable(response, self.statuses):
                    return response
                hint = retry_after(response.headers)
                if hint is not None and hint > self.longest_hint:
                    return response
                wait = self._backoff(retries) if hint is None else hint
                why = str(response.status_code)
            over = clock is not None and wait >= clock.left((yield Now()), at_least=0.0)
            if over or attempt.spent or retries >= self.max_retries:
                if attempt.spent and retries < self.max_retries:
                    _log.info("no retry (%s): the body cannot be read again", why)
                if error is None:
                    return response
                if over and isinstance(error, APITimeoutError):
                    error.args = (f"{error.message} (`deadline` of {self.deadline} s is over)",)
                raise error
            _log.info("retry %d of %d in %.3f s (%s)", retries + 1, self.max_retries, wait, why)
            yield Sleep(wait)
            attempt = attempt.evolve(
                retry_count=retries + 1,
                headers=request.headers.merged({"x-sdk-retry-count": str(retries + 1)}),
            )

    def _backoff(self, retries: int) -> float:
        return self.rand() * min(self.cap, self.base * 2.0**retries)


@attrs.frozen
class _Clock:
    started: float
    deadline: float

    def left(self, now: float, at_least: float = 0.001) -> float:
        return max(at_least, self.started + self.deadline - now)


def _retryable(response: Response, statuses: frozenset[int] | None) -> bool:
    status = response.status_code
    if status < 400:
        return False
    verdict = response.headers.get("x-should-retry")
    if verdict in {"true", "false"}:
        return verdict == "true"
    if statuses is not None:
        return status in statuses
    return status >= 500 or status in RETRIED_STATUSES
