"""Streams of chunks, against the running server."""

from __future__ import annotations

from typing import Any

import pytest

from sdk_openai_compat import (
    APIConnectionError,
    AsyncStream,
    Stream,
    StreamInterruptedError,
)
from sdk_openai_compat.types.chat import ChatCompletionChunk
from sdk_server.testing import RunningServer

from ._clients import connected, done, entered, items

pytestmark = pytest.mark.anyio

TEXT = "one two three four five six seven eight"
ASKED: dict[str, Any] = {
    "model": "echo-1",
    "messages": [{"role": "user", "content": TEXT}],
    "stream": True,
}


async def test_a_streamed_answer_comes_in_pieces_and_ends(
    colour: str, server: RunningServer
) -> None:
    """Typed chunks, the usage in the last one, the answer's headers on the stream."""
    async with entered(connected(colour, server)) as client:
        stream = await done(
            client.chat.completions.create(**ASKED, stream_options={"include_usage": True})
        )
        assert type(stream) is (Stream if colour == "sync" else AsyncStream)
        assert stream.response.headers["x-request-id"]
        chunks = await items(stream)
    assert {ChatCompletionChunk} == {type(chunk) for chunk in chunks}
    deltas = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    assert len(deltas) > 5
    assert TEXT == "".join(delta or "" for delta in deltas)
    finished = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert ["stop"] == [reason for reason in finished if reason]
    assert chunks[-1].usage.completion_tokens > 0


async def test_completions_stream_too(colour: str, server: RunningServer) -> None:
    """The older operation has the same stream."""
    async with entered(connected(colour, server)) as client:
        stream = await done(client.completions.create(model="echo-1", prompt=TEXT, stream=True))
        texts = [choice.text for chunk in await items(stream) for choice in chunk.choices]
    assert TEXT in "".join(texts)


async def test_a_stream_can_be_left_early(colour: str, server: RunningServer) -> None:
    """By its context manager, or by `close`; afterwards the client goes on."""
    async with entered(connected(colour, server)) as client:
        async with entered(await done(client.chat.completions.create(**ASKED))) as stream:
            first = next(stream) if colour == "sync" else await anext(stream)
            assert isinstance(first, ChatCompletionChunk)
        stream = await done(client.chat.completions.create(**ASKED))
        await done(stream.close())
        if colour != "sync":
            await stream.aclose()
        assert "echo-1" in [model.id for model in await items(client.models.list())]


async def test_a_cut_stream_is_no_finished_answer(colour: str, server: RunningServer) -> None:
    """One typed error, which is a connection error and keeps what had come."""
    async with entered(connected(colour, server)) as client:
        stream = await done(
            client.chat.completions.create(**ASKED, extra_headers={"X-SDK-Fault": "cut=4"})
        )
        with pytest.raises(StreamInterruptedError, match="interrupted after 4 items") as caught:
            await items(stream)
    assert isinstance(caught.value, APIConnectionError)
    assert caught.value.request_id == stream.response.headers["x-request-id"]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in caught.value.items)
    assert text
    assert TEXT.startswith(text)
    assert text == caught.value.partial.choices[0].message.content


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("empty", "the server sent no event at all"),
        ("malformed=2", "after 1 items: item 2 is no valid ChatCompletionChunk"),
    ],
)
async def test_a_broken_stream_says_what_broke(
    colour: str, server: RunningServer, fault: str, message: str
) -> None:
    """No silent end, and no error of the JSON library."""
    async with entered(connected(colour, server)) as client:
        stream = await done(
            client.chat.completions.create(**ASKED, extra_headers={"X-SDK-Fault": fault})
        )
        with pytest.raises(StreamInterruptedError, match=message):
            await items(stream)


async def test_an_answer_can_be_let_go_of_by_its_response(
    colour: str, server: RunningServer
) -> None:
    """`stream.response.close()`, or `aclose()`, as openai's users write it."""
    async with entered(connected(colour, server)) as client:
        stream = await done(client.chat.completions.create(**ASKED))
        assert not stream.response.is_closed
        await done(stream.response.close() if colour == "sync" else stream.response.aclose())
        assert stream.response.is_closed
