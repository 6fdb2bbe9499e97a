"""
Rates as arithmetic: the generic cell rate algorithm, two buckets side by side, and what is learned.

Sans-IO and without a clock: every question says what time it is. The algorithm is that of ITU-T
I.371 (GCRA); the state of a bucket is one instant, the "theoretical arrival time", at which it
will be full again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from ._rate_headers import Quota

_LEAST: Final = 1e-9  # seconds; less is what rounding leaves of a wait


@attrs.define
class Bucket:
    """
    A bucket that refills by one every *pace* seconds.

    Attributes:
        interval: Seconds until one more may pass, as configured.
        tolerance: Seconds to fill the empty bucket; what it holds is `tolerance / pace`.
        full_at: When the bucket will be full if nothing more is taken.
        pace: As *interval*, or slower where the server says so.
    """

    interval: float
    tolerance: float
    full_at: float = -math.inf
    pace: float = attrs.field(init=False)

    @pace.default
    def _as_configured(self) -> float:
        return self.interval

    @classmethod
    def per_minute(cls, rate: float, burst: float) -> Bucket:
        """Return the bucket of *rate* a minute that holds what comes in *burst* seconds."""
        interval = 60.0 / rate
        return cls(interval, max(interval, burst))

    def wait(self, now: float, amount: float) -> float:
        """
        Return the seconds until *amount* may be taken, 0 or less for none.

        More than the bucket holds may be taken when it is full: the rest is a debt, so that the
        rate is kept over time.
        """
        need = amount * self.pace
        spare = self.tolerance - need if need < self.tolerance else 0.0
        return (self.full_at - now if self.full_at > now else 0.0) - spare

    def take(self, now: float, amount: float) -> None:
        """Take *amount*, or give it back if it is negative."""
        self.full_at = max(now, self.full_at) + amount * self.pace

    def leave_at_most(self, now: float, remaining: float) -> None:
        """Hold no more than *remaining*: the server counts more than we do."""
        self.full_at = max(self.full_at, now + self.tolerance - remaining * self.pace)


class Rates:
    """
    A bucket of requests and one of tokens: what is taken from one is taken from both, or neither.

    Attributes:
        requests: None while there is no limit.
        tokens: As above.
        not_before: Until when the server wants nothing at all.
    """

    def __init__(self, requests: Bucket | None, tokens: Bucket | None) -> None:
        self.requests = requests
        self.tokens = tokens
        self.not_before = -math.inf
        self._learned = frozenset(
            unit for unit, bucket in (("requests", requests), ("tokens", tokens)) if bucket is None
        )
        self._lock = Lock()

    def take(self, now: float, tokens: float) -> tuple[float, str]:
        """
        Take one request and *tokens*, if both are there.

        Returns:
            The seconds to wait, 0 if they have been taken, and the name of the limit that makes
            wait.
        """
        requests, spent = self.requests, self.tokens
        full_at = 0.0
        # As `Bucket.wait` and `Bucket.take`, in one piece, and without `with`, which takes longer:
        # every call comes by.
        self._lock.acquire()
        try:
            if now < self.not_before:
                return self._wait(now, tokens)
            if requests is not None:
                full_at, need = requests.full_at, requests.pace
                if full_at < now:
                    full_at = now
                elif full_at - now > _LEAST < full_at - now - (requests.tolerance - need):
                    return self._wait(now, tokens)
                full_at += need
            if spent is not None:
                spent_at, need = spent.full_at, tokens * spent.pace
                if spent_at < now:
                    spent_at = now
                elif spent_at - now > _LEAST < spent_at - now - (spent.tolerance - need):
                    return self._wait(now, tokens)
                spent.full_at = spent_at + need
            if requests is not None:
                requests.full_at = full_at
        finally:
            self._lock.release()
        return 0.0, ""

    def expect(self, now: float, requests: float, tokens: float, ahead: float) -> tuple[float, str]:
        """
        Return the seconds until one request and *tokens* may be taken, and what makes it wait.

        Args:
            now: What time it is.
            requests: How many are to be served before it.
            tokens: What it takes.
            ahead: The tokens of those before it.
        """
        with self._lock:
            return self._wait(now, tokens, requests, ahead)

    def _wait(
        self, now: float, tokens: float, requests_ahead: float = 0.0, tokens_ahead: float = 0.0
    ) -> tuple[float, str]:
        wait, limit = self.not_before - now, "retry-after"
        bucket = self.requests
        if bucket is not None:
            other = bucket.wait(now, 1.0) + requests_ahead * bucket.pace
            if other > wait:
                wait, limit = other, "requests"
        bucket = self.tokens
        if bucket is not None:
            other = bucket.wait(now, tokens) + tokens_ahead * bucket.pace
            if other > wait:
                wait, limit = other, "tokens"
        return (0.0, "") if wait <= _LEAST else (wait, limit)

    def give_back(self, now: float, tokens: float, requests: float = 0.0) -> None:
        """Return what was taken and not used; a negative figure is a debt."""
        spent = self.tokens
        self._lock.acquire()  # as above
        try:
            if spent is not None:
                spent_at = spent.full_at
                if spent_at < now:  # noqa: PLR1730  # `max` takes longer
                    spent_at = now
                spent.full_at = spent_at - tokens * spent.pace
            if requests and self.requests is not None:
                self.requests.take(now, -requests)
        finally:
            self._lock.release()

    def learn(self, now: float, quotas: Iterable[Quota]) -> None:
        """Take over what the server says about its own limits, where that is stricter."""
        with self._lock:
            for quota in quotas:
                if quota.remaining == 0 and quota.reset is not None:
                    refill = quota.reset / quota.limit if quota.refills and quota.limit else None
                    self.not_before = max(
                        self.not_before, now + (quota.reset if refill is None else refill)
                    )
                bucket = self._bucket(quota)
                if bucket is None:
                    continue
                if quota.pace is not None:
                    bucket.pace = max(bucket.interval, quota.pace)
                if quota.remaining is not None:
                    bucket.leave_at_most(now, quota.remaining)

    def _bucket(self, quota: Quota) -> Bucket | None:
        """Return the bucket that *quota* is about; one that is not configured is made of it."""
        bucket: Bucket | None = getattr(self, quota.unit)
        if quota.unit not in self._learned:
            return bucket
        if quota.pace is None or quota.limit is None:
            return None
        full_at = -math.inf if bucket is None else bucket.full_at
        made = Bucket(quota.pace, quota.pace * quota.limit, full_at)
        setattr(self, quota.unit, made)
        return made

    def pause(self, until: float) -> None:
        """Let nothing pass before *until*, and leave the bucket of requests empty then."""
        with self._lock:
            self.not_before = max(self.not_before, until)
            if self.requests is not None:
                self.requests.leave_at_most(until, 1.0)
            elif self.tokens is not None:
                self.tokens.leave_at_most(until, 0.0)
