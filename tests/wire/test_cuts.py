"""An answer that is cut never passes for a whole one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdk_openai_compat import (
    APIConnectionError,
    APIResponseValidationError,
    StreamInterruptedError,
)

from ._calls import Call, Outcome, as_sent, ask, each_colour, replay
from ._expectations import stream_chunks, streamed_answer, unfinished_chunk
from ._framing import event_stream, head_size, received_body, until_close
from ._recordings import Kind, Recording, each_recording
from ._replay import ReplayServer, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence

STREAMS = (Kind.CHAT_STREAM, Kind.COMPLETION_STREAM)
each_framing = pytest.mark.parametrize("framing", ["framed", "until close"])
"""HTTP itself betrays a cut where a body tells its size or comes in chunks, and only there."""


def framed(recording: Recording, framing: str) -> bytes:
    """Return the recorded reply with its own framing, or with none."""
    return recording.raw if framing == "framed" else until_close(recording.raw)


def places_to_cut(raw: bytes) -> st.SearchStrategy[int]:
    """Draw any offset before the end, and more often one next to the end of a line."""
    ends = [index + 1 for index, byte in enumerate(raw) if byte == 0x0A]
    near = sorted(
        {min(len(raw) - 1, max(0, end + step)) for end in ends for step in (-2, -1, 0, 1)}
    )
    return st.one_of(st.integers(0, len(raw) - 1), st.sampled_from(near))


def assert_told(raw: bytes, offset: int, outcome: Outcome) -> None:
    """Check what a client says of a reply of which only the first bytes came."""
    if offset < head_size(raw):
        assert isinstance(outcome.error, APIConnectionError)
        assert [] == outcome.items
        return
    body = received_body(raw[:offset])
    sure = stream_chunks(body)
    items = [as_sent(item) for item in outcome.items]
    assert items in (sure, sure + unfinished_chunk(body))
    # Behind the last finish reason only usage can get lost: a client may call that an end or a cut.
    if outcome.error is not None or not streamed_answer(items).is_finished:
        assert_interrupted(outcome.error, outcome.items)


def assert_interrupted(error: object, items: Sequence[Any]) -> None:
    """Check the error of an unfinished answer: its class, what it keeps, and that it is readable."""
    assert isinstance(error, StreamInterruptedError)
    assert list(items) == list(error.items)
    if items and hasattr(items[0].choices and items[0].choices[0], "delta"):
        texts = [c.delta.content or "" for i in items for c in i.choices if c.index == 0]
        assert "".join(texts) == (error.partial.choices[0].message.content or "")
    assert str(error).strip()
    assert "\n" not in str(error)


@each_colour
@each_framing
@each_recording(*STREAMS)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_a_stream_cut_anywhere_is_never_taken_for_a_whole_one(
    recording: Recording, framing: str, colour: str, data: st.DataObject
) -> None:
    """Before the head: no connection. After it: interrupted, unless every choice had finished."""
    raw = framed(recording, framing)
    offset = data.draw(places_to_cut(raw))
    assert_told(raw, offset, replay(recording, colour, Reply((raw,)).cut_short(offset)))


@each_colour
@each_framing
@each_recording(Kind.CHAT, Kind.COMPLETION, Kind.EMBEDDINGS, Kind.MODELS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_an_answer_cut_anywhere_is_refused(
    recording: Recording, framing: str, colour: str, data: st.DataObject
) -> None:
    """By the connection if HTTP betrays the cut, and as invalid JSON if only the body does."""
    raw = framed(recording, framing)
    offset = data.draw(st.integers(0, raw.rindex(recording.body[-1:])))
    outcome = replay(recording, colour, Reply((raw,)).cut_short(offset))
    betrayed = framing == "framed" or offset < head_size(raw)
    expected = APIConnectionError if betrayed else APIResponseValidationError
    assert outcome.result is None
    assert isinstance(outcome.error, expected)
    assert not isinstance(outcome.error, StreamInterruptedError)
    assert "\n" not in str(outcome.error)


@each_colour
@each_framing
@each_recording(*STREAMS)
def test_an_answer_whose_choices_have_finished_needs_no_terminator(
    recording: Recording, framing: str, colour: str
) -> None:
    """Cut between the event with the last finish reason and the next one, the answer is whole."""
    raw = framed(recording, framing)
    finish = next(end for end in event_ends(raw) if is_finished(raw[:end]))
    outcome = replay(recording, colour, Reply((raw,)).cut_short(finish))
    assert outcome.error is None
    assert stream_chunks(received_body(raw[:finish])) == [as_sent(item) for item in outcome.items]


def event_ends(raw: bytes) -> list[int]:
    """Return the offsets right behind each blank line."""
    return [match.end() for match in re.finditer(rb"\n\n", raw)]


def is_finished(prefix: bytes) -> bool:
    """Say whether the first bytes of a reply hold a finish reason for every choice."""
    return streamed_answer(stream_chunks(received_body(prefix))).is_finished


def two_choices(*reasons: str | None) -> bytes:
    """Build a stream of two choices that ends with these finish reasons, one event for each."""
    started = [(index, None) for index in range(2)]
    pieces = [*started, *enumerate(reasons)]
    return event_stream(*(b"data: " + json.dumps(chunk(*piece)).encode() for piece in pieces))


def chunk(index: int, reason: str | None) -> dict[str, object]:
    """Build a chunk with a piece of text, or with a finish reason."""
    delta = {} if reason else {"content": "x"}
    choice = {"index": index, "delta": delta, "finish_reason": reason}
    head = {"id": "i", "model": "m", "object": "chat.completion.chunk", "created": 0}
    return {**head, "choices": [choice]}


ASK_FOR_TWO = Call(
    "chat.completions.create", (), {"model": "m", "messages": [], "n": 2, "stream": True}
)


@each_colour
@pytest.mark.parametrize(
    ("reasons", "finished"), [((), False), (("stop",), False), (("stop", "length"), True)]
)
def test_every_choice_has_to_finish(reasons: tuple[str, ...], finished: bool, colour: str) -> None:
    """One finish reason is not enough for two choices; with both, the terminator may be missing."""
    with ReplayServer(Reply((two_choices(*reasons),))) as server:
        outcome = ask(server.url, ASK_FOR_TWO, colour)
    assert 2 + len(reasons) == len(outcome.items)
    if finished:
        assert outcome.error is None
    else:
        assert_interrupted(outcome.error, outcome.items)


@each_colour
@pytest.mark.parametrize("body", [b"", b"\n\n", b": still here\n\n"])
def test_a_stream_without_any_event_is_interrupted(body: bytes, colour: str) -> None:
    """Servers that fail after the head was sent leave an empty body: that is no empty answer."""
    with ReplayServer(Reply((event_stream() + body,))) as server:
        outcome = ask(server.url, ASK_FOR_TWO, colour)
    assert_interrupted(outcome.error, [])


@each_colour
def test_an_event_that_is_torn_is_an_interruption(colour: str) -> None:
    """Half a chunk in an otherwise well-formed stream ends it; what came before is kept."""
    with ReplayServer(Reply((two_choices() + b'data: {"id": "i", "cho\n\n',))) as server:
        outcome = ask(server.url, ASK_FOR_TWO, colour)
    assert len(outcome.items) == 2
    assert_interrupted(outcome.error, outcome.items)


@each_colour
def test_a_connection_that_breaks_is_an_interruption_too(colour: str) -> None:
    """A reset in mid-answer, which may swallow what came before it, is told like an end."""
    with ReplayServer(Reply((two_choices(),), reset=True)) as server:
        outcome = ask(server.url, ASK_FOR_TWO, colour)
    # Whether the head survives the reset is up to the operating system.
    assert isinstance(outcome.error, APIConnectionError)
    assert not streamed_answer([item.to_dict() for item in outcome.items]).is_finished
