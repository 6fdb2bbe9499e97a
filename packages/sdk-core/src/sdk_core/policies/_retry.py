"""Retry: repeat what may be repeated, wait as long as the server asks, give up in time."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .._effects import NOW, Sleep
from .._error_bodies import parse
from .._figures import figure, function
from .._retry_after import hint_of
from .._values import Value
from ..errors import (
    APIConnectionError,
    APITimeoutError,
    CircuitOpenError,
    ConfigurationError,
    LimitReachedError,
)
from ._budget import RetryBudget
from ._origins import origin_of

if TYPE_CHECKING:
    from .._messages import Request, Response
    from ..typing import Flow, Inner

_log = logging.getLogger("sdk_core.retry")

RETRIED_STATUSES = frozenset({408, 409, 429})
# RFC 9110 §9.2.2. The others do something each time, unless an idempotency key tells repeats apart.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


@attrs.frozen(repr=False, eq=False)
class Retry(Value):
    """
    Repeat an attempt that failed for a reason that may pass.

    Repeated are attempts that never reached the server; those that got no answer, if the method
    is idempotent (RFC 9110 §9.2.2) or the request has an idempotency key; and the statuses 408,
    409, 429 and 5xx, unless the server's ``x-should-retry`` says otherwise. The wait is what the
    server asks for, else drawn from all of ``[0, min(cap, base * 2**n)]`` (full jitter: clients
    that failed together do not come back together). A server that asks for more than
    *longest_hint* gets its error through at once, with `retry_after` on it. What this client
    refuses by itself (`CircuitOpenError`, `LimitReachedError`) is not repeated.

    A body that can be read only once is sent once: after that the first failure is the answer.

    Every attempt of a call carries one idempotency key, so that a server that knows the header
    does not do the work twice.

    Args:
        max_retries: Repeats after the first attempt.
        deadline: Seconds for all attempts and waits, and for the body of a stream; no wait is begun
            that cannot end in time.
        base: Seconds, the first upper bound of the wait.
        cap: Seconds, the highest.
        longest_hint: Seconds, the longest wait that a server may ask for.
        statuses: What is worth a repeat instead of the statuses above.
        rand: Returns a number in [0, 1).
        throttled_base: As *base*, after a 429 that does not say how long to wait.
        budget: Pays for repeats; None: all are free.
        final_codes: What a refusal may say, as the ``code`` or ``type`` of its error, that will not
            pass, such as a quota that is used up: not repeated unless the server asks for it.

    Raises:
        ConfigurationError: An argument is out of range.
    """

    max_retries: int = attrs.field(default=2, validator=figure(least=0, whole=True))
    deadline: float | None = attrs.field(default=None, validator=figure(above=0, optional=True))
    base: float = attrs.field(default=0.5, validator=figure(least=0))
    cap: float = attrs.field(default=8.0, validator=figure(least=0))
    longest_hint: float = attrs.field(default=60.0, validator=figure(least=0))
    statuses: frozenset[int] | None = None
    rand: Callable[[], float] = attrs.field(default=random.random, repr=False, validator=function)
    throttled_base: float = attrs.field(default=1.0, validator=figure(least=0))
    budget: RetryBudget | None = attrs.field(default=None)
    final_codes: frozenset[str] = frozenset()

    @budget.validator
    def _is_budget(self, _: Any, value: Any) -> None:
        if value is not None and not isinstance(value, RetryBudget):
            msg = f"`budget` of Retry must be a RetryBudget or None, not {value!r}"
            raise ConfigurationError(msg)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Run *request* with repeats; see `Policy`."""
        ends: float | None = None
        now = 0.0
        if self.deadline is not None:
            now = yield NOW
            ends = now + self.deadline
        budget, paid = self.budget, 0
        attempt = request
        while True:
            if ends is not None:
                left = max(0.001, ends - now)
                attempt = attempt.evolve(timeout=request.timeout.within(left), ends=now + left)
            retries = attempt.retry_count
            error: APIConnectionError | None = None
            throttled = False
            try:
                response = yield from inner(attempt)
            except (CircuitOpenError, LimitReachedError) as exc:
                exc.retries_taken = retries
                raise
            except APIConnectionError as exc:
                error = exc
                error.retries_taken = retries
                wait = self._backoff(retries, self.base)
                why = type(exc).__name__
            else:
                status = response.status_code
                if status < 400 and budget is not None and budget.lacks:
                    yield from budget.give(request, origin_of(request.url), paid or 1)
                if status < 400 or not _retryable(response, self.statuses):
                    return response if ends is None else _timed(response, attempt)
                if code := _final(response, self.final_codes):
                    response.not_repeated = f"`{code}` does not pass"
                    return response
                throttled = status == 429
                hint = hint_of(response)
                if hint is not None and hint > self.longest_hint:
                    return response
                base = self.throttled_base if throttled else self.base
                wait = self._backoff(retries, base) if hint is None else hint
                why = str(status)
            over = ends is not None and wait >= ends - (yield NOW)
            final = over or retries >= self.max_retries
            kept = ""
            if not final and attempt.spent:
                kept = "the body cannot be read again"
                final = True
            elif not final and error is not None and not _repeatable(attempt, error):
                kept = "the server may have done the work"
                final = True
            elif not final and budget is not None:
                paid = budget.throttled if throttled else budget.transient
                origin = origin_of(request.url)
                if not (yield from budget.take(attempt, origin, paid)):
                    kept = "the retry budget is spent"
                    final = True
                    if request.hooks is not None:
                        yield from _tell_budget(attempt, why, budget.tokens(origin))
            if kept:
                _log.info("no retry (%s): %s", why, kept)
            if final:
                if error is None:
                    response.not_repeated = kept
                    return response
                if kept:
                    error.args = (f"{error.message} (not repeated: {kept})",)
                if over and isinstance(error, APITimeoutError):
                    error.args = (f"{error.message} (`deadline` of {self.deadline} s is over)",)
                raise error
            _log.info("retry %d of %d in %.3f s (%s)", retries + 1, self.max_retries, wait, why)
            if request.hooks is not None:
                yield from _tell_retry(attempt, wait, why, error or response)
            yield Sleep(wait)
            if ends is not None:
                now = yield NOW
            attempt = attempt.evolve(
                retry_count=retries + 1,
                headers=request.headers.merged({"x-sdk-retry-count": str(retries + 1)}),
            )

    def _backoff(self, retries: int, base: float) -> float:
        return self.rand() * min(self.cap, base * 2.0**retries)


def _retryable(response: Response, statuses: frozenset[int] | None) -> bool:
    status = response.status_code
    verdict = response.headers.get("x-should-retry")
    if verdict in {"true", "false"}:
        return verdict == "true"
    if statuses is not None:
        return status in statuses
    return status >= 500 or status in RETRIED_STATUSES


def _final(response: Response, codes: frozenset[str]) -> str:
    """Return which of *codes* the refusal has, unless the server asks for a repeat; else nothing."""
    if not codes or response.headers.get("x-should-retry") == "true":
        return ""
    body = parse(response)
    error = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(error, Mapping):
        for name in ("code", "type"):
            said = error.get(name)
            if isinstance(said, str) and said in codes:
                return said
    return ""


def _repeatable(request: Request, error: APIConnectionError) -> bool:
    return (
        not error.maybe_processed
        or request.method in _IDEMPOTENT
        or "idempotency-key" in request.headers
    )


def _timed(response: Response, attempt: Request) -> Response:
    """Have the deadline hold for a body that is still to come."""
    if response.stream is not None and attempt.ends is not None:
        from .._held import Timed  # noqa: PLC0415  # only streams need it

        response.stream = Timed(response.stream, attempt, attempt.ends, "deadline")
    return response


def _tell_retry(
    request: Request, wait: float, why: str, cause: Response | APIConnectionError
) -> Flow[None]:
    from ..hooks import RetryEvent  # noqa: PLC0415  # only those who listen need it

    assert request.hooks is not None
    yield from request.hooks.tell(RetryEvent(request, wait, why, cause))


def _tell_budget(request: Request, why: str, tokens: float) -> Flow[None]:
    from ..hooks import BudgetEvent  # noqa: PLC0415  # as above

    assert request.hooks is not None
    yield from request.hooks.tell(BudgetEvent(request, why, tokens))
