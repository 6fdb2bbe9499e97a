"""Percentiles of a stream in bounded memory."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from itertools import accumulate

__all__ = ["Sketch"]

_ACCURACY = 0.01
_LEAST, _MOST = 1e-3, 1e9  # what is outside counts as the nearest: a microsecond, eleven days
_BASE = math.log((1 + _ACCURACY) / (1 - _ACCURACY))


class Sketch:
    """
    A histogram whose buckets grow by 2 %, so that each percentile is within 1 % of the true value.

    It holds 1,400 numbers at the most, however many values it is given (C. Masson, J. E. Rim and
    H. K. Lee, "DDSketch", VLDB 2019, section 2.1).
    """

    __slots__ = ("_buckets", "count")

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, value: float) -> None:
        """Take a value; what is no positive number counts as the least."""
        within = min(max(value, _LEAST), _MOST) if value > 0 else _LEAST
        self._buckets[math.ceil(math.log(within) / _BASE)] += 1
        self.count += 1

    def merge(self, other: Sketch) -> None:
        """Take all that *other* took."""
        self._buckets.update(other._buckets)  # another of the same class
        self.count += other.count

    def quantile(self, q: float) -> float:
        """Return what *q* of the values, between 0 and 1, do not exceed; 0.0 when there are none."""
        if not self.count:
            return 0.0
        buckets = sorted(self._buckets.items())
        totals = list(accumulate(count for _, count in buckets))
        bucket, _ = buckets[bisect_left(totals, max(1, math.ceil(q * self.count)))]
        # The middle of the bucket, by ratio: as far from its lower end as from its upper.
        return math.exp(bucket * _BASE) * 2 / (1 + math.exp(_BASE))
