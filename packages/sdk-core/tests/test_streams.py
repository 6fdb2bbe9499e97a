"""Streams: items of an answer while it comes, and how it may end."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._messages import Response
from sdk_core._readers import Reader
from sdk_core.errors import APIConnectionError, APIError, APITimeoutError, StreamInterruptedError
from sdk_core.models import BaseModel
from sdk_core.operations import Content, Ref, Streaming
from sdk_core.streams import AsyncStream, Stream
from sdk_core.testing import request

from ._streamed import CHAT, DONE, EVENTS, PLAIN, Body, Delta, chunk, consume, event

pytestmark = pytest.mark.anyio


async def test_items_come_until_the_terminator(colour: str) -> None:
    """What comes behind the end of the answer is not read."""
    last = event("b") + b"data: [DONE]\n\n"
    outcome = await consume(colour, event("a"), last, RuntimeError("not to be read"))
    assert (outcome.error, outcome.texts) == (None, ["a", "b"])
    assert all(type(item) is Delta for item in outcome.items)


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b"data: [DONE]\n", b"data: [DONE]"])
async def test_the_terminator_may_lack_its_blank_line(colour: str, end: bytes) -> None:
    """Some servers forget it."""
    outcome = await consume(colour, event("a") + end)
    assert (outcome.error, outcome.texts) == (None, ["a"])


async def test_pieces_may_be_cut_anywhere(colour: str) -> None:
    """Single bytes, and everything at once, give the same items."""
    whole = b": ping\n\n" + event("é\u2028") + b"data:\n\n" + event("b") + b"data: [DONE]\n\n"
    for pieces in ([whole], [whole[i : i + 1] for i in range(len(whole))]):
        assert (await consume(colour, *pieces)).texts == ["é\u2028", "b"]


async def test_an_end_without_a_terminator_is_a_cut(colour: str) -> None:
    """The error keeps what had come, and the answer's head."""
    outcome = await consume(colour, event("a") + event("b"))
    error = outcome.interruption
    assert str(error) == (
        "Stream interrupted after 2 items: the connection closed before the answer was finished"
    )
    assert [item.text for item in error.partial] == ["a", "b"]
    assert error.response is outcome.response
    assert error.request is outcome.response.request
    assert error.request_id == "r"


@pytest.mark.parametrize(
    "bad", [b"", b'data: {"error": {"message": "no"}}\n\n', b"event: error\ndata: no\n\n"]
)
async def test_what_a_cut_stream_makes_together_is_its_partial_result(
    colour: str, bad: bytes
) -> None:
    """Where that is known; the items are there, too, if the connection was cut."""
    body = Body([event("a") + event("b") + bad])
    answer = Response(200, {}, request=request(), stream=body)
    reader = Reader(answer, EVENTS, DONE, strict=False)
    reader.adapt(
        lambda item, _: item,
        lambda: lambda item, _: item,
        fold=lambda items: "".join(item.text for item in items),
    )
    if colour == "sync":
        with pytest.raises(APIError) as caught:
            list(Stream[Any](answer, reader))
    else:
        with pytest.raises(APIError) as caught:
            [item async for item in AsyncStream[Any](answer, reader)]
    assert caught.value.partial == "ab"
    if isinstance(caught.value, StreamInterruptedError):
        assert [item.text for item in caught.value.items] == ["a", "b"]


async def test_a_terminator_may_be_optional(colour: str) -> None:
    """Of a server that nobody has described: an orderly end is one, and a broken connection none."""
    odd = Streaming(terminator="[DONE]", unterminated=True)
    assert (await consume(colour, event("a"), streaming=odd)).error is None
    outcome = await consume(colour, event("a") + b"data: [DONE]\n\n", RuntimeError(), streaming=odd)
    assert (outcome.error, outcome.texts) == (None, ["a"])
    broken = APIConnectionError(message="broke")
    for pieces in ([event("a"), broken], [b""]):
        error = (await consume(colour, *pieces, streaming=odd)).interruption
        assert str(error).startswith("Stream interrupted")


async def test_an_endless_stream_does_not_fill_the_memory(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of very many items an interruption keeps the last ones."""
    monkeypatch.setattr("sdk_core._readers._KEPT", 10)
    events = [event(str(n)) for n in range(100)]
    outcome = await consume(colour, *events, streaming=DONE)
    assert isinstance(outcome.error, StreamInterruptedError)
    assert [item.text for item in outcome.error.partial] == [str(n) for n in range(90, 100)]
    assert "after 100 items" in str(outcome.error)


async def test_no_event_at_all_is_an_error(colour: str) -> None:
    """A 200 with an empty body is how some servers fail."""
    for streaming in (None, PLAIN, DONE, CHAT):
        error = (await consume(colour, b"", streaming=streaming)).interruption
        assert "0 items: the server sent no event at all" in str(error)


async def test_without_a_terminator_the_end_is_the_end(colour: str) -> None:
    """Where the document names no terminator, a stream with events may just end."""
    for streaming in (None, PLAIN):
        outcome = await consume(colour, event("a"), streaming=streaming)
        assert (outcome.error, outcome.texts) == (None, ["a"])


async def test_the_last_event_may_lack_its_blank_line(colour: str) -> None:
    """What is whole is given, although the standard would discard it."""
    outcome = await consume(colour, event("a") + b'data: {"text": "b"}', streaming=PLAIN)
    assert (outcome.error, outcome.texts) == (None, ["a", "b"])


@pytest.mark.parametrize(
    ("stream", "finished"),
    [
        (chunk({"index": 0, "finish_reason": "stop"}), True),
        (chunk({"index": 0}) + chunk({"index": 0, "finish_reason": "eos"}), True),
        (chunk({"index": 0, "finish_reason": "stop"}) + chunk(usage={}), True),
        (chunk({"index": 0, "finish_reason": "stop"}) + chunk({"index": 0}), True),
        (chunk({"finish_reason": None}) + chunk({"finish_reason": "stop"}), True),
        (chunk({"index": 0, "finish_reason": "stop"}, {"index": 1}), False),
        (chunk({"index": 1}) + chunk({"index": 0, "finish_reason": "stop"}), False),
        (
            chunk({"index": 1, "finish_reason": "stop"}, {"index": 0})
            + chunk({"index": 0, "finish_reason": "length"}),
            True,
        ),
        (chunk({"index": 0}), False),
        (chunk({"index": 0, "finish_reason": ""}), False),
        (chunk({"index": 0, "finish_reason": None}), False),
        (chunk(), False),
        (b'data: {"choices": null}\n\n', False),
        (b'data: {"choices": "stop"}\n\n', False),
        (b'data: {"choices": 7}\n\n', False),
        (b'data: {"choices": [1, null]}\n\n', False),
        (b"data: []\n\n", False),
        (chunk({"index": [1], "finish_reason": "stop"}), True),
    ],
)
async def test_an_answer_may_be_complete_without_its_terminator(
    colour: str, stream: bytes, finished: bool
) -> None:
    """Once every choice has its reason to finish, the end is no cut, whether it broke or not."""
    for end in ([], [APIConnectionError(message="broke")]):
        outcome = await consume(colour, stream, *end, streaming=CHAT)
        assert finished == (outcome.error is None)
        if not finished:
            assert outcome.interruption.partial == outcome.items


@pytest.mark.parametrize(
    ("types", "finished"),
    [(["begun", "done"], True), (["failed"], True), (["begun"], False), ([None, ["done"]], False)],
)
async def test_an_answer_may_be_complete_by_the_type_of_an_event(
    colour: str, types: list[object], finished: bool
) -> None:
    """One of the named values ends it; another value does not."""
    streaming = Streaming(
        terminator="[DONE]", completed_by="/type", completed_values=("done", "failed")
    )
    pieces = [f"data: {json.dumps({'type': each})}\n\n".encode() for each in types]
    outcome = await consume(colour, *pieces, streaming=streaming)
    assert finished == (outcome.error is None)


class Aliased(BaseModel):
    """With a name that is none in Python."""

    class_: str | None = None


async def test_completion_is_read_by_the_names_of_the_wire(colour: str) -> None:
    """A pointer means the data, not the model's attributes."""
    content = Content("text/event-stream", "events", Ref.to(Aliased))
    streaming = Streaming(completed_by="/class")
    outcome = await consume(
        colour, b'data: {"class": "x"}\n\n', content=content, streaming=streaming
    )
    assert outcome.error is None


@pytest.mark.parametrize(
    "error", [APIConnectionError(message="broke"), APITimeoutError(message="timed out")]
)
async def test_a_broken_connection_is_an_interruption(colour: str, error: APIError) -> None:
    """Its reason is in the message and its cause; what came is kept."""
    outcome = await consume(colour, event("a"), error, streaming=PLAIN)
    assert outcome.interruption.__cause__ is error
    assert str(outcome.error) == f"Stream interrupted after 1 items: {error}"


async def test_items_that_do_not_fit_are_kept_unless_strict(colour: str) -> None:
    """As everywhere, data that does not fit its model is no error by default."""
    misfit = b'data: {"text": 7}\n\ndata: [DONE]\n\n'
    assert (await consume(colour, misfit)).items[0].text == 7
    assert "no valid Delta (1 validation" in str((await consume(colour, misfit, strict=True)).error)


async def test_items_without_a_model_are_plain(colour: str) -> None:
    """JSON of any shape."""
    content = Content("text/event-stream", "events")
    outcome = await consume(colour, b"data: [1]\n\ndata: nonsense\n\n", content=content)
    assert outcome.items == [[1]]
    assert "item 2 is no valid JSON" in str(outcome.interruption)


async def test_an_endless_event_is_an_interruption(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decoder's limit is an error of the stream's."""
    monkeypatch.setattr("sdk_core._readers.MAX_ITEM_SIZE", 100)
    error = (await consume(colour, event("a"), b"data: " + b"x" * 200)).interruption
    assert "an event is longer than 100 bytes" in str(error)


def _opened(*pieces: bytes) -> tuple[Body, Response, Reader]:
    body = Body(pieces)
    answer = Response(200, {}, request=request(), stream=body)
    return body, answer, Reader(answer, EVENTS, DONE, strict=False)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream_can_be_left_early(anyio_backend: Literal["asyncio"]) -> None:
    """As a context manager, and by `close`, it lets go of the connection."""
    body, answer, reader = _opened(event("a"), event("b"))
    with Stream[Any](answer, reader) as stream:
        assert next(stream).text == "a"
        assert stream.response is answer
        assert iter(stream) is not None
    assert body.closed
    body, answer, reader = _opened(event("a"), event("b"))
    async with AsyncStream[Any](answer, reader) as other:
        assert (await anext(other)).text == "a"
    assert body.closed
    await other.aclose()
    with pytest.raises(StopAsyncIteration):
        await anext(other)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream_is_over_once(anyio_backend: Literal["asyncio"]) -> None:
    """Asked again after the end or an error, it has nothing more."""
    for pieces in ([event("a"), b"data: [DONE]\n\n"], [event("a")]):
        for again in range(2):
            _, answer, reader = _opened(*pieces)
            stream = Stream[Any](answer, reader)
            _, answer, reader = _opened(*pieces)
            other = AsyncStream[Any](answer, reader)
            assert (next(stream).text, (await anext(other)).text) == ("a", "a")
            if len(pieces) == 1:
                with pytest.raises(StreamInterruptedError):
                    next(stream)
                with pytest.raises(StreamInterruptedError):
                    await anext(other)
            for _ in range(again + 1):
                assert next(stream, None) is None
                assert await anext(other, None) is None


@given(
    st.lists(st.text(max_size=4), max_size=5),
    st.lists(st.integers(0, 100), max_size=5),
    st.booleans(),
)
def test_any_cut_of_a_stream_gives_the_same_items(
    texts: list[str], cuts: list[int], ended: bool
) -> None:
    """Items, and the verdict on the end, do not depend on how the bytes come."""
    whole = b"".join(map(event, texts)) + (b"data: [DONE]\n\n" if ended else b"")
    edges = sorted({min(cut, len(whole)) for cut in cuts} | {0, len(whole)})
    body, answer, reader = _opened(*(whole[a:b] for a, b in pairwise(edges)))
    found: list[str] = []
    error: StreamInterruptedError | None = None
    try:
        for item in Stream[Any](answer, reader):
            found.append(item.text)  # noqa: PERF401  # what came before an error counts
    except StreamInterruptedError as exc:
        error = exc
    assert texts == found
    assert ended == (error is None)
    assert error is None or [item.text for item in error.partial] == texts
    assert body.closed
