"""What a server says about when to come again."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Final

_EPOCH: Final = 1e9  # seconds; what is more is a date


def retry_after(headers: Mapping[str, str]) -> float | None:
    """
    Return the seconds that *headers* ask to wait, or None.

    Reads ``retry-after-ms`` (milliseconds), then ``Retry-After`` as seconds or as an HTTP date
    (RFC 9110 §10.2.3), or as the Unix time that some servers write by mistake: no server asks for
    thirty years. A date is measured against the answer's own ``Date`` where there is one, so that
    a wrong clock on this side does not matter. What is no finite number >= 0 is ignored.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    then = _number(value)
    if then is not None and then < _EPOCH:
        return then
    if then is None:
        then = date_of(value)
    if then is None:
        return None
    sent = date_of(headers.get("date", ""))
    return max(0.0, then - (time.time() if sent is None else sent))


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None and "_" not in value else -1.0
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def date_of(value: str) -> float | None:
    """Return the Unix time of an HTTP date; None if *value* is none."""
    # Imported here: parsing dates pulls in the email package, and most answers hold none.
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
