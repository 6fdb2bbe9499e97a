"""What a server says about when to come again."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping


def retry_after(headers: Mapping[str, str]) -> float | None:
    """
    Return the seconds that *headers* ask to wait, or None.

    Reads ``retry-after-ms`` (milliseconds), then ``Retry-After`` as seconds or as an HTTP date
    (RFC 9110 §10.2.3). A date is measured against the answer's own ``Date`` where there is one,
    so that a wrong clock on this side does not matter. What is no finite number >= 0 is ignored.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    then = _date(value)
    if then is None:
        return None
    sent = _date(headers.get("date", ""))
    return max(0.0, then - (time.time() if sent is None else sent))


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None and "_" not in value else -1.0
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _date(value: str) -> float | None:
    # Imported here: parsing dates pulls in the email package, and most answers hold none.
    from email.utils import parsedate_to_datetime  # noqa: PLC0415

    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
