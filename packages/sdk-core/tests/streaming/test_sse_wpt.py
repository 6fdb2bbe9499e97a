"""
The rules of the web platform's own tests (web-platform-tests/wpt, folder ``eventsource``).

Those tests are pages for a browser. The table says of each that is about the format which bytes it
sends, and what a page must see of them: data, type and last id of each event, the reconnection time,
and the id that the next request has to carry. Where a page closes the source at once, or the server
adds a blank line by itself, the bytes here are the whole stream.
"""

from __future__ import annotations

from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._sse import SSEDecoder


@attrs.frozen
class Rule:
    """What one page asks of a stream."""

    page: str
    stream: bytes
    events: tuple[tuple[str, str, str], ...]  # data, type, last id
    retry: int | None = None
    last_id: str = ""


def rule(page: str, stream: bytes, *events: str | tuple[str, str, str], **more: int | str) -> Rule:
    """Return a rule; an event that is a string is a message of this data."""
    seen = tuple((e, "message", "") if isinstance(e, str) else e for e in events)
    return Rule(page, stream, seen, **more)  # type: ignore[arg-type]


X = b"x" * 2048
RULES = [
    rule(
        "event-data",
        b"data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n",
        *("msg\nmsg", "", "end"),
    ),
    rule("format-bom", b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n", "1", "3"),
    rule("format-bom-2", b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n", "2", "3"),
    rule(
        "format-comments",
        b"data:1\r:\0\n:\r\ndata:2\n:" + X + b"\rdata:3\n:data:fail\r:" + X + b"\ndata:4\n\n",
        "1\n2\n3\n4",
    ),
    rule(
        "format-data-before-final-empty-line",
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2",
        "test1",
        retry=1000,
    ),
    rule("format-field-data", b"data:\n\ndata\ndata\n\ndata:test\n\n", "", "\n", "test"),
    rule("format-field-event", b"event:test\ndata:x\n\ndata:x\n\n", ("x", "test", ""), "x"),
    rule("format-field-event-empty", b"event: \ndata:data\n\n", "data"),
    rule(
        "format-field-id",
        "id: …\nretry: 200\ndata: hello\n\n".encode(),
        ("hello", "message", "…"),
        retry=200,
        last_id="…",
    ),
    rule(
        "format-field-id-3 persists",
        b"id: 1\ndata: 1\n\ndata:2\n\n",
        ("1", "message", "1"),
        ("2", "message", "1"),
        last_id="1",
    ),
    rule(
        "format-field-id-3 changes and persists",
        b"id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",
        ("1", "message", "1"),
        ("2", "message", "2"),
        ("3", "message", "2"),
        last_id="2",
    ),
    rule(
        "format-field-id-3 resets, with a colon",
        b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        ("1", "message", "1"),
        "2",
        "3",
    ),
    rule(
        "format-field-id-3 resets, without one",
        b"id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n",
        ("1", "message", "1"),
        "2",
        "3",
    ),
    *(
        rule(
            f"format-field-id-null {value!r}",
            b"id: " + value + b"\nretry: 200\ndata: hello\n\n",
            "hello",
            retry=200,
        )
        for value in (b"\0\0", b"x\0", b"\0x", b"x\0x", b" \0")
    ),
    rule(
        "format-field-parsing",
        b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n"
        b" data:32\ndata:4\n\n",
        "\0\n 2\n1\n3\n\n4",
    ),
    rule("format-field-retry", b"retry:02000\ndata:x\n\n", "x", retry=2000),
    rule("format-field-retry-bogus", b"retry:2000\nretry:1000x\ndata:x\n\n", "x", retry=2000),
    rule("format-field-retry-empty", b"retry\ndata:test\n\n", "test"),
    rule(
        "format-field-unknown",
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n",
        "test\n\ntest",
    ),
    rule("format-leading-space", b"data:\ttest\rdata: \ndata:test\n\n", "\ttest\n\ntest"),
    rule("format-newlines", b"data:test\r\ndata\ndata:test\r\n\r", "test\n\ntest"),
    rule("format-null-character", b"data:\0\n\n\n\n", "\0"),
    rule("format-utf-8", "data:ok…\n\n".encode(), "ok…"),
    rule("eventsource-reconnect", b"retry: 2\ndata: ok\n\n", "ok", retry=2),
]
rules = pytest.mark.parametrize("rule", RULES, ids=[rule.page for rule in RULES])


def seen(rule: Rule, *pieces: bytes) -> Rule:
    """Return what a decoder makes of a rule's stream that comes in these pieces."""
    decoder = SSEDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return attrs.evolve(
        rule,
        events=tuple((event.text, event.event, event.id) for event in events),
        retry=decoder.retry,
        last_id=decoder.last_event_id,
    )


@rules
def test_a_stream_that_comes_whole(rule: Rule) -> None:
    """The decoder sees in the whole stream what the page must see."""
    assert rule == seen(rule, rule.stream)


@rules
def test_a_stream_that_comes_byte_by_byte(rule: Rule) -> None:
    """Single bytes change nothing."""
    assert rule == seen(rule, *(rule.stream[i : i + 1] for i in range(len(rule.stream))))


@rules
def test_a_stream_that_comes_in_two_pieces(rule: Rule) -> None:
    """No cut in two changes anything."""
    for cut in range(len(rule.stream) + 1):
        assert rule == seen(rule, rule.stream[:cut], rule.stream[cut:])


@given(rule=st.sampled_from(RULES), cuts=st.lists(st.integers(0, 5000), max_size=8))
def test_a_stream_that_comes_in_any_pieces(rule: Rule, cuts: list[int]) -> None:
    """Nor do more cuts."""
    edges = sorted({min(cut, len(rule.stream)) for cut in cuts} | {0, len(rule.stream)})
    assert rule == seen(rule, *(rule.stream[a:b] for a, b in pairwise(edges)))


@given(
    before=st.lists(st.sampled_from(RULES), max_size=3),
    rule=st.sampled_from([rule for rule in RULES if not rule.stream.startswith(b"\xef\xbb\xbf")]),
    cuts=st.lists(st.integers(0, 9000), max_size=8),
)
def test_a_stream_behind_others(before: list[Rule], rule: Rule, cuts: list[int]) -> None:
    """What went before and ended changes nothing but the id that persists, however all is cut."""
    head = b"".join(each.stream + b"\n\n" for each in before) + b"id\n\n"
    whole = head + rule.stream
    edges = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    decoder = SSEDecoder()
    events = [e for a, b in pairwise(edges) for e in decoder.feed(whole[a:b])]
    told = tuple((event.text, event.event, event.id) for event in events)
    assert told[len(told) - len(rule.events) :] == rule.events
