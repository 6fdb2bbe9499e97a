"""Faults of event sources, which outlive connections: what is lost, and what comes again."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any

from sdk_core.errors import (
    APITimeoutError,
    InternalServerError,
    NotFoundError,
    StreamInterruptedError,
)

from ._server import Turn, answer, turn
from ._words import (
    CHUNKED,
    FIN,
    HOLD,
    REQUEST,
    RESET,
    SSE,
    Either,
    Fault,
    Outcome,
    Raises,
    Returns,
    broken,
    invalid,
    lines,
    said,
)

_A = b"id: 1\ndata: a\n\n"
_B = b"id: 2\ndata: b\n\n"
_OVER = said(answer(b"", 204))
_IN_CHUNKS = CHUNKED.replace(b"application/json", b"text/event-stream")
_ZIPPED = lines("content-type: text/event-stream", "content-encoding: gzip")


def _sent(*steps: Any) -> tuple[Turn, ...]:
    """Return the connection over which these events come, which then ends."""
    return (turn(REQUEST, SSE, *steps),)


def _source(
    name: str, turns: tuple[Turn, ...], sees: Outcome, options: Mapping[str, Any] | None = None
) -> Fault:
    return Fault(f"source-{name}", turns, sees, ask="source", options=options or {})


def _after(requests: int, *events: str) -> Returns:
    """Expect these events, over so many requests."""
    return Returns(list(events), requests)


def _over_long(requests: int = 1) -> Raises:
    return Raises(StreamInterruptedError, says="longer than 10000 bytes", requests=requests)


_CUTS = {
    "in-the-field": b"da",
    "in-the-data": b"id: 9\ndata: ha",
    "behind-a-line": b"id: 9\ndata: half\n",
    "in-a-character": b"data: \xc3",
    "in-a-comment": b": pi",
    "between-events": b"",
}

SOURCES = (
    _source("that-is-over", _OVER, _after(1)),
    _source("in-pieces", _sent(b"da", b"ta: a", b"\n", b"\n", FIN) + _OVER, _after(2, "a")),
    *(
        _source(
            f"cut-{name}-{how.name.lower()}",
            _sent(_A + cut, how) + _sent(_B, FIN) + _OVER,
            _after(3, "a", "b"),
        )
        for name, cut in _CUTS.items()
        for how in (FIN, RESET)
    ),
    _source("cut-in-a-chunk", said(_IN_CHUNKS + b"20\r\n" + _A, FIN) + _OVER, _after(2, "a")),
    _source("repeats-itself", _sent(_A, FIN) + _sent(_A + _B, FIN) + _OVER, _after(3, "a", "b")),
    _source("reset-at-once", said(RESET) + _sent(_A, FIN) + _OVER, _after(3, "a")),
    _source("503-then-events", said(answer(b"", 503)) + _sent(_A, FIN) + _OVER, _after(3, "a")),
    _source("503-twice", said(answer(b"", 503)) * 2, Raises(InternalServerError, requests=2)),
    _source("ends-twice", _sent(FIN) * 2, Raises(StreamInterruptedError, requests=2)),
    _source("reset-twice", said(RESET) * 2, broken(requests=2)),
    _source(
        "moved",
        said(answer(b"", 302, "location: /b")) + _sent(_A, FIN) + _OVER,
        _after(3, "a"),
    ),
    _source("404", said(answer(b"{}", 404)), Raises(NotFoundError, requests=1)),
    _source("404-later", _sent(_A, FIN) + said(answer(b"{}", 404)), Raises(NotFoundError)),
    _source("that-is-json", said(answer(b"{}")), invalid("instead of", requests=1)),
    _source(
        "that-is-a-page",
        said(answer(b"<html>", 200, "content-type: text/html")),
        invalid("instead of", requests=1),
    ),
    _source("without-a-type", said(lines() + _A, FIN), invalid("instead of", requests=1)),
    _source("that-is-201", said(answer(_A, 201, "content-type: text/event-stream")), invalid()),
    _source("line-without-end", _sent(b"data: " + b"x" * (1 << 20), HOLD), _over_long()),
    _source("event-without-end", _sent(b"data: x\n" * (1 << 17), HOLD), _over_long()),
    _source("comments-without-end", _sent(b": x\n" * (1 << 17), HOLD), _over_long()),
    _source(
        "asks-for-a-day",
        _sent(b"retry: 86400000\n", FIN),
        Raises(StreamInterruptedError, requests=1),
    ),
    _source(
        "silent-at-first",
        said(HOLD) + _sent(_A, FIN) + _OVER,
        _after(3, "a"),
        {"idle_timeout": 1.0},
    ),
    _source(
        "falls-silent",
        _sent(_A, HOLD) + _OVER,
        _after(2, "a"),
        {"idle_timeout": 1.0},
    ),
    _source("silent", said(HOLD) * 2, Raises(APITimeoutError, requests=2), {"idle_timeout": 0.1}),
    _source(
        "bad-gzip",
        said(_ZIPPED + b"nonsense", FIN) * 2,
        broken(says="decompressed", requests=2),
    ),
    _source(
        "gzip-bomb",
        said(_ZIPPED + gzip.compress(bytes(1 << 25)), HOLD),
        Either((_over_long(), invalid("no honest answer"))),
    ),
)
