"""Instrumented clients against a real server: every way to call a model is one event."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from sdk_openai_compat import InternalServerError, NotFoundError
from sdk_server.testing import RunningServer, running_server
from sdk_telemetry import instrument

from ._observed import HELLO, Told, done, entered, items, made, telling

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    """Run the server as users do; it obeys `X-SDK-Fault`."""
    with running_server(faults=True) as running:
        yield running


@pytest.fixture
def told() -> Iterator[Told]:
    """Keep what is told, texts included."""
    with telling(redaction="full") as told:
        yield told


def connected(colour: str, server: RunningServer, told: Told, **options: Any) -> Any:
    """Return an instrumented client of the running server."""
    client = made(colour, base_url=server.inference_url, api_key=server.api_key, **options)
    return instrument(client, told)


async def test_a_chat(colour: str, server: RunningServer, told: Told) -> None:
    """Tokens, texts, how it ended, how long it took, and who answered."""
    async with entered(connected(colour, server, told)) as client:
        answer = await done(client.chat.completions.create(model="echo-1", messages=HELLO))
    event = told.event
    assert event.model == "echo-1"
    assert (event.prompt.text, event.response.text) == (
        "hello there",
        answer.choices[0].message.content,
    )
    assert (event.prompt.tokens, event.response.tokens) == (
        answer.usage.prompt_tokens,
        answer.usage.completion_tokens,
    )
    assert event.response.finish_reason == answer.choices[0].finish_reason
    assert event.latency_ms > 0
    assert event.errors == ()
    said = event.metadata
    assert said["gen_ai.operation.name"] == "chat"
    assert said["gen_ai.response.id"] == answer.id
    assert (said["server.address"], said["attempts"]) == ("127.0.0.1", "1")
    assert said["cost"] == "unknown"


async def test_a_streamed_chat(colour: str, server: RunningServer, told: Told) -> None:
    """Its tokens are in a last item without choices; the first word has a time."""
    async with entered(connected(colour, server, told)) as client:
        stream = await done(
            client.chat.completions.create(
                model="echo-1", messages=HELLO, stream=True, stream_options={"include_usage": True}
            )
        )
        chunks = await items(stream)
    event = told.event
    assert chunks[-1].choices == []
    assert event.prompt.tokens == chunks[-1].usage.prompt_tokens > 0
    assert event.response.tokens == chunks[-1].usage.completion_tokens > 0
    text = "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)
    assert event.response.text == text != ""
    assert event.response.finish_reason == "stop"
    said = event.metadata
    first, word = said["gen_ai.response.time_to_first_chunk"], said["time_to_first_token"]
    assert 0 < float(first) <= float(word) <= event.latency_ms / 1e3
    assert said["stream"] == "true"


async def test_other_ways_to_call_a_model(colour: str, server: RunningServer, told: Told) -> None:
    """Completions, embeddings, responses, and calls by path."""
    async with entered(connected(colour, server, told)) as client:
        await done(client.completions.create(model="echo-1", prompt="once"))
        await done(client.embeddings.create(model="echo-embed-1", input=["one", "two"]))
        await done(client.responses.create(model="echo-1", input="hello", instructions="be kind"))
        body = {"model": "echo-1", "messages": HELLO}
        await done(client.post("/chat/completions", cast_to=object, body=body))
    completion, embedding, response, by_path = told.events
    assert [each.metadata["gen_ai.operation.name"] for each in told.events] == [
        "text_completion",
        "embeddings",
        "chat",
        "chat",
    ]
    assert completion.prompt.text == "once"
    assert completion.response.text != ""
    assert embedding.prompt.text == "user: one\nuser: two"
    assert embedding.prompt.tokens > 0
    assert response.prompt.text == "system: be kind\nuser: hello"
    assert response.response.finish_reason == "completed"
    assert response.response.tokens > 0
    assert by_path.response.text == "hello there"
    assert all(each.errors == () for each in told.events)


class Word(BaseModel):
    """What an answer is parsed into."""

    text: str


async def test_parsed_answers(colour: str, server: RunningServer, told: Told) -> None:
    """`parse` is one event, whatever its answer is parsed into."""
    said: Any = [{"role": "user", "content": '{"text": "hello"}'}]
    async with entered(connected(colour, server, told)) as client:
        answer = await done(
            client.chat.completions.parse(model="echo-1", messages=said, response_format=Word)
        )
    assert told.event.response.tokens == answer.usage.completion_tokens > 0


async def test_helpers_that_stream(colour: str, server: RunningServer, told: Told) -> None:
    """`stream` of chats and of responses is one event each."""
    async with entered(connected(colour, server, told)) as client:
        async with entered(
            client.chat.completions.stream(model="echo-1", messages=HELLO)
        ) as stream:
            await items(stream)
        async with entered(client.responses.stream(model="echo-1", input="hello")) as stream:
            await items(stream)
    chat, response = told.events
    assert (chat.response.text, chat.response.finish_reason) == ("hello there", "stop")
    assert (response.response.text, response.response.finish_reason) == ("hello", "completed")
    assert response.prompt.tokens > 0
    assert response.response.tokens > 0
    assert response.metadata["gen_ai.response.id"].startswith("resp_")


async def test_views_and_copies(colour: str, server: RunningServer, told: Told) -> None:
    """Raw and streaming views, of the client and of a resource, and clients with other options."""
    asked: dict[str, Any] = {"model": "echo-1", "messages": HELLO}
    async with entered(connected(colour, server, told)) as client:
        raw = await done(client.chat.completions.with_raw_response.create(**asked))
        assert raw.parse().choices[0].message.content == "hello there"
        await done(client.with_raw_response.chat.completions.create(**asked))
        async with entered(client.with_options(timeout=20)) as copy:
            await done(copy.chat.completions.create(**asked))
        streaming = client.chat.completions.with_streaming_response
        async with entered(streaming.create(**asked)) as answer:
            assert (await done(answer.json()))["choices"]
        async with entered(streaming.create(**asked, stream=True)) as answer:
            await items(await done(answer.parse()))
    assert [each.response.text for each in told.events] == ["hello there"] * 5
    assert [each.prompt.tokens > 0 for each in told.events] == [True] * 4 + [False]
    assert all(each.errors == () for each in told.events)


async def test_what_is_no_call_of_a_model(colour: str, server: RunningServer, told: Told) -> None:
    """Is not told of."""
    async with entered(connected(colour, server, told)) as client:
        await items(await done(client.models.list()))
    assert told.events == []


async def test_repeats(colour: str, server: RunningServer, told: Told) -> None:
    """One call is one event, with the number of its attempts."""
    headers = {"X-SDK-Fault": f"status=503; times=1; id=repeat-{colour}; retry-after=0"}
    async with entered(connected(colour, server, told)) as client:
        await done(
            client.chat.completions.create(model="echo-1", messages=HELLO, extra_headers=headers)
        )
    assert told.event.metadata["attempts"] == "2"
    assert told.event.errors == ()


async def test_refusals(colour: str, server: RunningServer, told: Told) -> None:
    """The kind of error and its status, and nothing that was said."""
    headers = {"X-SDK-Fault": "status=500; retry-after=0"}
    async with entered(connected(colour, server, told, max_retries=1)) as client:
        with pytest.raises(NotFoundError):
            await done(client.chat.completions.create(model="none", messages=HELLO))
        with pytest.raises(InternalServerError):
            await done(
                client.chat.completions.create(
                    model="echo-1", messages=HELLO, extra_headers=headers, stream=True
                )
            )
    missing, broken = told.events
    assert missing.errors == ("NotFoundError: 404 model_not_found",)
    assert missing.metadata["error.type"] == "NotFoundError"
    (error,) = broken.errors
    assert error.startswith("InternalServerError: 500")
    assert broken.metadata["attempts"] == "2"
    assert "hello" not in error


async def test_streams_that_are_cut(colour: str, server: RunningServer, told: Told) -> None:
    """Are told of with an error, and with what had come."""
    headers = {"X-SDK-Fault": "cut=2"}
    async with entered(connected(colour, server, told)) as client:
        stream = await done(
            client.chat.completions.create(
                model="echo-1", messages=HELLO, stream=True, extra_headers=headers
            )
        )
        with pytest.raises(Exception, match="interrupted"):
            await items(stream)
    assert told.event.errors == ("StreamInterruptedError",)
    assert told.event.response.finish_reason == ""


async def test_streams_that_are_left(colour: str, server: RunningServer, told: Told) -> None:
    """Closed or dropped, they are told of once, without an error."""
    asked: dict[str, Any] = {"model": "echo-1", "messages": HELLO, "stream": True}
    async with entered(connected(colour, server, told)) as client:
        async with entered(await done(client.chat.completions.create(**asked))) as stream:
            assert await done(anext(stream) if hasattr(stream, "__anext__") else next(stream))
        stream = await done(client.chat.completions.create(**asked))
        del stream
        await items(await done(client.models.list()))  # its loop closes what was dropped
    left, dropped = told.events
    assert (left.errors, dropped.errors) == ((), ())
    assert (left.metadata["stream"], dropped.metadata["stream"]) == ("closed", "closed")
