"""The expectations themselves are right, shown on bodies small enough to check by eye."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ._expectations import (
    JSON,
    Answer,
    Choice,
    Refusal,
    ToolCall,
    refusal,
    server_message,
    stream_chunks,
    stream_events,
    streamed_answer,
    unfinished_chunk,
    whole_answer,
)
from ._framing import Head, reply_head
from ._recordings import Recording

CHOICE = Choice(0, "", "", (), None, ())


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_events_are_split_at_each_kind_of_line_end(end: bytes) -> None:
    """LF, CRLF and CR end a line; a blank line ends an event."""
    lines = [
        b": comment",
        b"event: x",
        b"data: 1",
        b"data:2",
        b"",
        b"data: [DONE]",
        b"",
        b"data: 3",
    ]
    assert [b"1\n2"] == stream_events(end.join(lines))


def test_characters_that_look_like_line_ends_to_text_are_none_in_bytes() -> None:
    """U+2028, U+0085 and vertical tab stay inside the data."""
    data = '"\u2028\u0085\x0b"'.encode()
    assert [data] == stream_events(b"data: " + data + b"\n\n")


@pytest.mark.parametrize(
    ("tail", "chunks"),
    [
        (b'data: {"a":1}\n', [{"a": 1}]),
        (b'data: {"a":1}', [{"a": 1}]),
        (b'data: {"a"', []),
        (b"", []),
    ],
)
def test_an_event_without_its_blank_line_is_told_apart(tail: bytes, chunks: list[object]) -> None:
    """It is not among the complete ones, and is offered by itself when its JSON is whole."""
    body = b'data: {"a":0}\n\n' + tail
    assert [{"a": 0}] == stream_chunks(body)
    assert chunks == unfinished_chunk(body)


def test_pieces_of_a_stream_are_put_together_by_choice() -> None:
    """Text, reasoning, log probabilities and finish reasons of two choices do not mix."""
    first: JSON = {"index": 0, "delta": {"content": "a", "reasoning": "r"}}
    token = {"content": [{"token": "b", "logprob": -1.0}]}
    chunks: list[JSON] = [
        {"id": "i", "model": "m", "choices": [first, {"index": 1, "delta": {"content": None}}]},
        {"choices": [{"index": 1, "delta": {"content": "x"}, "logprobs": token}]},
        {"choices": [{"index": 0, "delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}], "usage": {"n": 1}},
        {"choices": None, "usage": {"n": 2}},
        {"choices": [], "usage": None},
    ]
    one = replace(CHOICE, text="ab", reasoning="r", finish_reason="stop")
    two = replace(CHOICE, index=1, text="x", tokens=(("b", -1.0),))
    assert Answer("i", "m", (one, two), {"n": 2}) == streamed_answer(chunks)


@pytest.mark.parametrize(
    ("choices", "finished"),
    [([], False), ([None], False), (["stop"], True), (["stop", None], False), (["stop"] * 2, True)],
)
def test_an_answer_is_finished_when_each_choice_is(
    choices: list[str | None], finished: bool
) -> None:
    """No choice, or one without a finish reason, is an unfinished answer."""
    found = tuple(replace(CHOICE, finish_reason=reason) for reason in choices)
    assert finished == Answer("", "", found, None).is_finished


def test_a_stream_without_chunks_is_an_empty_answer() -> None:
    """Nothing received holds nothing."""
    assert Answer("", "", (), None) == streamed_answer([])


def call(arguments: str, **fields: object) -> dict[str, object]:
    """Build a chunk with a piece of a tool call."""
    function = {"name": fields.pop("name", None), "arguments": arguments}
    delta = {"tool_calls": [{**fields, "function": function}]}
    return {"id": "", "model": "", "choices": [{"index": 0, "delta": delta}]}


@pytest.mark.parametrize(
    "chunks",
    [
        [call("", index=0, id="x", name="f"), call("{", index=0), call("}", index=0)],
        [call("{", index=0, id="x", name="f"), call("}", index=0, id="x", name="f")],
        [call("{", id="x", name="f"), call("}", id="")],
        [call("{}", index=3, id="x", name="f")],
    ],
)
def test_pieces_of_a_tool_call_are_joined(chunks: list[dict[str, object]]) -> None:
    """Pieces belong together by index, whether or not they repeat or lack the rest."""
    assert (ToolCall("x", "f", "{}"),) == streamed_answer(chunks).choices[0].tool_calls


def test_another_id_is_another_tool_call() -> None:
    """Calls stay apart by index, and by id where a server repeats the index."""
    chunks = [
        call("1", index=0, id="x", name="f"),
        call("2", index=0, id="y", name="g"),
        call("3", index=1, id="z", name="h"),
        call("3", index=1),
    ]
    calls = streamed_answer(chunks).choices[0].tool_calls
    assert (ToolCall("x", "f", "1"), ToolCall("y", "g", "2"), ToolCall("z", "h", "33")) == calls


def test_a_whole_answer_is_read_like_a_streamed_one() -> None:
    """Messages of chat, texts of completions and calls without an index are understood."""
    calls = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in "fg"]
    message = {"content": None, "reasoning_content": "r", "tool_calls": calls}
    chat = {"id": "i", "model": "m", "choices": [{"index": 0, "message": message}], "usage": {}}
    tools = tuple(ToolCall(name, name, "{}") for name in "fg")
    assert Answer("i", "m", (replace(CHOICE, reasoning="r", tool_calls=tools),), {}) == (
        whole_answer(chat)
    )
    plain = {"id": "i", "model": "m", "choices": [{"index": 0, "text": "t"}]}
    assert Answer("i", "m", (replace(CHOICE, text="t"),), None) == whole_answer(plain)


@pytest.mark.parametrize(
    "decoded",
    [
        {"error": {"message": "no"}},
        {"error": "no"},
        {"detail": "no"},
        {"detail": [{"msg": "no", "loc": ["body"]}]},
        {"message": "no"},
        "no",
    ],
)
def test_the_sentence_of_the_server_is_found_in_each_shape(decoded: object) -> None:
    """Every shape of error body that servers use gives its message."""
    assert "no" == server_message(decoded)


@pytest.mark.parametrize(
    ("body", "holds"),
    [
        (b'{"error":{"message":"no","code":7,"type":"t","param":"p"}}', ("no", 7, "t", "p")),
        (b'data: {"error":{"message":"no"}}\n\n', ("no", None, None, None)),
        (b" no\n", ("no", None, None, None)),
    ],
)
def test_an_error_reply_is_read(body: bytes, holds: tuple[object, ...]) -> None:
    """Status, message and fields are taken from JSON, from an event, or from text."""
    raw = reply_head("418 Teapot", "a/b", ("X-Request-Id", "r")) + body
    expected = refusal(Recording("", Head("GET / HTTP/1.1", ()), b"", raw, body, ()))
    assert isinstance(expected, Refusal)
    assert ("APIStatusError", 418, "r") == (expected.error, expected.status, expected.request_id)
    assert holds == (expected.message, expected.code, expected.type, expected.param)
