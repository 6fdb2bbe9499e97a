"""
Sampling: which events are kept when all of them would be too many.

::

    client = TelemetryClient(..., sampling=Sampling(0.1, by="trace_id", slow_ms=5_000))

keeps one in ten traces with all their events, and beyond them whatever failed or was slow.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from ._fields import Fields

__all__ = ["Sampling"]


class Sampling:
    """
    Decide which events are kept. What is left out is counted as ``sampled_out``.

    An event given to `send` is always kept: who waits for it wants it.

    Args:
        rate: Which part is kept, from 0 to 1.
        by: What belongs together: ``trace_id``, ``key`` or another field, a key of the metadata, or a
            function of the fields. Events of equal value are kept or left out together, in all
            processes and languages alike: the decision is the CRC-32 of the value as UTF-8.
            Default: each event by itself, as are those without a value.
        rates: Rates of single models or services, by name; a model's goes before its service's.
        keep_errors: Keep all events with errors.
        slow_ms: Keep all events of calls that took at least so many milliseconds.
        chance: Where decisions without a value come from: numbers from 0 to 1.

    Raises:
        ConfigurationError: A rate is not from 0 to 1, or *slow_ms* is negative.
    """

    __slots__ = ("_by", "_chance", "_keep_errors", "_rate", "_rates", "_slow_ms")

    def __init__(
        self,
        rate: float = 1.0,
        *,
        by: str | Callable[[Fields], str | None] | None = None,
        rates: Mapping[str, float] | None = None,
        keep_errors: bool = True,
        slow_ms: float | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._rate = _checked("rate", rate)
        self._rates = {name: _checked("rates", each) for name, each in (rates or {}).items()}
        if slow_ms is not None and not slow_ms >= 0:
            msg = f"`slow_ms` must be a number from 0, not {slow_ms!r}"
            raise _refused(msg)
        self._by = by
        self._keep_errors = keep_errors
        self._slow_ms = slow_ms
        self._chance = chance

    def __repr__(self) -> str:
        return f"Sampling({self._rate}, by={self._by!r})"

    @property
    def leaves_out(self) -> bool:
        """Whether there are events that it does not keep."""
        return self._rate < 1 or any(rate < 1 for rate in self._rates.values())

    def keeps(self, fields: Fields) -> bool:
        """Return whether an event is kept."""
        if self._keep_errors and fields.errors:
            return True
        if self._slow_ms is not None and fields.latency_ms >= self._slow_ms:
            return True
        rate = self._rate
        if self._rates:
            rate = self._rates.get(fields.service_name or "", rate)
            rate = self._rates.get(fields.model, rate)
        if rate >= 1.0:
            return True
        if rate <= 0.0:
            return False
        value = self._value(fields)
        if value is None:
            return self._chance() < rate
        return crc32(value.encode("utf-8", "surrogatepass")) < rate * 2**32

    def _value(self, fields: Fields) -> str | None:
        by = self._by
        if by is None:
            return None
        if not isinstance(by, str):
            value = by(fields)
        elif by in _FIELDS:
            value = getattr(fields, by)
        else:
            value = (fields.metadata or {}).get(by)
        return None if value is None else str(value)


_FIELDS = frozenset({"event_id", "key", "model", "service_name", "span_id", "trace_id"})


def _checked(name: str, rate: Any) -> float:
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 <= rate <= 1:
        msg = f"`{name}` of a sampling must be a number from 0 to 1, not {rate!r}"
        raise _refused(msg)
    return float(rate)


def _refused(msg: str) -> Exception:
    from .errors import ConfigurationError  # noqa: PLC0415  # loads what only mistakes need

    return ConfigurationError(msg)
