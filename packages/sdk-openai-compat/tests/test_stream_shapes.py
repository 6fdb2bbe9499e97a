"""Streams as libraries around openai take them apart: `_iterator`, `__stream__`, the constructor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from sdk_core.hooks import Hooks
from sdk_openai_compat import AsyncStream, ConfigurationError, Stream, StreamInterruptedError
from sdk_openai_compat.types.chat import ChatCompletionChunk

from ._clients import HELLO, Wire, done, items

pytestmark = pytest.mark.anyio

_CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def _body(end: str = "data: [DONE]\n\n") -> httpx.Response:
    chunks = [
        {**_CHUNK, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
        for text in "abc"
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})


async def streamed(colour: str, end: str = "data: [DONE]\n\n", **options: Any) -> tuple[Any, Any]:
    """Return a client and a stream of it."""
    client = Wire(lambda _: _body(end)).client(colour, **options)
    return client, await done(
        client.chat.completions.create(model="m", messages=HELLO, stream=True)
    )


def texts(chunks: list[Any]) -> str:
    """Return what the chunks say together."""
    return "".join(chunk.choices[0].delta.content for chunk in chunks)


async def test_the_iterator_can_be_replaced(colour: str) -> None:
    """What is put into `_iterator` is what iterating gives; the old one goes on inside of it."""
    _, stream = await streamed(colour)
    seen = []
    source = stream._iterator

    def watched() -> Iterator[Any]:
        for chunk in source:
            seen.append(chunk)
            yield chunk

    async def awatched() -> AsyncIterator[Any]:
        async for chunk in source:
            seen.append(chunk)
            yield chunk

    stream._iterator = watched() if colour == "sync" else awatched()
    assert isinstance(stream, Stream if colour == "sync" else AsyncStream)
    assert "abc" == texts(await items(stream)) == texts(seen)
    assert [] == await items(stream)


async def test_replacing_the_iterator_twice_nests(colour: str) -> None:
    """Each replacement sees what the one before gives."""
    _, stream = await streamed(colour)
    for _ in range(2):
        source = stream._iterator
        if colour == "sync":
            stream._iterator = (chunk for pair in ((c, c) for c in source) for chunk in pair)
        else:
            stream._iterator = _doubled(source)
    assert "aaaabbbbcccc" == texts(await items(stream))


async def _doubled(source: Any) -> AsyncIterator[Any]:
    async for chunk in source:
        yield chunk
        yield chunk


async def test_iterating_can_be_patched_on_the_class(
    colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`Stream.__iter__` or `AsyncStream.__aiter__` assigned: every stream follows."""
    _, stream = await streamed(colour)
    if colour == "sync":
        monkeypatch.setattr(Stream, "__iter__", lambda self: iter([next(self._iterator)]))
    else:
        monkeypatch.setattr(AsyncStream, "__aiter__", _first)
    assert "a" == texts(await items(stream))


async def _first(stream: Any) -> AsyncIterator[Any]:
    yield await anext(stream._iterator)


async def test_a_derived_stream_is_made_as_openais_is(colour: str) -> None:
    """`cls(cast_to=..., response=..., client=...)` reads the answer of a call of that client."""
    client, _ = await streamed(colour)
    request = client._build(
        _create(), None, None, body={"model": "m", "messages": HELLO, "stream": True}
    )
    response = await done(client._send(request))
    kind: Any = (Stream if colour == "sync" else AsyncStream)[ChatCompletionChunk]
    stream = kind(cast_to=ChatCompletionChunk, response=response, client=client)
    assert "abc" == texts(await items(stream))


def _create() -> Any:
    from sdk_inference_api.operations.chat import CREATE_CHAT_COMPLETION  # noqa: PLC0415  # this test alone

    return CREATE_CHAT_COMPLETION


@pytest.mark.parametrize("kind", [Stream, AsyncStream])
def test_a_stream_of_nobodys_answer_is_refused(kind: Any) -> None:
    """Without a client of this package there is nobody who knows how to read it."""
    for client in (None, object()):
        with pytest.raises(ConfigurationError, match="a stream needs `client`"):
            kind(cast_to=object, response=httpx.Response(200), client=client)


async def test_hooks_are_told_of_items_that_pass_a_replacement(colour: str) -> None:
    """The stream is still this package's, and its replaced iterator the one that counts."""
    told: list[Any] = []
    hooks = Hooks(on_stream=lambda event: told.append(event.item))
    _, stream = await streamed(colour, hooks=hooks)
    kind: Any = Stream if colour == "sync" else AsyncStream
    assert isinstance(stream, kind)
    source: Any = stream._iterator
    stream._iterator = iter(source) if colour == "sync" else aiter(source)
    assert "abc" == texts(await items(stream)) == texts(told)


async def test_a_cut_stream_raises_through_a_replacement(colour: str) -> None:
    """The error is the same, with the items that had come."""
    _, stream = await streamed(colour, end="")
    stream._iterator = stream._iterator
    with pytest.raises(StreamInterruptedError) as caught:
        await items(stream)
    assert 3 == len(caught.value.items)
