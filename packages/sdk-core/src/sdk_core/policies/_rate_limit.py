"""Rate limit: requests and tokens a minute, kept here so that the server need not refuse."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import attrs

from .._buckets import Bucket, Rates
from .._effects import NOW, Wait
from .._figures import figure, function, store_or_none
from .._lines import Line, Ticket
from .._rate_headers import FIELDS, quotas
from .._retry_after import retry_after
from .._tokens import TAIL, estimate_tokens, used_tokens
from ..errors import APIConnectionError, LimitReachedError

if TYPE_CHECKING:
    from .._messages import Request, Response
    from .._redis import RedisStore, SharedRates
    from ..typing import Flow, Inner

_THROTTLED: Final = 429


@attrs.frozen(eq=False)
class RateLimit:
    """
    Send no more requests, and cause no more tokens, a minute than agreed.

    Calls beyond the rates wait, first come first served; each takes from both buckets or from
    none. What a call will cost in tokens is estimated when it is sent, and set right when its
    answer says what it did cost: in ``usage`` of a JSON body, or near the end of a stream (ask for
    it with ``stream_options={"include_usage": True}`` where the API wants to be asked; a stream
    that does not say keeps its estimate).

    The server's own words are obeyed where they are stricter: ``x-ratelimit-*``, the IETF's
    ``RateLimit`` fields, and ``Retry-After``. A 429 empties the bucket until the time that it
    names, for everyone: those who wait come one by one afterwards. Without figures of its own the
    policy lives by what the server says alone.

    Args:
        requests_per_minute: None: no limit but the server's.
        tokens_per_minute: As above.
        burst: Seconds whose share may be used at once, after a pause.
        estimate: Returns the tokens that a request may cost. Default: a token for four bytes of the
            body, and ``max_tokens`` of it.
        usage: Returns the tokens that an answer says it cost, from its body or the last 16 KB of
            its stream; None if it does not say.
        max_wait: Seconds that a call may wait at most. Default: as long as its deadline lets it.
        store: Share the buckets with other processes.

    Raises:
        ConfigurationError: An argument is out of range.
        LimitReachedError: The wait would be longer than *max_wait* or the deadline; raised at
            once, not after the wait.
    """

    requests_per_minute: float | None = attrs.field(
        default=None, validator=figure(above=0, optional=True)
    )
    tokens_per_minute: float | None = attrs.field(
        default=None, validator=figure(above=0, optional=True)
    )
    burst: float = attrs.field(default=1.0, kw_only=True, validator=figure(above=0))
    estimate: Callable[[Request], float] = attrs.field(
        default=estimate_tokens, kw_only=True, validator=function
    )
    usage: Callable[[bytes], float | None] = attrs.field(
        default=used_tokens, kw_only=True, validator=function
    )
    max_wait: float | None = attrs.field(
        default=None, kw_only=True, validator=figure(least=0, optional=True)
    )
    store: RedisStore | None = attrs.field(default=None, kw_only=True, validator=store_or_none)
    _line: Line = attrs.field(init=False, factory=Line, repr=False)
    _rates: Rates = attrs.field(init=False, repr=False)
    _shared: SharedRates | None = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # What is derived, once all figures have been found right.
        requests, tokens = (
            None if rate is None else Bucket.per_minute(rate, self.burst)
            for rate in (self.requests_per_minute, self.tokens_per_minute)
        )
        rates, shared = Rates(requests, tokens), None
        if self.store is not None:
            from .._redis import SharedRates  # noqa: PLC0415  # only those who share need it

            shared = SharedRates(self.store, rates)
        object.__setattr__(self, "_rates", rates)
        object.__setattr__(self, "_shared", shared)

    def __call__(self, request: Request, inner: Inner) -> Flow[Response]:
        """Send *request* when the rates allow it; see `Policy`."""
        rates, tokens = self._rates, 0.0
        if rates.tokens is not None:
            estimate = self.estimate
            tokens = estimate(request)
        now = yield NOW
        if self._line.waiting or self._shared is not None or rates.take(now, tokens)[0]:
            yield from self._queue(request, now, tokens)
        try:
            response = yield from inner(request)
        except APIConnectionError as error:
            if not error.maybe_processed:
                yield from self._give_back(request, now, tokens, 1.0)
            raise
        status = response.status_code
        if rates.tokens is not None:
            used: float | None = None
            if status >= 400:
                used = 0.0
            elif response.stream is not None:
                self._watch(response, now, tokens)
            else:
                content, usage = response.content, self.usage
                if len(content) <= TAIL or _is_json(response):
                    used = usage(content)
            if used is not None and used != tokens:
                if self._shared is None and not self._line.waiting:  # nearly always
                    rates.give_back(now, tokens - used)
                else:
                    yield from self._give_back(request, now, tokens - used)
        if status == _THROTTLED or not FIELDS.isdisjoint(response.headers):
            yield from self._learn(response)
        return response

    def _queue(self, request: Request, now: float, tokens: float) -> Flow[None]:
        """Wait for the turn, and then for the buckets; refuse at once what would take too long."""
        latest = math.inf if request.ends is None else request.ends
        if self.max_wait is not None:
            latest = min(latest, now + self.max_wait)
        line = self._line
        wait, limit = self._rates.expect(now, line.waiting, tokens, line.cost)
        _check(request, now, wait, latest, limit)
        ticket, place = line.join(tokens), os.urandom(12).hex()
        try:
            told = wait > 0.0
            if told and request.hooks is not None:
                yield from _tell(request, wait, limit)
            called = ticket.called
            while not called:
                called = yield Wait(ticket, None if latest == math.inf else max(0.0, latest - now))
                now = yield NOW
                if not called:
                    _check(request, now, math.ulp(now), latest, limit)
            yield from self._take(request, tokens, ticket, place, latest, told=told)
        except BaseException:
            if self._shared is not None:
                self._shared.leave(place)
            raise
        finally:
            line.leave(ticket)

    def _take(
        self,
        request: Request,
        tokens: float,
        ticket: Ticket,
        place: str,
        latest: float,
        *,
        told: bool,
    ) -> Flow[None]:
        """Wait for the buckets, as the first of the line."""
        while True:
            ticket.called = False  # before asking, so that no news is missed after it
            now = yield NOW
            if self._shared is None:
                wait, limit = self._rates.take(now, tokens)
            else:
                wait, limit = yield from self._shared.take(request, place, tokens)
            if wait <= 0.0:
                return
            _check(request, now, wait, latest, limit)
            if not told and request.hooks is not None:
                yield from _tell(request, wait, limit)
            told = True
            yield Wait(ticket, wait)

    def _give_back(
        self, request: Request, now: float, tokens: float, requests: float = 0.0
    ) -> Flow[None]:
        """Return what was not used; those who wait may have it. Less than nothing is a debt."""
        if self._shared is not None:
            yield from self._shared.adjust(request, requests=requests, tokens=tokens)
        else:
            self._rates.give_back(now, tokens, requests)
        self._line.nudge()

    def _watch(self, response: Response, now: float, tokens: float) -> None:
        """Set the estimate right when the stream has ended."""
        from .._held import Watched  # noqa: PLC0415  # only streams need it

        def settle(tail: bytes) -> None:
            used = self.usage(tail)
            if used is None:
                return
            if self._shared is not None:
                self._shared.give_back_later(tokens - used)
            else:
                self._rates.give_back(now, tokens - used)
            self._line.nudge()

        assert response.stream is not None
        response.stream = Watched(response.stream, settle, tail=TAIL)

    def _learn(self, response: Response) -> Flow[None]:
        """Take over what the server says of its limits."""
        rates, learned, now = self._rates, quotas(response.headers), (yield NOW)
        rates.learn(now, learned)
        pause = None
        if response.status_code == _THROTTLED:
            pause = retry_after(response.headers) or 0.0
            rates.pause(now + pause)
        if self._shared is not None:
            left = {quota.unit: quota.remaining for quota in learned}
            closed = rates.not_before - now
            yield from self._shared.adjust(
                response.request,
                requests_left=left.get("requests"),
                tokens_left=left.get("tokens"),
                closed=closed if closed > 0.0 else None,
                pause=pause,
            )


def _is_json(response: Response) -> bool:
    """Return whether the body is worth a look, large as it is: what is no JSON is a file."""
    return "json" in response.headers.get("content-type", "")


def _check(request: Request, now: float, wait: float, latest: float, limit: str) -> None:
    """Refuse to wait for longer than until *latest*."""
    if now + wait > latest:
        msg = (
            f"Not sent: the rate limit ({limit}) has no room for another {wait:.3g} s, which is "
            "longer than `max_wait` or `deadline` allow"
        )
        raise LimitReachedError(request, message=msg, retry_after=wait)


def _tell(request: Request, wait: float, limit: str) -> Flow[None]:
    from ..hooks import RateLimitEvent  # noqa: PLC0415  # only those who listen need it

    assert request.hooks is not None
    yield from request.hooks.tell(RateLimitEvent(request, wait, limit))
