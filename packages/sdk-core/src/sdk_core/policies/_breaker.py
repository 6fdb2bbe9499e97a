"""Circuit breaker: leave a server that fails in peace, and try it again one call at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._circuits import Circuit, Terms
from .._effects import NOW
from .._figures import figure, store_or_none
from ..errors import APIConnectionError, CircuitOpenError, LimitReachedError
from ._origins import origin_of

if TYPE_CHECKING:
    from .._circuits import Admission, Change
    from .._messages import Request, Response
    from .._redis import RedisStore, SharedCircuits
    from ..typing import Flow, Inner

_OWN = (CircuitOpenError, LimitReachedError)  # what this side refuses says nothing of the server


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
    _terms: Terms = attrs.field(init=False, repr=False)
    _circuits: dict[str, Circuit] = attrs.field(init=False, factory=dict, repr=False)
    _shared: SharedCircuits | None = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # What is derived, once all figures have been found right.
        terms = Terms(self.failure_rate, self.minimum_calls, self.window, self.open_for)
        shared = None
        if self.store is not None:
            from .._redis import SharedCircuits  # noqa: PLC0415  # only those who share need it

            shared = SharedCircuits(self.store, terms)
        object.__setattr__(self, "_terms", terms)
        object.__setattr__(self, "_shared", shared)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request* if the circuit of its origin lets it pass; see `Policy`."""
        origin = origin_of(request.url)
        if self._shared is not None:
            return (yield from self._share(self._shared, origin, request, inner))
        circuit = self._circuits.get(origin)
        if circuit is None:
            circuit = self._circuits.setdefault(origin, Circuit(self._terms))
        passing = circuit.passing
        admission = circuit.enter((yield NOW)) if passing is None else passing
        try:
            if passing is None:
                yield from _check(request, origin, admission)
            response = yield from inner(request)
        except APIConnectionError as error:
            if isinstance(error, _OWN):
                circuit.abandon(admission)
            else:
                change = circuit.leave((yield NOW), admission, failed=True)
                yield from _tell(request, origin, change)
            raise
        except BaseException:  # cancelled, or an error that tells nothing of the server
            circuit.abandon(admission)
            raise
        failed = response.status_code >= 500
        change = circuit.leave((yield NOW), admission, failed=failed)
        if change is not None:
            yield from _tell(request, origin, change)
        return response

    def _share(
        self, shared: SharedCircuits, origin: str, request: Request, inner: Inner
    ) -> Flow[Response]:
        """Do as `__call__`, with circuits that are in a store; a probe is forgotten there in time."""
        admission = yield from shared.enter(request, origin)
        yield from _check(request, origin, admission)
        try:
            response = yield from inner(request)
        except APIConnectionError as error:
            if not isinstance(error, _OWN):
                change = yield from shared.leave(request, origin, admission, failed=True)
                yield from _tell(request, origin, change)
            raise
        failed = response.status_code >= 500
        change = yield from shared.leave(request, origin, admission, failed=failed)
        yield from _tell(request, origin, change)
        return response


def _check(request: Request, origin: str, admission: Admission) -> Flow[None]:
    """Tell what asking has changed; refuse what may not pass."""
    yield from _tell(request, origin, admission.change)
    if not admission.allowed:
        msg = (
            f"Not sent: {origin} has failed too often, and its circuit is open for another "
            f"{admission.retry_after:.3g} s"
        )
        raise CircuitOpenError(request, message=msg, retry_after=admission.retry_after)


def _tell(request: Request, origin: str, change: Change | None) -> Flow[None]:
    if change is not None and request.hooks is not None:
        from ..hooks import BreakerEvent  # noqa: PLC0415  # only those who listen need it

        yield from request.hooks.tell(BreakerEvent(request, origin, *change))
