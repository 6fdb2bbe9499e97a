"""Circuit breaker: leave a server that fails in peace, and try it again one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._circuits import Circuits, Terms
from .._effects import NOW
from .._figures import figure, store_or_none
from ..errors import APIConnectionError, CircuitOpenError, LimitReachedError
from ._origins import origin_of

if TYPE_CHECKING:
    from .._circuits import Admission, Change
    from .._messages import Request, Response
    from .._redis import RedisStore, SharedCircuits
    from ..typing import Flow, Inner


@attrs.frozen(eq=False)
class CircuitBreaker:
    """
    Send nothing for a while to a server that mostly fails.

    *Closed*, every call passes, and its outcome is counted: an answer of 500 or more and no answer
    at all are failures. When *failure_rate* of the last *window* seconds' calls have failed, and
    they were at least *minimum_calls*, the circuit is *open*: for *open_for* seconds calls raise
    `CircuitOpenError` at once. Then it is *half-open*: one call at a time is sent, and the others
    are still refused; its success closes the circuit, its failure opens it again.

    Every origin (scheme, host and port) has a circuit of its own.

    Args:
        failure_rate: From 0 to 1, without 0.
        minimum_calls: So that one failure out of one call opens nothing.
        window: Seconds.
        open_for: Seconds.
        store: Share the circuits with other processes. Each call asks it before and after.

    Raises:
        ConfigurationError: An argument is out of range.
        CircuitOpenError: The circuit is open; `retry_after` says for how long.
    """

    failure_rate: float = attrs.field(default=0.5, validator=figure(above=0, most=1))
    minimum_calls: int = attrs.field(default=20, validator=figure(least=1, whole=True))
    window: float = attrs.field(default=30.0, validator=figure(above=0))
    open_for: float = attrs.field(default=30.0, validator=figure(above=0))
    store: RedisStore | None = attrs.field(default=None, validator=store_or_none)
    _circuits: Circuits = attrs.field(init=False, repr=False)
    _shared: SharedCircuits | None = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # What is derived, once all figures have been found right.
        terms = Terms(self.failure_rate, self.minimum_calls, self.window, self.open_for)
        shared = None
        if self.store is not None:
            from .._redis import SharedCircuits  # noqa: PLC0415  # only those who share need it

            shared = SharedCircuits(self.store, terms)
        object.__setattr__(self, "_circuits", Circuits(terms))
        object.__setattr__(self, "_shared", shared)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request* if the circuit of its origin lets it pass; see `Policy`."""
        origin = origin_of(request.url)
        now = 0.0
        if self._shared is None:
            now = yield NOW
            admission = self._circuits.enter(origin, now)
        else:
            admission = yield from self._shared.enter(request, origin)
        if admission.change is not None and request.hooks is not None:
            yield from _tell(request, origin, admission.change)
        if not admission.allowed:
            raise _refusal(request, origin, admission.retry_after)
        try:
            response = yield from inner(request)
        except (CircuitOpenError, LimitReachedError):
            self._abandon(origin, admission)
            raise
        except APIConnectionError:
            yield from self._leave(request, origin, admission, failed=True)
            raise
        except BaseException:  # cancelled, or an error that tells nothing of the server
            self._abandon(origin, admission)
            raise
        failed = response.status_code >= 500
        if failed or admission.probe or self._shared is not None:
            yield from self._leave(request, origin, admission, failed=failed)
        else:  # nearly always; when the call began is near enough to count it
            self._circuits.succeed(origin, now, admission)
        return response

    def _leave(
        self, request: Request, origin: str, admission: Admission, *, failed: bool
    ) -> Flow[None]:
        if self._shared is None:
            change = self._circuits.leave(origin, (yield NOW), admission, failed=failed)
        else:
            change = yield from self._shared.leave(request, origin, admission, failed=failed)
        if change is not None and request.hooks is not None:
            yield from _tell(request, origin, change)

    def _abandon(self, origin: str, admission: Admission) -> None:
        if self._shared is None:  # in the store a probe is forgotten when its time is over
            self._circuits.abandon(origin, admission)


def _refusal(request: Request, origin: str, retry_after: float) -> CircuitOpenError:
    msg = (
        f"Not sent: {origin} has failed too often, and its circuit is open for another "
        f"{retry_after:.3g} s"
    )
    return CircuitOpenError(request, message=msg, retry_after=retry_after)


def _tell(request: Request, origin: str, change: Change) -> Flow[None]:
    from ..hooks import BreakerEvent  # noqa: PLC0415  # only those who listen need it

    assert request.hooks is not None
    yield from request.hooks.tell(BreakerEvent(request, origin, *change))
