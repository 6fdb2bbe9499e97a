"""HTTP/1.1 without sockets: what is written, and what is made of bytes however they come."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._http1 import AnswerError, Answers, chunk, head
from sdk_core._messages import Headers, Request
from sdk_core._uploads import File, Upload
from sdk_core.errors import ConfigurationError
from sdk_core.options import Timeout

CANARY = "canary-c0de"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nX-A: 1\r\nx-a: 2 \r\nx-b:\r\n\r\n"
EARLY = b"HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n"


def asked(
    method: str = "GET", content: Any = None, url: str = "http://a.example/", **headers: str
) -> Request:
    """Return a request; underscores in the names of *headers* are hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, url, Headers(named), content, Timeout(9))


def upload(content: bytes, size: int | None) -> Upload:
    """Return a body of a file that has, or is said to have, *size* bytes."""
    return Upload([File("body", BytesIO(content), 0, size)])


def read(*pieces: bytes, bodiless: bool = False) -> Answers:
    """Return what comes of *pieces*."""
    answers = Answers()
    answers.expect(bodiless=bodiless)
    for piece in pieces:
        answers.feed(piece)
    return answers


@pytest.mark.parametrize(
    ("request_", "written", "length"),
    [
        (asked(), b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n", 0),
        (asked(host="b"), b"GET /x HTTP/1.1\r\nhost: b\r\n\r\n", 0),
        (asked("POST"), b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n", 0),
        (asked("DELETE", b"ab"), b"DELETE /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n", 2),
        (
            asked("POST", b"ab", content_length="2"),
            b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n",
            2,
        ),
        (
            asked("POST", b"ab", transfer_encoding="chunked"),
            b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
            None,
        ),
        (
            asked("POST", upload(b"abc", 3)),
            b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n",
            3,
        ),
        (
            asked("POST", upload(b"abc", None)),
            b"POST /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
            None,
        ),
        (
            asked("POST", upload(b"abc", None), content_length="3"),
            b"POST /x HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\n",
            3,
        ),
        (asked(x="a\tb"), b"GET /x HTTP/1.1\r\nhost: a\r\nx: a\tb\r\n\r\n", 0),
        (asked(x="caf\xe9  1"), b"GET /x HTTP/1.1\r\nhost: a\r\nx: caf\xe9  1\r\n\r\n", 0),
        (asked(x=""), b"GET /x HTTP/1.1\r\nhost: a\r\nx: \r\n\r\n", 0),
    ],
)
def test_a_head_frames_its_body(request_: Request, written: bytes, length: int | None) -> None:
    """By its length where it is known, else in chunks; what the caller says goes first."""
    assert head(request_, "/x", "a") == (written, length)


def test_lines_for_the_next_server_come_first() -> None:
    """Where a proxy looks for them."""
    written, _ = head(asked(x="1"), "http://a/x", "a", "proxy-authorization: p\r\n")
    assert (
        written == b"GET http://a/x HTTP/1.1\r\nhost: a\r\nproxy-authorization: p\r\nx: 1\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asked(x="1\r\ny: 2"), "the header `x` holds a line end"),
        (asked(x="1\n"), "the header `x` holds a line end"),
        (asked(x=" 1"), "the header `x` holds a line end, NUL or outer space"),
        (asked(x="1 "), "outer space"),
        (asked(x="1\t"), "outer space"),
        (asked(x="\0"), "the header `x`"),
        (asked(x="a\x1fb"), "the header `x` holds control characters"),
        (asked(x="…"), "`x` holds characters that HTTP cannot carry"),
        (Request("GET", "http://a/", Headers({"x y": "1"}), None, Timeout(9)), "'x y' cannot be"),
        (Request("GET", "http://a/", Headers({"x:": "1"}), None, Timeout(9)), "'x:' cannot be"),
        (
            Request("GET", "http://a/", Headers({"é": "1"}), None, Timeout(9)),
            "`é` holds characters",
        ),
        (asked("POST", b"ab", content_length="3"), "not as long as `content-length` says"),
        (asked("POST", b"ab", content_length="+2"), "not as long as `content-length` says"),
        (asked("POST", b"ab", content_length="²"), "cannot carry|not as long"),
        (asked("POST", b"ab", transfer_encoding="gzip"), "can be chunked only"),
        (
            asked("POST", b"ab", transfer_encoding="chunked", content_length="2"),
            "without a `content-length`",
        ),
    ],
)
def test_what_http_cannot_carry_is_refused(request_: Request, words: str) -> None:
    """By name, and before anything is sent."""
    with pytest.raises(ConfigurationError, match=words):
        head(request_, "/x", "a")


@given(st.dictionaries(st.from_regex(r"[a-z-]{1,8}", fullmatch=True), st.text(max_size=8)))
def test_no_value_is_two_lines(headers: dict[str, str]) -> None:
    """Whatever characters it has: it is refused, or stays in its line."""
    try:
        written, _ = head(Request("GET", "http://a/", Headers(headers), None, Timeout(9)), "/", "a")
    except ConfigurationError:
        return
    lines = written.decode("latin-1").split("\r\n")
    assert set(lines[1:-2]) - {"host: a"} <= {f"{n}: {v}" for n, v in headers.items()}


def test_a_chunk_says_how_long_it_is() -> None:
    """An empty one is the end."""
    assert chunk(b"a" * 31) + chunk(b"") == b"1f\r\n" + b"a" * 31 + b"\r\n0\r\n\r\n"


@given(st.lists(st.integers(1, 200), max_size=8))
def test_an_answer_is_read_in_any_split(cuts: list[int]) -> None:
    """Interim answers before it and headers behind it are left out; repeated ones are joined."""
    wire = EARLY + CHUNKED + chunk(b"hello ") + chunk(b"world") + b"0\r\nx-c: 3\r\n\r\n"
    edges = sorted({0, *(cut for cut in cuts if cut < len(wire)), len(wire)})
    answers = read(*(wire[a:b] for a, b in pairwise(edges)))
    assert (answers.status, answers.version) == (200, "HTTP/1.1")
    assert dict(answers.headers.items()) == {
        "transfer-encoding": "chunked",
        "x-a": "1, 2",
        "x-b": "",
    }
    assert b"".join(answers.pieces) == b"hello world"
    assert (answers.ended, answers.reusable) == (True, True)


def test_answers_follow_each_other() -> None:
    """One parser reads them all; one that ends with its head is no exception."""
    answers = Answers()
    for bodiless in (True, False, True, True, False):
        answers.expect(bodiless=bodiless)
        answers.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n")
        assert answers.ended == bodiless
        if not bodiless:
            answers.feed(b"ok")
            assert answers.pieces == [b"ok"]
        assert (answers.ended, answers.reusable) == (True, True)


@pytest.mark.parametrize(
    ("wire", "bodiless"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: close\r\n\r\n1", False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n1", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1HTTP/1.1 408 Late\r\n", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1\0", False),
        (b"HTTP/1.1 204 None\r\n\r\nbody", False),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1", True),
        (b"HTTP/1.1 200 OK\r\nconnection: Close\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\n", True),
    ],
)
def test_a_connection_in_doubt_is_not_used_again(wire: bytes, bodiless: bool) -> None:
    """What comes behind an answer would be taken for the next one; the answer itself stands."""
    answers = read(wire, bodiless=bodiless)
    assert (answers.ended, answers.reusable) == (True, False)


def test_the_end_of_the_connection_ends_what_has_no_length() -> None:
    """And it ends nothing else."""
    answers = read(b"HTTP/1.1 200 OK\r\n\r\n", b"ab", b"c", b"")
    assert b"".join(answers.pieces) == b"abc"
    assert (answers.ended, answers.reusable) == (True, False)
    answers.feed(b"")
    assert answers.ended


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([b""], "before it had answered"),
        ([b"HTTP/1.1 200 OK\r\n", b""], "before it had answered"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n1", b""], "in the middle"),
        ([CHUNKED + b"5\r\nab", b""], "in the middle"),
        ([b"SSH-2.0-x\r\n"], "HTTP"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"], "Content-Length"),
        (
            [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"],
            "Transfer-Encoding",
        ),
        ([b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n"], "transfer coding is not known"),
        ([b"HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"], "changes the protocol"),
        ([b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 20_000], "longer than 102,400 bytes"),
        ([EARLY * 3_000], "longer than 102,400 bytes"),
    ],
)
def test_what_is_no_answer_is_an_error(pieces: list[bytes], words: str) -> None:
    """It says what is wrong with it."""
    with pytest.raises(AnswerError, match=words):
        read(*pieces)


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_that(data: bytes) -> None:
    """Whatever comes, alone or behind the beginning of an answer."""
    for before in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED):
        try:
            read(before + data, b"")
        except AnswerError:
            continue
