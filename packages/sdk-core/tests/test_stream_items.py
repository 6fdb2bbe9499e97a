"""Streams: JSON lines, errors among the items, and what is no item."""

from __future__ import annotations

from typing import Literal

import pytest

from sdk_core.errors import APIError
from sdk_core.models import BaseModel
from sdk_core.operations import Content, Ref

from ._streamed import LINES, PLAIN, Delta, consume, event

pytestmark = pytest.mark.anyio


async def test_half_a_line_of_json_is_an_interruption(colour: str) -> None:
    """With the items that had come whole."""
    outcome = await consume(colour, b'{"text": "a"}\n{"text": "b', content=LINES, streaming=PLAIN)
    assert outcome.interruption.partial == outcome.items
    assert outcome.texts == ["a"]


async def test_other_errors_of_the_body_pass(colour: str) -> None:
    """What is not the connection's is not dressed up, and the connection is let go of."""
    error = RuntimeError("x")
    assert (await consume(colour, event("a"), error)).error is error


@pytest.mark.parametrize(
    ("data", "message", "body"),
    [
        (
            b'data: {"error": {"message": "no", "code": 7}}\n\n',
            "no",
            {"message": "no", "code": 7},
        ),
        (b'event: error\ndata: {"error": "no"}\n\n', "no", "no"),
        (b'event: error\ndata: {"message": "no"}\n\n', "no", {"message": "no"}),
        (b'event: error\ndata: {"type": "error", "detail": "no"}\n\n', "no", Ellipsis),
        (b"event: error\ndata: plain words\n\n", "plain words", "plain words"),
        (b"event: error\ndata:\n\n", "the server reports an error without a message", ""),
    ],
)
async def test_an_error_among_the_events_is_raised(
    colour: str, data: bytes, message: str, body: object
) -> None:
    """A server that fails in mid-answer says so in an event."""
    for packed in ([event("a"), data], [event("a") + data]):
        outcome = await consume(colour, *packed)
        assert type(outcome.error) is APIError
        assert message == str(outcome.error)
        assert outcome.texts == ["a"]
        assert outcome.error.response is outcome.response
        if body is not Ellipsis:
            assert body == outcome.error.body


async def test_an_event_that_is_no_json_is_an_interruption(colour: str) -> None:
    """Half an item at the cut end, or nonsense in the middle, keeps what was before."""
    for stream in (event("a") + b'data: {"text": "b', event("a") + b"data: nonsense\n\n"):
        error = (await consume(colour, stream)).interruption
        assert "after 1 items: item 2 is no valid Delta (" in str(error)


async def test_comments_in_the_data_are_no_items(colour: str) -> None:
    """Some gateways send their keep-alives as data."""
    stream = b"data: : PROCESSING\n\n" + event("a") + b"data: null\n\n" + event("b")
    for pieces in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        outcome = await consume(colour, *pieces, b"data: [DONE]\n\n")
        assert (outcome.error, outcome.texts) == (None, ["a", "b"])


async def test_the_word_error_in_nonsense_is_nonsense(colour: str) -> None:
    """What looks like an error and is no JSON is an interruption."""
    error = (await consume(colour, b'data: {"error"\n\n')).interruption
    assert "item 1 is no valid Delta" in str(error)


@pytest.mark.parametrize(
    "pieces",
    [
        [b'{"text": "a"}\n{"text": "b"}\n'],
        [b'{"text": "a"}\r\n\r\n {"text": "b"}'],
        [b'{"te', b'xt": "a"', b'}\n{"text"', b': "b"}', b"\n"],
        [b'\n\n{"text": "a"}\n', b"", b'{"text": "b"}\n\n'],
    ],
)
async def test_json_lines_are_read(colour: str, pieces: list[bytes]) -> None:
    """One item a line, however it was cut; empty lines are nothing."""
    outcome = await consume(colour, *pieces, content=LINES, streaming=PLAIN)
    assert (outcome.error, outcome.texts) == (None, ["a", "b"])


async def test_an_endless_line_is_an_interruption(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that never ends a line cannot fill the memory."""
    monkeypatch.setattr("sdk_core._readers.MAX_ITEM_SIZE", 100)
    pieces = [b'{"text": "a"}\n', b"x" * 60, b"x" * 60]
    outcome = await consume(colour, *pieces, content=LINES, streaming=PLAIN)
    assert "a line is longer than 100 bytes" in str(outcome.interruption)
    assert outcome.texts == ["a"]


async def test_json_lines_may_be_none(colour: str) -> None:
    """An empty list is an answer."""
    outcome = await consume(colour, content=LINES, streaming=None)
    assert (outcome.error, outcome.items) == (None, [])


async def test_a_cut_line_is_an_interruption(colour: str) -> None:
    """Half a line of JSON is no item; an error in a line is the server's."""
    error = (await consume(colour, b'{"text": "a"}\n{"te', content=LINES)).interruption
    assert "item 2 is no valid Delta" in str(error)
    outcome = await consume(colour, b'{"text": "a"}\n{"error": "no"}\n', content=LINES)
    assert (str(outcome.error), outcome.texts) == ("no", ["a"])


class Refusal(BaseModel):
    """A variant of which an error is part."""

    kind: Literal["refusal"]
    error: str


async def test_an_error_that_belongs_to_one_variant_is_an_item(colour: str) -> None:
    """As in an answer that is no stream; strict or not, any other error ends the stream."""
    content = Content("application/jsonl", "lines", Ref.to(Refusal | Delta))  # type: ignore[arg-type]  # a union is no class
    lines = b'{"kind": "refusal", "error": "later"}\n', b'{"error": "no"}\n'
    for strict in (True, False):
        outcome = await consume(colour, *lines, content=content, streaming=PLAIN, strict=strict)
        assert [Refusal(kind="refusal", error="later")] == outcome.items
        assert "no" == str(outcome.error)


async def test_an_error_that_is_no_item_is_the_servers(colour: str) -> None:
    """Also where items are held to their model."""
    content = Content("application/jsonl", "lines", Ref.to(Refusal))
    lines = b'{"kind": "odd", "error": "no"}\n'
    outcome = await consume(colour, lines, content=content, streaming=PLAIN, strict=True)
    assert "item 1 is no valid Refusal" in str(outcome.interruption)
    content = Content("application/jsonl", "lines", Ref.to(Needed))
    outcome = await consume(colour, lines, content=content, streaming=PLAIN, strict=True)
    assert "no" == str(outcome.error)


class Needed(BaseModel):
    """An item with a member that must be there."""

    text: str
