"""The replay server does what the other tests here rely on."""

from __future__ import annotations

import http.client
import socket
import threading

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ._framing import as_chunk, head_size, is_whole, received_body, until_close
from ._recordings import Kind, Recording, each_recording
from ._replay import ReplayServer, Reply

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
WHOLE = HEAD + as_chunk(b"one, ") + as_chunk(b"two") + as_chunk(b"")
REQUEST = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


def read_to_end(address: tuple[str, int], request: bytes = REQUEST) -> bytes:
    """Send a request over a raw socket and read until the server closes."""
    with socket.create_connection(address) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b""))


@each_recording()
def test_recorded_bytes_arrive_unchanged_over_a_raw_socket(recording: Recording) -> None:
    """Whatever was recorded is what a socket client reads, byte for byte."""
    head = f"{recording.method} {recording.path} HTTP/1.1\r\n".encode()
    length = f"Content-Length: {len(recording.request_body)}\r\n\r\n".encode()
    with (
        ReplayServer(recording.reply) as server,
        socket.create_connection(server.address) as client,
    ):
        client.sendall(head + length + recording.request_body)
        received = b""
        while len(received) < len(recording.raw):
            received += client.recv(65536)
        if not recording.reply.keep_open:
            received += client.recv(65536)
    assert recording.raw == received
    assert [recording.request_body] == [request.body for request in server.requests]


@each_recording(*set(Kind) - {Kind.DISCONNECT})
def test_a_real_http_client_reads_the_recorded_body(recording: Recording) -> None:
    """An HTTP client that is not ours understands each reply, piece by piece or byte by byte."""
    for reply in (recording.reply, recording.reply.recut(range(0, len(recording.raw), 7))):
        with ReplayServer(reply) as server, httpx.Client(trust_env=False) as client:
            response = client.request(recording.method, server.url + recording.path)
        assert recording.status == response.status_code
        assert recording.body == response.content


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_asynchronous_clients_are_served_too(backend: str) -> None:
    """The server lives in threads, so that no event loop of a client can stop it."""

    async def fetch(url: str) -> bytes:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).content

    with ReplayServer(Reply((WHOLE,)).byte_by_byte()) as server:
        assert b"one, two" == anyio.run(fetch, server.url, backend=backend)


def test_each_piece_is_sent_by_itself() -> None:
    """A client that reads between two pieces finds exactly one of them each time."""
    pieces = (b"HTTP/1.1 200 OK\r\n", b"Content-Len", b"gth: 1\r\n\r\n", b"x")
    turn = threading.Semaphore(0)
    with (
        ReplayServer(Reply(pieces), gate=turn.acquire) as server,
        socket.create_connection(server.address) as client,
    ):
        client.sendall(REQUEST)
        received = []
        for _ in pieces:
            turn.release()
            received.append(client.recv(65536))
    assert pieces == tuple(received)


def test_the_connection_is_kept_or_closed_as_the_reply_says() -> None:
    """A second request on one connection is answered only by a reply that keeps it open."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    with ReplayServer(Reply((reply,), keep_open=True)) as server:
        client = http.client.HTTPConnection(*server.address)
        for path in ("/1", "/2"):
            client.request("GET", path)
            assert b"x" == client.getresponse().read()
        client.close()
    assert ["/1", "/2"] == [request.target for request in server.requests]
    with ReplayServer(Reply((reply,))) as server:
        assert reply == read_to_end(server.address, REQUEST + REQUEST)
    assert 1 == len(server.requests)


def test_several_connections_are_served_and_all_requests_are_kept() -> None:
    """A client that tries again gets the same reply, and both its requests are on record."""
    with ReplayServer(Reply((WHOLE,))) as server:
        assert [WHOLE, WHOLE] == [read_to_end(server.address), read_to_end(server.address)]
    assert [("POST", "/a?b=c", {})] * 2 == [
        (request.method, request.target, request.json()) for request in server.requests
    ]


def test_a_request_in_chunks_is_read_whole() -> None:
    """The body of a request arrives without its chunk framing."""
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    with ReplayServer(Reply((WHOLE,))) as server:
        read_to_end(server.address, head + as_chunk(b"[1,") + as_chunk(b"2]") + as_chunk(b""))
    assert [[1, 2]] == [request.json() for request in server.requests]


def test_a_reply_without_bytes_ends_the_connection() -> None:
    """No pieces: the client's request is read, and then the connection is closed."""
    with ReplayServer(Reply(())) as server:
        assert b"" == read_to_end(server.address)
    assert 1 == len(server.requests)


def test_a_reset_is_felt_as_one() -> None:
    """The client of a reply with `reset` meets an error where others meet an end."""
    with ReplayServer(Reply((), reset=True)) as server, pytest.raises(ConnectionResetError):
        read_to_end(server.address)


def test_a_client_that_leaves_early_does_no_harm() -> None:
    """The server ends in good order when nobody reads its reply."""
    with ReplayServer(Reply((WHOLE * 100_000,)).recut([10])) as server:
        socket.create_connection(server.address).close()
        with socket.create_connection(server.address) as client:
            client.sendall(REQUEST)
            client.recv(1)
        assert b"one, two" == httpx.get(server.url, trust_env=False).read()[:8]


@given(st.lists(st.integers(-5, len(WHOLE) + 5)), st.integers(0, len(WHOLE)))
def test_cuts_change_the_pieces_and_never_the_bytes(cuts: list[int], offset: int) -> None:
    """Cutting anew keeps all bytes, cutting short keeps the first ones, and no piece is empty."""
    reply = Reply((WHOLE,), keep_open=True).recut(cuts)
    short = reply.cut_short(offset)
    assert (WHOLE, WHOLE[:offset]) == (reply.data, short.data)
    assert all(reply.pieces)
    assert all(short.pieces)
    assert (True, False) == (reply.keep_open, short.keep_open)
    whole_pieces = max(0, len(short.pieces) - 1)
    assert reply.pieces[:whole_pieces] == short.pieces[:whole_pieces]


def test_byte_by_byte_means_one_byte_a_piece() -> None:
    """The finest cut has as many pieces as bytes."""
    assert (b"a", b"b", b"c") == Reply((b"ab", b"c")).byte_by_byte().pieces


@pytest.mark.parametrize(
    ("size", "body"),
    [(0, b""), (1, b""), (3, b""), (4, b"o"), (8, b"one, "), (10, b"one, "), (14, b"one, t")],
)
def test_the_body_of_a_cut_reply_is_known(size: int, body: bytes) -> None:
    """Chunk framing is taken off whatever part of it has arrived."""
    prefix = HEAD + WHOLE[len(HEAD) :][:size]
    assert (body, False) == (received_body(prefix), is_whole(prefix))
    assert (b"one, two", True) == (received_body(WHOLE), is_whole(WHOLE))


def test_a_message_cut_in_its_head_has_no_body() -> None:
    """Without the blank line there is nothing to read a body from."""
    assert not is_whole(HEAD[:-1])
    with pytest.raises(ValueError, match="inside its head"):
        received_body(HEAD[:-1])


def test_framing_can_be_left_to_the_end_of_the_connection() -> None:
    """The rewritten reply has the same body and no trace of its former framing."""
    rewritten = until_close(WHOLE)
    assert b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\none, two" == rewritten
    assert len(rewritten) - 8 == head_size(rewritten)


@each_recording(*set(Kind) - {Kind.DISCONNECT})
def test_our_framing_agrees_with_the_recorded_bodies(recording: Recording) -> None:
    """Taking a recorded reply apart gives the body that was recorded next to it."""
    assert recording.body == received_body(recording.raw)
    assert is_whole(recording.raw)
    assert len(recording.raw) == sum(recording.reads)
