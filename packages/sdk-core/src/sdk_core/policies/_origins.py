"""Origins: what servers are told apart by, quickly enough for every call."""

from __future__ import annotations

from functools import lru_cache

from .._addresses import origin

_last = [("\n", "")]  # what the last URL began with, to the slash behind its port, and its origin


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url*; no credential is in it."""
    start, found = _last[0]
    if not url.startswith(start):  # seldom: most programs ask one server
        slash = url.find("/", 8)
        found = _origin(url if slash < 0 else url[:slash])
        if slash >= 0:
            _last[0] = url[: slash + 1], found
    return found


@lru_cache(maxsize=256)
def _origin(start: str) -> str:
    try:
        return origin(start)
    except ValueError:  # no port; the engine will refuse it
        return "invalid"
