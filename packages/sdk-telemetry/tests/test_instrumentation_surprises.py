"""Calls whose bodies are not what they should be, as telemetry tells of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError
from sdk_core.testing import response, streamed
from sdk_telemetry.instrumentation import uninstrument

from ._observed import HELLO, chat, chunk, done, faked, items, sse, telling

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {"model": "gpt-4o", "messages": HELLO}
TOOL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}


async def test_a_connection_that_breaks(colour: str) -> None:
    """In a stream it is told as its reader is told; before an answer, with the number of attempts."""
    broken = streamed(
        b"data: " + json.dumps(chunk({"content": "hi"})).encode() + b"\n\n",
        APIConnectionError(),
        headers={"content-type": "text/event-stream"},
    )
    with telling() as told:
        client, _ = faked(colour, told, [broken, APIConnectionError(), APIConnectionError()])
        stream = await done(client.chat.completions.create(**ASKED, stream=True))
        with pytest.raises(APIConnectionError):
            await items(stream)
        client.max_retries = 1
        with pytest.raises(APIConnectionError):
            await done(client.chat.completions.create(**ASKED))
        cut, unanswered = told.events
    assert cut.errors == ("StreamInterruptedError",)
    assert unanswered.errors == ("APIConnectionError",)
    assert unanswered.metadata["attempts"] == "2"


@pytest.mark.parametrize(
    "body", [b"<html>", b'{"model": 3, "usage": []}', b'{"model": "m", "choices": 3}', b"[]", b""]
)
async def test_answers_with_surprises(colour: str, body: bytes) -> None:
    """Are told of, and the caller gets what it would get without."""
    headers = {"content-type": "application/json"}
    outcomes = []
    with telling() as told:
        for plain in (True, False):
            client, _ = faked(colour, told, [response(content=body, headers=headers)])
            if plain:
                uninstrument(client)
            try:
                outcome: Any = await done(client.post("/responses", cast_to=object, body={}))
            except Exception as error:
                outcome = (type(error), str(error))
            outcomes.append(outcome)
        event = told.event
    assert outcomes[0] == outcomes[1]
    assert event.model == ("m" if b'"m"' in body else "unknown")


@pytest.mark.parametrize(
    ("body", "text", "model"),
    [
        ({"model": "m", "messages": 3}, "", "m"),
        ({"model": 3, "prompt": ["a", "b", [1, 2]]}, "user: a\nuser: b\nuser: ", "unknown"),
        (
            {"messages": [{"content": [{"text": "a"}, {"image_url": "b"}, {"text": "c"}]}]},
            "a\nc",
            "unknown",
        ),
        ({"messages": [{"content": None}, {"role": "system"}]}, "user: \nsystem: ", "unknown"),
        (
            {"input": [{"content": "x"}, {"content": [{"text": "y"}, 7]}, 3]},
            "user: x\nuser: y\nuser: ",
            "unknown",
        ),
        ({"input": ["one"]}, "one", "unknown"),
    ],
)
async def test_requests_with_surprises(colour: str, body: Any, text: str, model: str) -> None:
    """Say what they say of themselves."""
    with telling(redaction="full") as told:
        client, _ = faked(colour, told, [response(json={"usage": {"prompt_tokens": True}})])
        await done(client.post("/completions", cast_to=object, body=body))
        assert (told.event.prompt.text, told.event.model) == (text, model)
        assert told.event.prompt.tokens == 0


async def test_bodies_that_are_no_json(colour: str) -> None:
    """Say nothing, and neither does the call fail."""
    with telling() as told:
        client, _ = faked(colour, told, [response(json={}), response(json={})])
        await done(client.post("/completions", cast_to=object, content=b"\xff"))
        await done(client.post("/completions", cast_to=object, files={"f": b"x"}))
        assert [each.model for each in told.events] == ["unknown", "unknown"]


async def test_very_long_texts(colour: str) -> None:
    """Are cut to what an event may hold, and their length is told."""
    long = "x" * 150_000
    with telling(redaction="full") as told:
        client, _ = faked(
            colour, told, [response(json=chat(long)), sse(*[chunk({"content": long})] * 2)]
        )
        said = [{"role": "user", "content": long}]
        await done(client.chat.completions.create(model="m", messages=said))
        await items(
            await done(client.chat.completions.create(model="m", messages=said, stream=True))
        )
        whole, stream = told.events
    assert len(whole.prompt.text) == len(whole.response.text) == 100_000
    assert len(stream.response.text) == 100_000
    assert whole.metadata["prompt_chars"] == whole.metadata["response_chars"] == "150000"
    assert stream.metadata["response_chars"] == "300000"


async def test_lines_of_json(colour: str) -> None:
    """Are a stream, too."""
    body = b"".join(
        json.dumps(each).encode() + b"\n"
        for each in (chunk({"content": "a"}), chunk({"content": "b"}))
    )
    answer = streamed(body, headers={"content-type": "application/x-ndjson"})
    with telling(redaction="full") as told:
        client, _ = faked(colour, told, [answer])
        stream = client.post("/chat/completions", cast_to=object, body=ASKED, stream=True)
        await items(await done(stream))
        assert told.event.response.text == "ab"
