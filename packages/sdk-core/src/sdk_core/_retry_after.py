"""What a server says about when to come again."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._messages import Response

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


def hint_of(response: Response) -> float | None:
    """
    Return the seconds that *response*, whose body has been read, asks to wait, or None.

    Where no header says it, a refusal for too many requests may do so in its body, as
    ``google.rpc.RetryInfo`` (``"retryDelay": "36s"``), or by when a limit of which nothing is left
    is there again (``x-ratelimit-reset-requests: 6m0s`` and the like).
    """
    hint = retry_after(response.headers)
    if hint is not None or response.status_code != 429:
        return hint
    if b'"retryDelay"' in response.content:
        import re  # noqa: PLC0415  # one API says it so

        found = re.search(rb'"retryDelay"\s*:\s*"(\d{1,9}(?:\.\d{1,9})?)s"', response.content)
        if found is not None:
            return float(found[1])
    if any("ratelimit" in name for name in response.headers):
        from ._rate_headers import quotas  # noqa: PLC0415  # which imports this module

        spent = [quota.reset for quota in quotas(response.headers) if quota.remaining == 0]
        return max((reset for reset in spent if reset is not None), default=None)
    return None


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
