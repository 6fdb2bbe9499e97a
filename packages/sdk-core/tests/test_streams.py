from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
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

pytestmark = pytest.mark.anyio


class Delta(BaseModel):
    """One item."""

    text: str = ""


EVENTS = Content("text/event-stream", "events", Ref.to(Delta))
LINES = Content("application/jsonl", "lines", Ref.to(Delta))
PLAIN = Streaming()
DONE = Streaming(terminator="[DONE]")
CHAT = Streaming(terminator="[DONE]", completed_by="/choices/*/finish_reason")


class Body:
    """A body in memory, in both colours; an error among its pieces is raised in its place."""

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self._pieces = iter(pieces)
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            return piece
        raise StopAsyncIteration

    def close(self, *, grace: float = 0.0) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Count."""
        self.closed += 1


class Outcome:
    """What came of reading a stream to its end."""

    def __init__(self, body: Body, response: Response) -> None:
        self.items: list[Any] = []
        self.error: Exception | None = None
        self.body = body
        self.response = response

    @property
    def texts(self) -> list[str]:
        """The items' texts."""
        return [item.text for item in self.items]

    @property
    def interruption(self) -> StreamInterruptedError:
        """The error that the stream must have ended with."""
        assert isinstance(self.error, StreamInterruptedError)
        assert self.items == self.error.partial
        return self.error


async def consume(
    colour: str,
    *pieces: bytes | Exception,
    content: Content = EVENTS,
    streaming: Streaming | None = DONE,
    strict: bool = False,
) -> Outcome:
    """Read a stream of these pieces in one colour."""
    body = Body(pieces)
    answer = Response(200, {"x-request-id": "r"}, request=request(), stream=body)
    reader = Reader(answer, content, streaming, strict=strict)
    outcome = Outcome(body, answer)
    try:
        if colour == "sync":
            for item in Stream[Any](answer, reader):
                outcome.items.append(item)  # what came before an error counts
        else:
            async for item in AsyncStream[Any](answer, reader):
                outcome.items.append(item)  # as above
    except (APIError, RuntimeError) as error:
        outcome.error = error
    assert body.closed
    return outcome


def event(text: str) -> bytes:
    """Return one event."""
    return b"data: " + json.dumps({"text": text}).encode() + b"\n\n"


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


async def test_half_a_line_of_json_is_an_interruption(colour: str) -> None:
    """With the items that had come whole."""
    outcome = await consume(colour, b'{"text": "a"}\n{"text": "b', content=LINES, streaming=PLAIN)
    assert outcome.interruption.partial == outcome.items
    assert outcome.texts == ["a"]


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


def chunk(*choices: object, **more: object) -> bytes:
    """Return one event of a chat completion."""
    return b"data: " + json.dumps({"choices": list(choices), **more}).encode() + b"\n\n"


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
