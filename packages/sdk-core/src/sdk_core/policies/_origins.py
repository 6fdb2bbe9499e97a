"""Origins: what servers are told apart by, quickly enough for every call."""

from __future__ import annotations

from functools import lru_cache

from .._addresses import origin


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url*; no credential is in it."""
    slash = url.find("/", 8)
    return _origin(url if slash < 0 else url[:slash])


@lru_cache(maxsize=256)
def _origin(start: str) -> str:
    try:
        return origin(start)
    except ValueError:  # no port; the engine will refuse it
        return "invalid"
