"""
The decoder of server-sent events against the WHATWG HTML standard, §9.2.

The table holds streams of the shape that the web platform's own tests (``eventsource/format-*``)
use, with the events that the standard's algorithm makes of them.
"""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sdk_core._sse import EventTooLargeError, ServerSentEvent, SSEDecoder

Fields = tuple[str, str, str]  # data, event, id


def message(data: str, event: str = "message", last_id: str = "") -> Fields:
    """Return an event's fields."""
    return data, event, last_id


LONG = b"x" * 2048

CASES: dict[str, tuple[bytes, list[Fields]]] = {
    "nothing": (b"", []),
    "one event": (b"data: a\n\n", [message("a")]),
    "no space after the colon": (b"data:a\n\n", [message("a")]),
    "only one space is taken away": (b"data:  a\n\n", [message(" a")]),
    "a tab is no space": (b"data:\ta\n\n", [message("\ta")]),
    "leading space, tab and nothing": (b"data:\tx\rdata: \ndata:x\n\n", [message("\tx\n\nx")]),
    "two lines of data": (b"data:msg\ndata: msg\n\n", [message("msg\nmsg")]),
    "data without a colon is empty": (b"data\n\n", [message("")]),
    "empty data, and two empty lines": (
        b"data:\n\ndata\ndata\n\ndata:test\n\n",
        [message(""), message("\n"), message("test")],
    ),
    "lines and data": (
        b"data:msg\ndata: msg\n\n:\nno:msg\n\nno:msg\nData:data\n\ndata\n\ndata:end\n\n",
        [message("msg\nmsg"), message(""), message("end")],
    ),
    "the last event needs its blank line": (
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2",
        [message("test1")],
    ),
    "one line end is no blank line": (b"data:a\n", []),
    "comments of all sizes": (
        b"data:1\r:\0\n:\r\ndata:2\n:" + LONG + b"\rdata:3\n:data:fail\r:" + LONG + b"\ndata:4\n\n",
        [message("1\n2\n3\n4")],
    ),
    "line ends of all kinds": (b"data:test\r\ndata\ndata:test\r\n\r", [message("test\n\ntest")]),
    "CR alone": (b"data: a\r\rdata: b\r\r", [message("a"), message("b")]),
    "CR LF alone": (b"data: a\r\n\r\ndata: b\r\n\r\n", [message("a"), message("b")]),
    "LF CR are two line ends": (b"data: a\n\rdata: b\n\r", [message("a"), message("b")]),
    "field names are exact": (
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\n\n",
        [message("\0\n 2\n1")],
    ),
    "a space before the name makes another name": (
        b"data:3\rdata:\r\n data:32\ndata:4\n\n",
        [message("3\n\n4")],
    ),
    "unknown fields are nothing": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:acomment\ndata:test\n\n",
        [message("test\n\ntest")],
    ),
    "a byte order mark": (
        b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n",
        [message("1"), message("3")],
    ),
    "only the first of two marks": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n",
        [message("2"), message("3")],
    ),
    "half a mark is a field": (b"\xef\xbbdata:1\n\ndata:2\n\n", [message("2")]),
    "a mark inside the data stays": (b"data:\xef\xbb\xbfa\n\n", [message("\ufeffa")]),
    "event": (b"event:test\ndata:x\n\ndata:x\n\n", [message("x", "test"), message("x")]),
    "an empty event is a message": (b"event: \ndata:data\n\n", [message("data")]),
    "the last event field wins": (b"event:a\nevent:b\ndata:x\n\n", [message("x", "b")]),
    "an event without data is none, and its type is forgotten": (
        b"event:a\n\ndata:x\n\n",
        [message("x")],
    ),
    "ids persist": (
        b"id: 1\ndata: 1\n\ndata: 2\n\nid: 2\ndata: 3\n\ndata: 4\n\n",
        [
            message("1", last_id="1"),
            message("2", last_id="1"),
            message("3", last_id="2"),
            message("4", last_id="2"),
        ],
    ),
    "an empty id resets": (
        b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        [message("1", last_id="1"), message("2"), message("3")],
    ),
    "an id without a colon resets": (
        b"id: 1\ndata: 1\n\nid\ndata:2\n\n",
        [message("1", last_id="1"), message("2")],
    ),
    "an id with NUL is ignored": (
        b"id: 1\ndata: 1\n\nid: \x002\ndata:2\n\nid: 3\0\ndata:3\n\n",
        [message(str(n), last_id="1") for n in (1, 2, 3)],
    ),
    "an id in other words than ASCII": (
        "id: …\ndata: hello\n\n".encode(),
        [message("hello", last_id="…")],
    ),
    "an id without data still counts": (b"id: 7\n\ndata: x\n\n", [message("x", last_id="7")]),
    "a ping after an id is no event": (
        b"id: 1\ndata: a\n\n: ping\n\ndata: b\n\n",
        [message("a", last_id="1"), message("b", last_id="1")],
    ),
    "retry alone is no event": (b"retry: 1000\n\ndata: x\n\n", [message("x")]),
    "NUL in the data": (b"data:\0\n\n", [message("\0")]),
    "always UTF-8": ("data:ok…\n\n".encode(), [message("ok…")]),
    "U+2028, U+2029, U+0085, VT and FF end no line": (
        "data: a\u2028b\u2029c\u0085d\ve\f\n\n".encode(),
        [message("a\u2028b\u2029c\u0085d\ve\f")],
    ),
    "bytes that are no UTF-8": (
        b"data: a\xffb\xe2\x82\n\nevent: \xc3\ndata: c\n\n",
        [message("a\ufffdb\ufffd"), message("c", "\ufffd")],
    ),
    "a colon in the value": (b"data: a: b\n\n", [message("a: b")]),
    "a colon first is a comment": (b":data: a\n\n", []),
}


def fields(events: list[ServerSentEvent]) -> list[Fields]:
    """Return what is compared of events."""
    return [(event.text, event.event, event.id) for event in events]


def decode(*pieces: bytes) -> list[Fields]:
    """Return the events of a stream that comes in these pieces."""
    decoder = SSEDecoder()
    return fields([event for piece in pieces for event in decoder.feed(piece)])


def reference(stream: bytes) -> list[Fields]:
    """Follow the standard word for word: slow, on text, with the whole stream at hand."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines, line, position = [], "", 0
    while position < len(text):
        char = text[position]
        position += 1
        if char not in "\r\n":
            line += char
            continue
        if char == "\r" and text[position : position + 1] == "\n":
            position += 1
        lines.append(line)
        line = ""
    events: list[Fields] = []
    data, event, last_id = "", "", ""
    for line in lines:
        if line == "":
            if data:
                events.append((data.removesuffix("\n"), event or "message", last_id))
            data, event = "", ""
            continue
        if line[0] == ":":
            continue
        name, colon, value = line.partition(":")
        if colon and value[:1] == " ":
            value = value[1:]
        if name == "data":
            data += value + "\n"
        elif name == "event":
            event = value
        elif name == "id" and "\0" not in value:
            last_id = value
    return events


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES.keys())
def test_the_standard_decides_what_is_an_event(stream: bytes, expected: list[Fields]) -> None:
    """A whole stream gives the events of the standard, and so does the slow decoder here."""
    assert expected == decode(stream)
    assert expected == reference(stream)


@pytest.mark.parametrize(("stream", "expected"), CASES.values(), ids=CASES.keys())
def test_a_stream_may_come_byte_by_byte(stream: bytes, expected: list[Fields]) -> None:
    """Single bytes give the same events."""
    assert expected == decode(*(stream[i : i + 1] for i in range(len(stream))))


@pytest.mark.parametrize(("stream", "expected"), [c for c in CASES.values() if len(c[0]) < 1000])
def test_a_stream_may_be_cut_anywhere(stream: bytes, expected: list[Fields]) -> None:
    """Every cut in two gives the same events."""
    for cut in range(len(stream) + 1):
        assert expected == decode(stream[:cut], stream[cut:])


_WORDS = [
    "data",
    "data: ",
    "data:",
    "id: ",
    "id",
    "event: ",
    "retry: ",
    ":",
    " ",
    "\x00",
    "x",
    "1",
    "\ufeff",
    "\u2028",
    "é",
]
_ENDS = [b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\xef\xbb", b"\xff", b"\xc3"]
_STREAMS = st.lists(
    st.sampled_from([*(word.encode() for word in _WORDS), *_ENDS]) | st.binary(max_size=4),
    max_size=30,
).map(b"".join)


@given(stream=_STREAMS, cuts=st.lists(st.integers(0, 200), max_size=6))
@example(stream=b"data: a\r", cuts=[]).via("a CR that may be half of a line end")
@example(stream=b"data: a\r\n\r\n", cuts=[8, 9, 10]).via("each half in a piece of its own")
@example(stream=b"\xef\xbb\xbfdata: a\n\n", cuts=[0, 1, 1, 2]).via("empty pieces inside the mark")
def test_no_cut_of_any_bytes_changes_the_events(stream: bytes, cuts: list[int]) -> None:
    """Any bytes in any pieces give what the standard's algorithm gives for the whole."""
    edges = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    pieces = [stream[a:b] for a, b in pairwise(edges)]
    assert reference(stream) == decode(*pieces)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3000", 3000),
        ("0", 0),
        ("007", 7),
        ("1000x", None),
        ("-1", None),
        ("+5", None),
        (" 5", None),
        ("1_0", None),
        ("", None),
        ("1.5", None),
        ("٣", None),
        ("²", None),
        ("9" * 5000, None),
    ],
)
def test_retry_takes_ascii_digits_only(value: str, expected: int | None) -> None:
    """A reconnection time is digits and nothing else, and what is none keeps the one before."""
    decoder = SSEDecoder()
    decoder.feed(f"retry: {value}\n\n".encode())
    assert expected == decoder.retry


def test_the_time_to_reconnect_counts_at_the_end_of_its_line() -> None:
    """It holds although the event that it stands in never ends."""
    decoder = SSEDecoder()
    decoder.feed(b"retry: 1\n\nretry: 2\ndata: a\nretry: 3")
    assert decoder.retry == 2
    decoder.feed(b"\n")
    assert decoder.retry == 3


def test_a_bogus_retry_keeps_the_one_before() -> None:
    """A reconnection time that cannot be read does not undo one that could."""
    decoder = SSEDecoder()
    decoder.feed(b"retry:3000\nretry:1000x\ndata:x\n\n")
    assert decoder.retry == 3000


@pytest.mark.parametrize("line", [b"error: no", b"error:no"])
def test_an_error_may_be_a_field(line: bytes) -> None:
    """Beside the standard, and only if asked for: some servers fail with a field of this name."""
    stream = b"data: a\n\n" + line + b"\n\n"
    assert decode(stream) == [message("a")]
    asked = SSEDecoder(error_field=True)
    assert fields(asked.feed(stream)) == [message("a"), message("no", "error")]


def test_the_id_to_reconnect_with_is_that_of_the_last_whole_event() -> None:
    """An id counts once the blank line behind it has come."""
    decoder = SSEDecoder()
    decoder.feed(b"id: 1\n\nid: 2\n")
    assert decoder.last_event_id == "1"
    decoder.feed(b"\n")
    assert decoder.last_event_id == "2"


def test_an_event_is_given_as_soon_as_its_blank_line_has_come() -> None:
    """A CR CR ends an event at once, without waiting whether an LF follows."""
    assert [message("a")] == decode(b"data: a\r\r")


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (b"data: a", [message("a")]),
        (b"data: a\ndata: b\n", [message("a\nb")]),
        (b"id: 1\nevent: e\ndata: a\r", [message("a", "e", "1")]),
        (b"event: e\n", []),
        (b"data: a\n\n", []),
        (b"\xef\xbb", []),
        (b"", []),
    ],
)
def test_the_end_can_be_asked_for_what_was_under_way(stream: bytes, expected: list[Fields]) -> None:
    """The caller gets an event whose blank line was forgotten, if it holds data."""
    decoder = SSEDecoder()
    decoder.feed(stream)
    left = decoder.end()
    assert expected == fields([] if left is None else [left])


@pytest.mark.parametrize(
    "piece",
    [b"x", b"data: aaaa\n", b"data:\n", b"data\r\n", b": ping\n", b"event: e\n"],
)
def test_an_endless_event_is_refused(piece: bytes) -> None:
    """Whatever an event without an end consists of, it may not fill the memory."""
    decoder = SSEDecoder(max_event_size=1000)
    with pytest.raises(EventTooLargeError, match="1000 bytes"):
        list(map(decoder.feed, [piece] * 2000))


_LINES = [
    *(b"data: a", b"data:a", b"data:  a", b"data: ", b"data:", b"data", b"data: id: 1"),
    *(b"event: x", b"event:x", b"event: ", b"event:", b"event", b"event: data: y", b"event:data:y"),
    *(b"id: 1", b"id: 2", b"id:3", b"id: ", b"id", b"id: \0", b"id: 4data: y", b"id: id: 5"),
    *(b"event: void: 6", b"xid: 7", b"xdata: y", b"eventdata: y", b"retry: 8", b": ping", b""),
]


@given(
    lines=st.lists(st.sampled_from([*_LINES, b"", b"data: b"]), max_size=20),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
    cuts=st.lists(st.integers(0, 200), max_size=4),
)
@example(lines=[b"event: x", b"data: a", b"", b"event: x", b"data: b", b""], end=b"\n", cuts=[])
@example(lines=[b"event: vo", b"data: a", b"", b"event: void: 6", b"event: x"], end=b"\n", cuts=[])
def test_what_is_recognised_at_a_glance_is_what_the_standard_says(
    lines: list[bytes], end: bytes, cuts: list[int]
) -> None:
    """Events of the usual forms, and what looks much like them, are read as all others are."""
    stream = b"data: begun\n\n" + b"".join(line + end for line in lines) + end
    edges = sorted({min(cut, len(stream)) for cut in cuts} | {0, len(stream)})
    assert reference(stream) == decode(*(stream[a:b] for a, b in pairwise(edges)))


@pytest.mark.parametrize("line", [b"event: %d", b"event: " + b"x" * 1000 + b"%d"])
def test_few_types_are_remembered(line: bytes) -> None:
    """A server that makes a type of everything does not fill the memory."""
    decoder = SSEDecoder()
    for number in range(1000):
        decoder.feed(line % number + b"\ndata: a\n\n")
    assert len(decoder._types) <= 64
    assert sum(map(len, decoder._types)) < 1000


@pytest.mark.parametrize("piece", [b"data: aaaa\n\n", b": ping\n\n", b"id: 1\n\n", b"\r\n"])
def test_a_long_stream_of_small_events_is_not_refused(piece: bytes) -> None:
    """The limit is for one event, not for the stream."""
    decoder = SSEDecoder(max_event_size=100)
    count = sum(len(decoder.feed(piece)) for _ in range(500))
    assert (500 if piece.startswith(b"data") else 0) == count


def test_what_stays_of_a_large_chunk_counts() -> None:
    """Data behind the last whole event of a chunk is on the account of the next event."""
    decoder = SSEDecoder(max_event_size=60)
    decoder.feed(b"data: a\n\ndata: " + b"b" * 40 + b"\ndata: ")
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"c" * 10)


def test_small_pieces_of_an_unfinished_event_are_kept_in_one() -> None:
    """What has come of an event takes the memory that it has bytes, however small the pieces."""
    decoder = SSEDecoder()
    tracemalloc.start()
    for _ in range(10_000):
        decoder.feed(b"ab")
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 40_000


def test_an_event_that_comes_at_once_may_not_be_longer_either() -> None:
    """The limit is for events, and not for pieces."""
    decoder = SSEDecoder(max_event_size=10)
    with pytest.raises(EventTooLargeError):
        decoder.feed(b"data: " + b"a" * 11 + b"\n\n")
    assert decode(b"data: a\n\n" * 1000) == [message("a")] * 1000


def test_an_id_outlives_its_connection() -> None:
    """A decoder can go on where another one ended; which events have one of their own is known."""
    decoder = SSEDecoder(last_event_id="7")
    events = decoder.feed(b"data: a\n\nid: 8\ndata: b\n\nid: 9\n\ndata: c\n\n")
    assert [(event.id, event.own_id) for event in events] == [
        ("7", False),
        ("8", True),
        ("9", False),
    ]


def test_an_id_stays_with_its_event_wherever_that_is_cut() -> None:
    """It is known to be the event's own in pieces, too: with it, repeated events are told."""
    stream = b"id: 8\ndata: a\nid:\n\ndata: b\n\n"
    for cut in range(len(stream)):
        decoder = SSEDecoder()
        events = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])
        assert [(event.id, event.own_id) for event in events] == [("", True), ("", False)]
