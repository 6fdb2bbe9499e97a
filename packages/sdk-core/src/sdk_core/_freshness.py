"""
Freshness: what RFC 9111 says about answers that were kept, as functions of values.

This is a private cache (§1): it keeps what is ``private`` and does not look at ``s-maxage``. It
makes no guesses (§4.2.2): without a word of the server's an answer is fresh only by the caller's
own ``ttl``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from ._messages import Headers, Response, is_credential
from ._retry_after import date_of

if TYPE_CHECKING:
    from ._messages import Request

KEPT = frozenset({200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501})
"""What may be kept on a server's word: the statuses of RFC 9110 §15.1, without parts of things."""

_SUCCESSES = frozenset({200, 203, 204})  # what may be kept on the caller's word
_DIRECTIVE = re.compile(r'([^\s,=]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?')
# Of one connection (RFC 9110 §7.6.1), or of one user and therefore nobody's business here.
_NOT_KEPT = frozenset(
    {"connection", "keep-alive", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade"}
)
# What a 304 cannot say about the body that is here (RFC 9111 §3.2).
_OF_THE_BODY = frozenset({"content-encoding", "content-length", "content-range", "content-type"})


@lru_cache(maxsize=256)  # servers say few different things
def directives(value: str) -> Mapping[str, str]:
    """Return the members of a ``Cache-Control`` in lower case; of two that are alike, the first."""
    said: dict[str, str] = {}
    for name, quoted, plain in _DIRECTIVE.findall(value):
        said.setdefault(name.lower(), quoted or plain)
    return said


def seconds(value: str) -> float:
    """Return a number of seconds (§1.2.2); what is none counts as over."""
    return float(value) if value.isascii() and value.isdecimal() else 0.0


@attrs.frozen
class Entry:
    """
    An answer that was kept.

    Attributes:
        status: Its status.
        headers: Its headers, names in lower case, without what belongs to one connection or user.
        content: Its body, decompressed.
        varies: For each header of the request that it depends on, what stands for its value.
        received: When it came, or was last confirmed; on the wall clock, in seconds.
        age: Seconds that it was old by then.
        lifetime: Seconds of age until it is stale.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes = attrs.field(repr=False)
    varies: Mapping[str, str]
    received: float
    age: float
    lifetime: float

    def age_at(self, now: float) -> float:
        """Return how old it is (§4.2.3)."""
        return self.age + max(0.0, now - self.received)

    def is_fresh(self, now: float, request: Request) -> bool:
        """Return whether it answers *request* without a question to the server (§4.2)."""
        if "no-cache" in directives(self.headers.get("cache-control", "")):
            return False
        asked = directives(request.headers.get("cache-control", ""))
        if "no-cache" in asked:
            return False
        limit = seconds(asked["max-age"]) if "max-age" in asked else self.lifetime
        return self.age_at(now) < min(limit, self.lifetime)

    def is_tolerable(self, now: float, tolerance: float) -> bool:
        """Return whether it may stand in, stale, for a server that fails (RFC 5861 §4)."""
        said = directives(self.headers.get("cache-control", ""))
        if said.keys() & {"must-revalidate", "no-cache"}:
            return False
        tolerance = max(tolerance, seconds(said.get("stale-if-error", "")))
        return self.age_at(now) < self.lifetime + tolerance

    def question(self) -> dict[str, str]:
        """Return the headers that ask whether it is still right (§4.3.1); none: it cannot be."""
        asked = {"if-none-match": "etag", "if-modified-since": "last-modified"}
        return {name: self.headers[of] for name, of in asked.items() if of in self.headers}

    def answer(self, request: Request, now: float) -> Response:
        """Return it as an answer to *request*."""
        headers = {**self.headers, "age": str(int(self.age_at(now)))}
        return Response(
            self.status, Headers.lowered(headers), request=request, content=self.content
        )

    def confirmed(self, response: Response, now: float, ttl: float | None) -> Entry:
        """Return it as it is after the server has said, with 304, that it is right (§4.3.4)."""
        news = {n: v for n, v in _kept(response.headers).items() if n not in _OF_THE_BODY}
        headers = {**{n: v for n, v in self.headers.items() if n != "age"}, **news}
        age, lifetime = _times(headers, now, response.elapsed, ttl)
        return attrs.evolve(self, headers=headers, received=now, age=age, lifetime=lifetime)


def entry_of(
    response: Response, now: float, ttl: float | None, veil: Callable[[str], str]
) -> Entry | None:
    """
    Return *response*, whose body has been read, as it is kept; None if it must not be (§3).

    Args:
        response: An answer to a method that is understood.
        now: The wall clock.
        ttl: Seconds that it is fresh if the server says nothing.
        veil: Returns what stands for the value of a header of the request.
    """
    headers = response.headers
    said = directives(headers.get("cache-control", ""))
    varies = {name.strip().lower() for name in headers.get("vary", "").split(",")} - {""}
    if response.status_code not in KEPT or "no-store" in said or "*" in varies:
        return None
    age, lifetime = _times(
        headers, now, response.elapsed, ttl if response.status_code in _SUCCESSES else None
    )
    asked = response.request.headers
    entry = Entry(
        response.status_code,
        _kept(headers),
        response.content,
        {name: veil(asked.get(name, "")) for name in sorted(varies)},
        now,
        age,
        lifetime,
    )
    return entry if lifetime > age or entry.question() else None


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): value for name, value in headers.items()}
    dropped = _NOT_KEPT | {n.strip().lower() for n in lowered.get("connection", "").split(",")}
    return {n: v for n, v in lowered.items() if n not in dropped and not is_credential(n)}


def _times(
    headers: Mapping[str, str], now: float, elapsed: float, ttl: float | None
) -> tuple[float, float]:
    """Return the age of an answer that comes now, and the age at which it is stale (§4.2)."""
    sent = date_of(headers.get("date", ""))
    said = directives(headers.get("cache-control", ""))
    if "max-age" in said:
        lifetime = seconds(said["max-age"])
    elif "expires" in headers:
        expires = date_of(headers["expires"])
        lifetime = 0.0 if expires is None else expires - (now if sent is None else sent)
    else:  # the caller's word counts from now, whatever the clocks say
        return 0.0, ttl or 0.0
    apparent = 0.0 if sent is None else max(0.0, now - sent)
    return max(apparent, seconds(headers.get("age", "")) + elapsed), lifetime
