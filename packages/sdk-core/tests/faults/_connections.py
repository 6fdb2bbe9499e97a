"""Faults of the way there and back: connecting, sending, breaking off, TLS, proxies, keeping."""

from __future__ import annotations

from sdk_core.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    InternalServerError,
)
from sdk_core.options import Timeout

from ._server import OK, Turn, answer, greeting, turn
from ._words import (
    BYTE,
    CHUNKED,
    CLOSE,
    DRIP,
    FIN,
    FINE,
    HEAD,
    HOLD,
    JSON,
    LATER,
    LONG,
    REQUEST,
    RESET,
    RETRY,
    SOON,
    STALL,
    Either,
    Fault,
    Outcome,
    Raises,
    broken,
    invalid,
    late,
    lines,
    said,
    unreached,
)

CONNECTING = (
    Fault("refused", (), unreached(says="cannot reach"), where="closed"),
    Fault("refused-and-retried", (), unreached(retries=1), where="closed", options=RETRY),
    Fault("unresolvable", (), unreached(says="cannot reach"), where="unresolvable"),
    Fault(
        "name-too-long",
        (),
        Either((Raises(ConfigurationError), unreached())),
        where="name-too-long",
        after="none",
    ),
    Fault(
        "never-accepted",
        (),
        late("no connection within", processed=False),
        where="full",
        options={"timeout": Timeout(10, connect=0.1)},
    ),
    Fault("accept-close", (greeting(CLOSE),), Raises(APIConnectionError, requests=0)),
    Fault("accept-reset", (greeting(RESET),), Raises(APIConnectionError, requests=0)),
    Fault("accept-hold", (greeting(HOLD),), late(), options=SOON),
    Fault("accept-close-retried", (greeting(CLOSE),), FINE, options=RETRY),
    Fault("accept-reset-retried", (greeting(RESET),), FINE, options=RETRY),
    Fault(
        "banner-of-ssh",
        (greeting(b"SSH-2.0-OpenSSH_9.6\r\n", HOLD),),
        Either((broken(), late())),
        options=SOON,
    ),
    Fault("answer-before-the-question", (greeting(OK, FIN),), Either((broken(), FINE))),
)


SENDING = (
    Fault("request-head-close", (turn(BYTE, CLOSE),), broken(requests=0)),
    Fault("request-head-reset", (turn(BYTE, RESET),), broken(requests=0)),
    Fault("request-body-close", (turn(HEAD, CLOSE),), broken(), ask="upload"),
    Fault("request-body-reset", (turn(HEAD, RESET),), broken(), ask="upload"),
    Fault("request-body-reset-retried", (turn(HEAD, RESET),), FINE, ask="upload", options=RETRY),
    Fault(
        "request-body-not-read",
        (turn(HEAD, STALL),),
        Raises(APITimeoutError, maybe_processed=True),
        spared=("aiohttp",),  # asyncio closes only when the other side has read all, or has gone
        ask="upload",
        options={"timeout": Timeout(10, write=0.1, read=0.2)},
    ),
    Fault(
        "early-413-and-the-rest-read",
        (turn(HEAD, answer(b"{}", 413), FIN),),
        Either((Raises(APIStatusError, holds={"status_code": 413}), broken())),
        ask="upload",
    ),
    Fault(
        "early-413-and-close",
        (turn(HEAD, answer(b"{}", 413, "connection: close"), CLOSE),),
        Either((Raises(APIStatusError, holds={"status_code": 413}), broken())),
        ask="upload",
    ),
    Fault(
        "early-413-and-nothing-read",
        (turn(HEAD, answer(b"{}", 413, "connection: close"), STALL),),
        Either(
            (
                Raises(APIStatusError, holds={"status_code": 413}),
                Raises(APITimeoutError, maybe_processed=True),
            )
        ),
        spared=("aiohttp",),  # asyncio closes only when the other side has read all, or has gone
        ask="upload",
        options={"timeout": Timeout(10, write=0.1, read=0.2)},
    ),
)


def _ends(name: str, sent: bytes, *, sees: Outcome | None = None) -> tuple[Fault, ...]:
    """Return the faults of an answer that stops after *sent*: closed, reset, and silent."""
    return (
        Fault(f"{name}-close", said(sent, FIN), sees or broken()),
        Fault(f"{name}-reset", said(sent, RESET), broken()),
        Fault(f"{name}-silent", said(sent, HOLD), late(), options=SOON),
    )


ENDING = (
    *_ends("before-the-status-line", b""),
    *_ends("in-the-status-line", b"HTTP/1.1 20"),
    *_ends("in-a-header", b"HTTP/1.1 200 OK\r\ncontent-le"),
    *_ends("behind-a-header", b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n"),
    *_ends("behind-the-headers", LONG),
    *_ends("in-the-body", LONG + b'{"ok":'),
    *_ends("in-a-chunk-size", CHUNKED + b"1"),
    *_ends("behind-a-chunk-size", CHUNKED + b"c\r\n"),
    *_ends("in-a-chunk", CHUNKED + b'c\r\n{"ok":'),
    *_ends("behind-a-chunk", CHUNKED + b'c\r\n{"ok": true}\r\n'),
    *_ends("in-the-last-chunk", CHUNKED + b'c\r\n{"ok": true}\r\n0\r\n'),
    *_ends("in-the-trailers", CHUNKED + b'c\r\n{"ok": true}\r\n0\r\nx-sum: 1'),
    Fault("no-length-and-close", said(lines(JSON) + b'{"ok": true}', FIN), FINE),
    Fault(
        "no-length-and-reset",
        said(lines(JSON) + b'{"ok": true}', RESET),
        broken(),
        unlike={"aiohttp": FINE},  # it takes every end of a connection for the end of the body
    ),
    Fault(
        "body-that-drips",
        said(LONG.replace(b"100", b"9999"), DRIP),
        late("`deadline` was over"),
        options={"deadline": 0.6},
    ),
    Fault("broken-and-retried", said(LONG, RESET), FINE, options=RETRY),
    Fault("broken-twice", said(LONG, FIN) * 2, broken(retries=1, requests=2), options=RETRY),
    Fault("broken-post-retried", said(LONG, FIN), FINE, ask="post", options=RETRY),
)


TLS = (
    Fault("tls", (), FINE, where="tls"),
    *(
        Fault(f"tls-{kind}", (Turn((), certificate=kind),), unreached(), where="tls")
        for kind in ("self-signed", "other-name", "expired", "not-yet-valid")
    ),
    Fault("tls-garbage", (greeting(b"garbage" * 10, FIN),), unreached(), where="tls"),
    Fault(
        "tls-answered-in-clear", (greeting(BYTE, answer(b"", 400), FIN),), unreached(), where="tls"
    ),
    Fault("tls-closed", (greeting(CLOSE),), unreached(), where="tls"),
    Fault("tls-reset", (greeting(RESET),), unreached(), where="tls"),
    Fault(
        "tls-silent",
        (greeting(HOLD),),
        late("no connection within", processed=False),
        where="tls",
        options={"timeout": Timeout(10, connect=0.1)},
    ),
    Fault("plain-to-a-tls-port", (), broken(), where="plain-to-tls", after="none"),
    Fault("tls-cut-in-the-body", said(LONG + b'{"ok":', CLOSE), broken(), where="tls"),
    Fault("tls-no-length-and-close", said(lines(JSON) + b'{"ok": true}', FIN), FINE, where="tls"),
    Fault(
        "tls-no-length-and-reset",
        said(lines(JSON) + b'{"ok":', RESET),
        Either((broken(), invalid())),
        where="tls",
    ),
)


PROXY = (
    Fault("proxy", (), FINE, where="proxy"),
    Fault(
        "proxy-407",
        said(answer(b"{}", 407)),
        Raises(APIStatusError, holds={"status_code": 407}),
        where="proxy",
    ),
    Fault(
        "proxy-502",
        said(answer(b"<p>", 502, "content-type: text/html")),
        Raises(InternalServerError),
        where="proxy",
    ),
    Fault("proxy-garbage", said(b"garbage\r\n\r\n", FIN), broken(), where="proxy"),
    Fault("proxy-refused", (), unreached(), where="proxy-closed"),
    Fault("tunnel", (), FINE, where="tunnel"),
    Fault("tunnel-refused", (), unreached(), where="tunnel-closed"),
    Fault("tunnel-407", said(answer(b"{}", 407), FIN), unreached(), where="tunnel"),
    Fault("tunnel-502", said(answer(b"{}", 502), FIN), unreached(), where="tunnel"),
    Fault(
        "tunnel-garbage", said(b"garbage\r\n\r\n", FIN), Raises(APIConnectionError), where="tunnel"
    ),
    Fault("tunnel-closed-at-once", said(CLOSE), Raises(APIConnectionError), where="tunnel"),
    Fault("tunnel-to-nowhere", said(lines(status="200 Go"), CLOSE), unreached(), where="tunnel"),
    Fault(
        "tunnel-silent",
        said(HOLD),
        Raises(APITimeoutError),
        where="tunnel",
        options={"timeout": Timeout(10, connect=0.1, read=0.1)},
    ),
)


KEPT = (
    Fault("kept-and-closed-idle", (turn(REQUEST, OK, CLOSE),), FINE, ask="twice"),
    Fault("kept-and-ended-idle", (turn(REQUEST, OK, FIN),), FINE, ask="twice"),
    Fault("kept-and-reset-idle", (turn(REQUEST, OK, RESET),), FINE, ask="twice"),
    Fault(
        "kept-and-garbage-idle",
        (turn(REQUEST, OK, b"garbage"),),
        Either((FINE, broken())),  # seen at once where it came with the answer
        ask="twice",
    ),
    Fault(
        "kept-and-answered-idle",
        (turn(REQUEST, OK, LATER, answer(b'{"poison": true}')),),
        FINE,
        ask="twice",
        unlike={"aiohttp": broken()},  # which keeps it until it is about to read the answer
    ),
    Fault(
        "kept-and-answered-just-before",
        (turn(REQUEST, OK, LATER, answer(b'{"poison": true}')),),
        FINE,
        ask="at once",
        # aiohttp sees it when it is about to read the answer; hyper, when its thread comes to it.
        unlike={"aiohttp": broken(), "pyreqwest": Either((FINE, broken()))},
    ),
    Fault("kept-and-timed-out", (turn(REQUEST, OK), turn(REQUEST, CLOSE)), broken(), ask="twice"),
    Fault(
        "kept-and-timed-out-retried",
        (turn(REQUEST, OK), turn(REQUEST, CLOSE)),
        FINE,
        ask="twice",
        options=RETRY,
    ),
    Fault(
        "408-idle",
        (turn(REQUEST, OK, answer(b"", 408, "connection: close"), FIN),),
        FINE,
        ask="twice",
        # hyper sees it when its thread comes to it, which may be when the next call has begun; and
        # over httptools that call may begin before it has come.
        unlike=dict.fromkeys(
            ("httptools", "pyreqwest"),
            Either((FINE, Raises(APIStatusError, holds={"status_code": 408}))),
        ),
    ),
)
