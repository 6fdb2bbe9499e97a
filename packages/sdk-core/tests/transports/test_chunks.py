"""Chunks that came together are joined: what the parser makes of them is the same."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_core._chunks import Chunks
from sdk_core._httpx_reads import AsyncReads, Reads
from sdk_core.options import Timeout
from sdk_core.testing import request

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
EARLY = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"

_size = st.sampled_from([b"%x", b"%X", b"0%x", b"%08x", b"%09x", b"%x;a=b", b"%x "])
_pieces = st.lists(st.tuples(_size, st.binary(min_size=1, max_size=300)), max_size=12)
_ends = st.sampled_from([b"0\r\n\r\n", b"000\r\n\r\n", b"0\r\na: b\r\n\r\n", b"0;x\r\n\r\n", b""])


def _body(pieces: list[tuple[bytes, bytes]]) -> bytes:
    return b"".join(size % len(data) + b"\r\n" + data + b"\r\n" for size, data in pieces)


def _splits(data: st.DataObject, received: bytes) -> list[bytes]:
    """Return *received* in the pieces in which it is read, the first of which holds the head."""
    cuts = sorted(data.draw(st.sets(st.integers(len(HEAD), len(received)), max_size=8)))
    ends = zip([0, *cuts], [*cuts, len(received)], strict=True)
    return [received[start:end] for start, end in ends if start < end]


class _Parser:
    """What h11 makes of what it gets."""

    def __init__(self) -> None:
        self._h11 = h11.Connection(h11.CLIENT)
        self._h11.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
        self._h11.send(h11.EndOfMessage())
        self.body = b""
        self.events = 0
        self.over = ""

    def feed(self, received: bytes) -> None:
        """Take *received*, and what is behind it when nothing more comes."""
        if self.over:
            return
        try:
            self._h11.receive_data(received)
            while not isinstance(event := self._h11.next_event(), type):
                if isinstance(event, h11.Data):
                    self.body += event.data
                    self.events += 1
                if isinstance(event, h11.EndOfMessage):
                    self.over = f"ended with {list(event.headers)}, {self._h11.trailing_data}"
                    return
        except h11.RemoteProtocolError as exc:
            # How h11 words the end of a connection depends on whether a part of a frame has come.
            self.over = str(exc).partition(":")[0] if received else "closed"


def _compare(parts: list[bytes]) -> tuple[_Parser, _Parser]:
    """Return what h11 makes of *parts* as they came, and joined; equal after every read."""
    plain, joined = _Parser(), _Parser()
    chunks = Chunks.behind(parts[0])
    assert chunks is not None
    plain.feed(parts[0])
    joined.feed(parts[0])
    for part in parts[1:]:
        plain.feed(part)
        if found := chunks.feed(part):
            joined.feed(found)
        assert joined.body == plain.body
        assert joined.over == plain.over
    plain.feed(b"")
    joined.feed(b"")
    assert joined.over == plain.over
    return plain, joined


@given(_pieces, _ends, st.binary(max_size=20), st.data())
def test_a_body_is_the_same_wherever_it_is_cut(
    pieces: list[tuple[bytes, bytes]], end: bytes, behind: bytes, data: st.DataObject
) -> None:
    """After every read, h11 has the same bytes, the same trailers and the same rest."""
    received = HEAD + _body(pieces) + end + (behind if end else b"")
    _compare(_splits(data, received))


@given(_pieces, _ends, st.data())
@settings(max_examples=300)
def test_what_is_wrong_is_refused_as_it_was(
    pieces: list[tuple[bytes, bytes]], end: bytes, data: st.DataObject
) -> None:
    """A byte that is changed, left out or added leads h11 to the same bytes and the same error."""
    received = bytearray(_body(pieces) + end)
    where = data.draw(st.integers(0, len(received)))
    received[where : where + data.draw(st.integers(0, 2))] = data.draw(
        st.one_of(st.binary(max_size=2), st.sampled_from([b"\r", b"\n", b"\r\n", b"0", b";", b"-"]))
    )
    _compare(_splits(data, HEAD + bytes(received)))


def test_one_read_is_one_piece() -> None:
    """A hundred chunks that came together are one to the parser, but where they are cut."""
    some = _body([(b"%x", b"data: {}\n\n")] * 100)
    plain, joined = _compare([HEAD + some[:17], some[17:], some])
    assert (plain.events, joined.events) == (200, 4)


def test_interim_answers_are_passed() -> None:
    """The body begins behind the head of the answer, not behind that of an interim one."""
    body = _body([(b"%x", b"one"), (b"%x", b"two")])
    _, joined = _compare([EARLY + HEAD + body[:4], body[4:], b"0\r\n\r\n"])
    assert joined.body == b"onetwo"


def test_a_head_that_is_not_understood_is_left_to_the_parser() -> None:
    """Without the end of a head, or with none, nothing is joined."""
    assert Chunks.behind(HEAD[:-2]) is None
    assert Chunks.behind(EARLY) is None
    assert Chunks.behind(EARLY[:-2]) is None
    assert Chunks.behind(b"P/1.1 200 OK\r\n\r\n5\r\n") is None


@pytest.fixture
def burst(serve: Any) -> SimpleNamespace:
    """Serve a hundred chunks at once, when the client has the head; TLS if it is asked for."""
    gate = threading.Event()

    def answer(_: SimpleNamespace) -> Iterator[bytes]:
        gate.clear()
        yield HEAD
        gate.wait(9)
        yield _body([(b"%x", b"data: {}\n\n")] * 100) + b"0\r\n\r\n"

    return SimpleNamespace(serve=lambda tls=None: serve(answer, tls), go=gate.set)


@pytest.mark.anyio
@pytest.mark.parametrize("secure", [False, True])
async def test_a_burst_is_few_pieces(
    case: Any, done: Any, authority: SimpleNamespace, burst: SimpleNamespace, secure: bool
) -> None:
    """On a new connection and on one that is kept; where others may use it, too, it stays as it is."""
    if case.engine in {"aiohttp", "pyreqwest"}:
        pytest.skip("it has no h11")
    server = burst.serve(authority.server("localhost") if secure else None)
    url = server.url.replace("127.0.0.1", "localhost") if secure else server.url
    client = case.client(url, options={"verify": authority.path})
    for _ in range(3):
        sent = request(url, stream=True, timeout=Timeout(9))
        answer = await done(client._driver.transport.send(sent))
        burst.go()
        stream = answer.stream
        pieces = list(stream) if case.colour == "sync" else [piece async for piece in stream]
        await done(stream.close() if case.colour == "sync" else stream.aclose())
        assert b"".join(pieces) == b"data: {}\n\n" * 100
        assert len(pieces) == 100 if case.own else len(pieces) < 10
    await done(client.close())
    assert {each.connection for each in server.requests} == {1}


def test_a_head_without_end_is_not_kept() -> None:
    """The parser refuses it; until then no more of it is remembered than it could take."""
    read = Reads(lambda _, timeout: b"x" * 65_536, ours=True, fresh=True)
    for _ in range(9):
        assert len(read(65_536)) == 65_536
    assert read._seen is None
    read.answered(chunked=True)
    assert read(65_536) == b"x" * 65_536


@pytest.mark.parametrize(("given", "limit"), [(None, 2.0), (9.0, 2.0), (1.0, 1.0)])
def test_patience_shortens_a_read(given: float | None, limit: float) -> None:
    """And only that of the present answer."""
    limits: list[float | None] = []

    def wait(_: int, timeout: float | None) -> bytes:
        limits.append(timeout)
        return b"x"

    read = Reads(wait, ours=True)
    read.patience = 2.0
    read(1, timeout=given)
    read.ended()
    read(1, timeout=given)
    assert limits == [limit, given]


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [Reads, AsyncReads])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_is_between_two_chunks_is_no_end(done: Any, kind: type[Reads]) -> None:
    """A read that brings no data is followed by another: nothing at all would mean the end."""
    left = [b"", b"2\r\nde", b"\n", b"\r", b"3\r\nabc", HEAD]

    async def awaited(_: int, timeout: float | None) -> bytes:
        return left.pop()

    read = kind(awaited if kind is AsyncReads else lambda _, timeout: left.pop(), ours=True)
    read.ended()
    assert await done(read(9)) == HEAD
    read.answered(chunked=True)
    assert await done(read(9)) == b"3\r\nabc"
    assert await done(read(9)) == b"\r\n2\r\nde"
    assert await done(read(9)) == b""
