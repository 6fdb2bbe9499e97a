"""Faults of what comes back: framing, headers, codings, redirects, statuses, bodies, streams."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

from sdk_core.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    RateLimitError,
    StreamInterruptedError,
)

from ._server import OK, Turn, answer
from ._words import (
    CHUNKED,
    FIN,
    FINE,
    HOLD,
    JSON,
    LENIENT,
    RESET,
    RETRY,
    SEES_GARBAGE,
    SOON,
    SSE,
    Either,
    Fault,
    Raises,
    Returns,
    broken,
    invalid,
    late,
    lines,
    said,
    unreached,
)


def _chunked(*pieces: bytes) -> bytes:
    return CHUNKED + b"".join(pieces)


def _length(value: str, body: bytes = b'{"ok": true}') -> bytes:
    return lines(JSON, f"content-length: {value}") + body


FRAMING = (
    Fault("chunks", said(_chunked(b'5\r\n{"ok"\r\n7\r\n: true}\r\n0\r\n\r\n')), FINE),
    Fault("chunk-extensions", said(_chunked(b'c;a=b\r\n{"ok": true}\r\n0;x\r\n\r\n')), FINE),
    Fault("trailers", said(_chunked(b'c\r\n{"ok": true}\r\n0\r\nx-sum: 1\r\n\r\n')), FINE),
    Fault("chunk-size-no-number", said(_chunked(b"zz\r\nabc\r\n0\r\n\r\n"), HOLD), broken()),
    Fault("chunk-size-negative", said(_chunked(b"-1\r\nabc\r\n0\r\n\r\n"), HOLD), broken()),
    Fault("chunk-size-huge", said(_chunked(b"f" * 40 + b"\r\nabc"), HOLD), broken()),
    Fault("chunk-longer-than-said", said(_chunked(b"2\r\nabcdef\r\n0\r\n\r\n"), HOLD), broken()),
    Fault("length-too-long", said(_length("20"), FIN), broken()),
    Fault(
        "length-too-short",
        said(_length("12", b'{"ok": true}trailing')),
        FINE,
        unlike=SEES_GARBAGE,
        after="honest",
    ),
    Fault("length-negative", said(_length("-1"), FIN), broken()),
    Fault("length-no-number", said(_length("twelve"), FIN), broken()),
    Fault("length-huge", said(_length("9" * 30), FIN), broken()),
    Fault("length-signed", said(_length("+12"), FIN), broken()),
    Fault(
        "length-twice-the-same",
        said(_length("12\r\ncontent-length: 12")),
        Either((FINE, broken())),
    ),
    Fault("lengths-that-differ", said(_length("12\r\ncontent-length: 11"), FIN), broken()),
    Fault("lengths-in-one-line-that-differ", said(_length("12, 11"), FIN), broken()),
    Fault(
        "length-and-chunks",
        said(
            lines(JSON, "content-length: 5", "transfer-encoding: chunked")
            + b'c\r\n{"ok": true}\r\n0\r\n\r\n',
            FIN,
        ),
        Either((FINE, broken())),
    ),
    Fault(
        "unknown-transfer-coding",
        said(lines(JSON, "transfer-encoding: snappy") + b'{"ok": true}', FIN),
        Either((FINE, broken())),
    ),
    Fault("two-answers", said(OK + answer(b'{"poison": true}')), FINE, after="honest"),
    Fault(
        "garbage-behind-the-answer",
        said(OK + b"\0garbage\r\n\r\n"),
        FINE,
        unlike=SEES_GARBAGE,
        after="honest",
    ),
    Fault(
        "body-of-204",
        said(lines(JSON, status="204 None") + b'{"poison": 1}'),
        Returns(None),
        unlike=SEES_GARBAGE,
        after="honest",
    ),
    Fault("length-of-204", said(answer(b"", 204)), Returns(None)),
    Fault("205", said(answer(b"", 205)), Returns(None)),
    Fault(
        "body-of-head",
        said(answer(b'{"poison": 1}')),
        Returns(None),
        ask="head",
        unlike=SEES_GARBAGE,
        after="honest",
    ),
    Fault("http-1.0", said(answer(version="1.0"), FIN), FINE),
    Fault(
        "http-1.0-kept-alive",
        said(answer(b"1", 200, "connection: keep-alive", version="1.0")),
        Returns(1),
    ),
    Fault("http-1.0-no-length", said(answer(length=False, version="1.0"), FIN), FINE),
    Fault("http-0.9", said(b'{"ok": true}', FIN), broken()),
    Fault(
        "http-2-said",
        said(lines(JSON, version="2.0") + b'{"ok": true}', FIN),
        Either((broken(), FINE)),
    ),
    Fault("no-http", said(b"ICY 200 OK\r\n\r\n", FIN), broken()),
    Fault(
        "close-said-and-not-done", said(answer(b"1", 200, "connection: close"), HOLD), Returns(1)
    ),
)


HEADERS = (
    Fault("status-without-reason", said(answer(b"1", "200")), Returns(1)),
    Fault("status-of-four-digits", said(answer(b"1", "2000 OK"), FIN), broken()),
    Fault("status-no-number", said(answer(b"1", "abc OK"), FIN), broken()),
    Fault("status-too-low", said(answer(b"1", "099 X"), FIN), Either((Returns(1), broken()))),
    Fault("status-unheard-of", said(answer(b"1", 299)), Returns(1)),
    Fault("status-600", said(answer(b"1", 600)), Raises(InternalServerError)),
    Fault("header-without-colon", said(lines(JSON, "nonsense") + b"1", FIN), broken()),
    Fault("header-without-name", said(lines(JSON, ": x") + b"1", FIN), broken()),
    Fault("space-before-colon", said(lines(JSON, "x-a : b") + b"1", FIN), broken()),
    Fault("header-with-nul", said(lines(JSON, "x-a: b\0c") + b"1", FIN), broken()),
    Fault("header-folded", said(answer(b"1", 200, "x-a: b\r\n c")), Either((Returns(1), broken()))),
    Fault("header-in-latin-1", said(answer(b"1", 200, "x-a: caf\xe9")), Returns(1)),
    Fault("line-ends-of-unix", said(answer(b"1").replace(b"\r\n", b"\n")), Returns(1)),
    Fault("header-too-long", said(lines(JSON, "x-a: " + "a" * (4 << 20)), FIN), broken()),
    Fault(
        "header-that-never-ends",
        said(b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * (1 << 20), HOLD),
        broken(),
    ),
    Fault("headers-too-many", said(lines(JSON, *["x-a: b"] * 200_000), FIN), broken()),
    Fault("fifty-cookies", said(answer(b"1", 200, *["set-cookie: a=b"] * 50)), Returns(1)),
    Fault(
        "cookie-nonsense",
        said(answer(b"1", 200, "set-cookie: =;;,\x01")),
        Either((Returns(1), broken())),
    ),
)


INTERIM = (
    Fault("100-first", said(lines(status="100 Continue") + OK), FINE),
    Fault("100-five-times", said(lines(status="100 Continue") * 5 + OK), FINE),
    Fault("103-first", said(lines("link: </a>", status="103 Early Hints") + OK), FINE),
    Fault("103-in-its-own-piece", said(lines(status="103 Early Hints"), OK), FINE),
    Fault("100-and-no-more", said(lines(status="100 Continue"), FIN), broken()),
    Fault("100-and-silence", said(lines(status="100 Continue"), HOLD), late(), options=SOON),
    Fault(
        "101-that-nobody-asked-for",
        said(lines("upgrade: x", "connection: upgrade", status="101 Switching"), FIN),
        Either((invalid(), broken())),
    ),
)


def _deflate(data: bytes) -> bytes:
    raw = zlib.compressobj(wbits=-15)
    return raw.compress(data) + raw.flush()


def _coded(coding: str, body: bytes, status: int = 200) -> tuple[Turn, ...]:
    return said(answer(body, status, f"content-encoding: {coding}"))


_ZIPPED = gzip.compress(b'{"ok": true}')
# Kept small on disk and in the wire's buffers; 1,000 times as large once it is out.
_BOMB = gzip.compress(gzip.compress(bytes(1 << 25)))
_BOMBS = {
    "gzip": gzip.compress(bytes(1 << 26)),
    "deflate": zlib.compress(bytes(1 << 26)),
    "gzip, gzip": _BOMB,
}
_KINDS: dict[Any, str] = {"json": JSON, "stream": "content-type: text/event-stream"}
_HELD = (
    40 << 20
)  # bytes: what was decompressed before it is refused, once in pieces and once joined

CODINGS = (
    Fault("gzip", _coded("gzip", _ZIPPED), FINE),
    Fault("gzip-in-capitals", _coded("GZIP", _ZIPPED), FINE),
    Fault("deflate", _coded("deflate", zlib.compress(b'{"ok": true}')), FINE),
    Fault("deflate-without-header", _coded("deflate", _deflate(b'{"ok": true}')), FINE),
    Fault("gzip-that-is-none", _coded("gzip", b"nonsense"), broken(says="decompressed")),
    Fault("gzip-cut", _coded("gzip", _ZIPPED[:-12]), broken()),
    Fault("gzip-with-a-wrong-sum", _coded("gzip", _ZIPPED[:-8] + bytes(8)), broken()),
    Fault("gzip-empty", _coded("gzip", b""), invalid()),
    Fault("gzip-of-an-error", _coded("gzip", b"nonsense", 500), Raises(InternalServerError)),
    Fault(
        "gzip-bomb-as-error",
        _coded("gzip, gzip", _BOMB, 500),
        Raises(InternalServerError),
    ),
    *(
        Fault(
            f"{coding}-bomb-{ask}".replace(", ", "-"),
            said(
                lines(_KINDS[ask], f"content-encoding: {coding}", "connection: close") + bomb, FIN
            ),
            invalid("no honest answer"),
            ask=ask,
            memory=_HELD,
        )
        for coding, bomb in _BOMBS.items()
        for ask in _KINDS
    ),
    Fault("unknown-coding", _coded("snappy", b"\0\1"), broken(says="decompressed")),
)


def _to(location: str, status: int = 302) -> tuple[Turn, ...]:
    return said(answer(b"", status, f"location: {location}"))


REDIRECTS = (
    Fault("redirect", _to("/b"), FINE),
    Fault("redirect-loop", _to("/fault") * 6, invalid("more than 5 redirects", requests=6)),
    Fault("redirect-nowhere", _to("http://127.0.0.1:9/"), unreached(), where="http"),
    Fault("redirect-to-a-file", _to("file:///etc/passwd"), invalid("not followed", requests=1)),
    Fault("redirect-to-ftp", _to("ftp://127.0.0.1/a"), invalid("not followed", requests=1)),
    Fault("redirect-to-plain-http", _to("http://127.0.0.1/"), invalid("not followed"), where="tls"),
    Fault(
        "redirect-to-no-port",
        _to("http://127.0.0.1:x/"),
        Either((invalid("address that is none"), broken())),  # httpx itself looks at it
    ),
    Fault("redirect-to-no-host", _to("http:///a"), FINE),
    Fault("redirect-without-location", said(answer(b"", 302)), invalid()),
    Fault("redirect-to-nothing", _to(""), FINE),
    Fault("307-of-a-post", _to("/b", 307), FINE, ask="post"),
    Fault("303-of-a-post", _to("/b", 303), FINE, ask="post"),
    Fault("300", said(answer(b"", 300)), invalid()),
    Fault("304", said(lines(status="304 Same")), invalid()),
)


def _wait(seconds: float | None) -> Raises:
    return Raises(RateLimitError, holds={"retry_after": seconds})


def _429(*headers: str) -> tuple[Turn, ...]:
    return said(answer(b"{}", 429, *headers))


_NOON = "Sun, 06 Nov 1994 08:49:37 GMT"
_LATER = "Sun, 06 Nov 1994 08:49:42 GMT"

STATUSES = (
    Fault("401", said(answer(b"{}", 401)), Raises(AuthenticationError, requests=1), options=RETRY),
    Fault(
        "401-storm",
        said(answer(b"{}", 401)) * 2,
        Raises(AuthenticationError, requests=2),
        ask="storm",
        options={"max_retries": 5, "credential": lambda: "fresh"},
    ),
    Fault("401-without-body", said(answer(b"", 401)), Raises(AuthenticationError)),
    Fault("407", said(answer(b"{}", 407)), Raises(APIStatusError, holds={"status_code": 407})),
    Fault("429-silent", _429(), _wait(None)),
    Fault("429-seconds", _429("retry-after: 7"), _wait(7.0)),
    Fault("429-fraction", _429("retry-after: 0.25"), _wait(0.25)),
    Fault("429-date", _429(f"date: {_NOON}", f"retry-after: {_LATER}"), _wait(5.0)),
    Fault("429-date-past", _429(f"date: {_LATER}", f"retry-after: {_NOON}"), _wait(0.0)),
    Fault(
        "429-date-of-1850",
        _429(f"date: {_NOON}", "retry-after: Sunday, 06-Nov-94 08:49:42 GMT"),
        _wait(5.0),
    ),
    Fault("429-milliseconds", _429("retry-after-ms: 250"), _wait(0.25)),
    Fault("429-both", _429("retry-after: 9", "retry-after-ms: 250"), _wait(0.25)),
    Fault("429-negative", _429("retry-after: -5"), _wait(None)),
    Fault("429-nan", _429("retry-after: nan"), _wait(None)),
    Fault("429-infinite", _429("retry-after: inf"), _wait(None)),
    Fault("429-overflow", _429("retry-after: 1e400"), _wait(None)),
    Fault("429-nonsense", _429("retry-after: soon"), _wait(None)),
    Fault("429-twice", _429("retry-after: 1", "retry-after: 2"), Raises(RateLimitError)),
    Fault("429-then-ok", _429("retry-after: 0"), Returns({"ok": True}, requests=2), options=RETRY),
    Fault("429-ms-then-ok", _429("retry-after-ms: 1"), Returns({"ok": True}, 2), options=RETRY),
    Fault("429-for-an-hour", _429("retry-after: 3600"), _wait(3600.0), options=RETRY),
    Fault("429-openai", _429("x-ratelimit-reset-requests: 20ms"), Raises(RateLimitError)),
    Fault("429-github", _429("x-ratelimit-reset: 784111777"), Raises(RateLimitError)),
    Fault("429-draft", _429('ratelimit: "default";r=0;t=5'), Raises(RateLimitError)),
    Fault(
        "503-then-ok",
        said(answer(b"", 503, "retry-after: 0")),
        Returns({"ok": True}, 2),
        options=RETRY,
    ),
    Fault(
        "503-thrice",
        said(answer(b"{}", 503, "retry-after: 0")) * 2,
        Raises(InternalServerError, requests=2, retries=1),
        options=RETRY,
    ),
    Fault(
        "503-of-html",
        said(answer(b"<html>down", 503, "content-type: text/html")),
        Raises(InternalServerError),
    ),
    Fault("500-empty", said(answer(b"", 500)), Raises(InternalServerError)),
    Fault("500-of-nul", said(answer(bytes(64), 500)), Raises(InternalServerError)),
    Fault("500-endless", said(answer(b"x" * (8 << 20), 500)), Raises(InternalServerError)),
    Fault(
        "500-cut",
        said(lines(JSON, "content-length: 99", status="500 X") + b"{", FIN),
        Either((Raises(InternalServerError), broken())),
    ),
    Fault(
        "clock-ahead", said(answer(b"1", 200, "date: Fri, 31 Dec 9999 23:59:59 GMT")), Returns(1)
    ),
    Fault("clock-nonsense", _429("date: yesterday", "retry-after: 3"), _wait(3.0)),
    Fault(
        "clock-behind",
        _429("date: Thu, 01 Jan 1970 00:00:00 GMT", "retry-after: Thu, 01 Jan 1970 00:00:02 GMT"),
        _wait(2.0),
    ),
)


BODIES = (
    Fault("json-empty", said(answer(b"")), invalid()),
    Fault("json-cut", said(answer(b'{"ok": tr')), invalid()),
    Fault("json-spaces", said(answer(b" \r\n ")), invalid()),
    Fault("json-trailing", said(answer(b'{"ok": true} x')), invalid()),
    Fault("json-nan", said(answer(b"[NaN]")), Either((invalid(), Returns(...)))),
    Fault("json-deep", said(answer(b"[" * 200_000)), invalid()),
    Fault("json-deep-objects", said(answer(b'{"a":' * 200_000)), invalid()),
    Fault("json-digits", said(answer(b"1" * 10_000)), Either((invalid(), Returns(...)))),
    Fault("json-bad-utf-8", said(answer(b'{"a": "\xff"}')), Returns({"a": "\ufffd"})),
    Fault(
        "json-lone-surrogate", said(answer(b'{"a": "\\ud800"}')), Either((invalid(), Returns(...)))
    ),
    Fault(
        "json-byte-order-mark", said(answer(b"\xef\xbb\xbf[1]")), Either((invalid(), Returns([1])))
    ),
    Fault("json-utf-16", said(answer("[1]".encode("utf-16"))), Either((invalid(), Returns([1])))),
    Fault("json-null", said(answer(b"null")), Returns(None)),
    Fault(
        "html-for-json",
        said(answer(b"<html>", 200, "content-type: text/html")),
        invalid("web page"),
    ),
    Fault("text-that-is-json", said(answer(b"{}", 200, "content-type: text/plain")), Returns({})),
    Fault("media-type-nonsense", said(answer(b"{}", 200, "content-type: ;;/")), Returns({})),
    Fault(
        "charset-nonsense",
        said(answer(b"{}", 200, "content-type: application/json; charset=x")),
        Returns({}),
    ),
    Fault(
        "error-in-200", said(answer(b'{"error": {"message": "no"}}')), Raises(Exception, says="no")
    ),
)


def _stream(body: bytes, *end: Any) -> tuple[Turn, ...]:
    return said(SSE + body, *(end or (FIN,)))


def _cut(items: int) -> Raises:
    partial = [{"a": number + 1} for number in range(items)]
    return Raises(StreamInterruptedError, maybe_processed=True, holds={"partial": partial})


_ONE = b'data: {"a": 1}\n\n'
_TWO = _ONE + b'data: {"a": 2}\n\n'
_DONE = _TWO + b"data: [DONE]\n\n"
_CUTS = {
    "in-the-field": _ONE + b"dat",
    "behind-the-colon": _ONE + b"data:",
    "in-the-data": _ONE + b'data: {"a"',
    "in-a-character": _ONE + b'data: {"a": "\xc3',
    "in-a-comment": _ONE + b": pi",
    "in-an-id": _ONE + b"id: 4",
    "between-events": _ONE,
}

STREAMS = (
    Fault("stream", _stream(_DONE), Returns([{"a": 1}, {"a": 2}]), ask="stream"),
    *(
        Fault(f"stream-{name}-{how.name.lower()}", _stream(cut, how), _cut(1), ask="stream")
        for name, cut in _CUTS.items()
        for how in (FIN, RESET)
    ),
    Fault("stream-of-nothing", _stream(b""), _cut(0), ask="stream"),
    Fault("stream-silent", _stream(_ONE, HOLD), _cut(1), ask="stream", options=LENIENT),
    Fault("stream-never-begun", said(HOLD), late(), ask="stream", options=SOON),
    Fault("stream-refused", said(answer(b"{}", 400)), Raises(BadRequestError), ask="stream"),
    Fault("stream-that-is-json", said(answer(b"{}")), invalid("instead of"), ask="stream"),
    Fault(
        "stream-that-is-html",
        said(answer(b"<html>", 200, "content-type: text/html")),
        invalid("web page"),
        ask="stream",
    ),
    Fault("stream-with-bad-data", _stream(_ONE + b"data: {]\n\n", HOLD), _cut(1), ask="stream"),
    Fault(
        "stream-of-a-half-chunk",
        said(
            lines("content-type: text/event-stream", "transfer-encoding: chunked")
            + b"10\r\n"
            + _ONE
            + b"\r\n20\r\nda",
            FIN,
        ),
        _cut(1),
        ask="stream",
    ),
    Fault(
        "stream-done-and-no-end", _stream(_DONE, HOLD), Returns([{"a": 1}, {"a": 2}]), ask="stream"
    ),
    Fault(
        "stream-done-and-reset", _stream(_DONE, RESET), Returns([{"a": 1}, {"a": 2}]), ask="stream"
    ),
    Fault(
        "stream-error-event",
        _stream(_ONE + b'event: error\ndata: {"message": "x"}\n\n', HOLD),
        Raises(Exception, says="x"),
        ask="stream",
    ),
)
