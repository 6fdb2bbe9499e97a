"""
What a server says about its rate limits.

Read are ``x-ratelimit-{limit,remaining,reset}-{requests,tokens}`` (OpenAI and those who follow
it), ``x-ratelimit-{limit,remaining,reset}`` (GitHub and many others), and the fields of the IETF's
draft-ietf-httpapi-ratelimit-headers: ``RateLimit`` and ``RateLimit-Policy`` in the syntax of
structured fields (draft 8 and later) and in that of draft 7, and ``RateLimit-Limit``, ``-Remaining``
and ``-Reset`` of the drafts before.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import attrs

from ._retry_after import date_of

Unit: TypeAlias = Literal["requests", "tokens"]

_EPOCH: Final = 1e9  # more seconds than this are a date, not a wait
_UNITS: Final = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
FIELDS: Final = frozenset(
    {
        "ratelimit",
        "ratelimit-policy",
        *(
            f"{family}-{what}"
            for family in ("ratelimit", "x-ratelimit")
            for what in ("limit", "remaining", "reset")
        ),
        *(
            f"x-ratelimit-{what}-{unit}"
            for what in ("limit", "remaining", "reset")
            for unit in ("requests", "tokens")
        ),
    }
)
"""The names of all that is read, in lower case."""

_duration = re.compile(r"(?:(\d+(?:\.\d+)?)(ms|us|ns|d|h|m|s))").match
# An item of a structured field (RFC 9651) is a string or token and its parameters.
_item = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z0-9*_.:/-]+))?((?:\s*[;=][^,]*)?)').match


@attrs.frozen
class Quota:
    """
    One limit of a server, as far as it said.

    Attributes:
        unit: What is counted.
        limit: How many there are in all.
        remaining: How many are left.
        reset: Seconds until all are there again.
        pace: Seconds between two, by the limit and its window.
        refills: Whether what was used comes back little by little, and not all at once.
    """

    unit: Unit
    limit: float | None = None
    remaining: float | None = None
    reset: float | None = None
    pace: float | None = None
    refills: bool = False


def quotas(headers: Mapping[str, str]) -> tuple[Quota, ...]:
    """Return what *headers* say about limits; garbage is no limit."""
    found = {name: headers[name] for name in FIELDS if name in headers}
    return (*_by_unit(found), *_plain(found, headers), *_structured(found))


def _by_unit(found: Mapping[str, str]) -> Iterator[Quota]:
    units: tuple[Unit, ...] = ("requests", "tokens")
    for unit in units:
        limit = _number(found.get(f"x-ratelimit-limit-{unit}"))
        remaining = _number(found.get(f"x-ratelimit-remaining-{unit}"))
        reset = duration(found.get(f"x-ratelimit-reset-{unit}"))
        if limit or remaining is not None:
            yield Quota(unit, limit, remaining, reset, _pace(60.0, limit), refills=True)


def _plain(found: Mapping[str, str], headers: Mapping[str, str]) -> Iterator[Quota]:
    for family in ("x-ratelimit", "ratelimit"):
        # Before draft 7 the limit could carry its policies: `100, 100;w=60`.
        limit = _number(found.get(f"{family}-limit", "").partition(",")[0].partition(";")[0])
        remaining = _number(found.get(f"{family}-remaining"))
        if remaining is None:
            continue
        reset = duration(found.get(f"{family}-reset"))
        if reset is not None and reset > _EPOCH:
            sent = date_of(headers.get("date", ""))
            reset = max(0.0, reset - (time.time() if sent is None else sent))
        yield Quota("requests", limit, remaining, reset)


def _structured(found: Mapping[str, str]) -> Iterator[Quota]:
    policies = dict(_items(found.get("ratelimit-policy", "")))
    field = found.get("ratelimit", "")
    if "remaining=" in field:  # draft 7: limit=100, remaining=50, reset=30
        said = dict(_pair(part) for part in field.split(","))
        limit = _number(said.get("limit"))
        window = next((_number(p.get("w")) for name, p in policies.items() if name), None)
        remaining, reset = _number(said.get("remaining")), _number(said.get("reset"))
        yield Quota("requests", limit, remaining, reset, _pace(window, limit))
        return
    for name, said in _items(field):
        policy = policies.get(name, {})
        unit = policy.get("qu", "requests").strip('"')
        if unit not in {"requests", "tokens"}:
            continue
        limit, window = _number(policy.get("q")), _number(policy.get("w"))
        pace = _pace(window, limit)
        remaining, reset = _number(said.get("r")), _number(said.get("t"))
        if remaining is not None or pace is not None:
            yield Quota("tokens" if unit == "tokens" else "requests", limit, remaining, reset, pace)


def _pace(window: float | None, limit: float | None) -> float | None:
    """Return the seconds between two, of *limit* in a *window* of seconds."""
    return window / limit if window and limit and window / limit < _EPOCH else None


def _items(field: str) -> Iterator[tuple[str, dict[str, str]]]:
    at = 0
    while at < len(field):
        match = _item(field, at)
        assert match is not None  # every part of it may be missing
        quoted, token, parameters = match.groups()
        yield quoted or token or "", dict(_pair(p) for p in parameters.split(";") if "=" in p)
        comma = field.find(",", match.end())
        at = len(field) if comma < 0 else comma + 1


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip()


def duration(text: str | None) -> float | None:
    """Return the seconds of *text*, such as ``6m0s``, ``1s``, ``20ms`` or ``17``."""
    seconds = _number(text)
    if seconds is not None or not text:
        return seconds
    at, seconds = 0, 0.0
    text = text.strip()
    while match := _duration(text, at):
        seconds += float(match[1]) * _UNITS[match[2]]
        at = match.end()
    return seconds if at == len(text) and at else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text and "_" not in text else -1.0
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
