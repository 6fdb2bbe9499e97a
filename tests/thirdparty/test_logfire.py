"""logfire: spans of clients and of classes, with what was asked and answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("logfire", reason="run by `./dev thirdparty:run`")
import logfire
import openai
from logfire.testing import TestExporter
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

pytestmark = pytest.mark.anyio

MESSAGES: Any = [{"role": "user", "content": "hello there"}]


@pytest.fixture(scope="module")
def exporter() -> TestExporter:
    """Keep the spans of this module's tests."""
    exporter = TestExporter()
    logfire.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[SimpleSpanProcessor(exporter)],
    )
    return exporter


@pytest.fixture(autouse=True)
def _fresh(exporter: TestExporter) -> Iterator[None]:
    exporter.clear()
    yield
    exporter.clear()


def spans(exporter: TestExporter) -> list[dict[str, Any]]:
    """Return the attributes of the spans that have ended."""
    return [
        dict(span.attributes or {})
        for span in exporter.exported_spans
        if (span.attributes or {}).get("logfire.span_type") != "pending_span"
    ]


def test_a_client_is_traced(exporter: TestExporter) -> None:
    """The request, the answer and the tokens, whichever resource is called."""
    client = openai.OpenAI()
    with logfire.instrument_openai(client):
        answer = client.chat.completions.create(model="echo-1", messages=MESSAGES)
        client.embeddings.create(model="echo-embed-1", input="a")
        client.completions.create(model="echo-1", prompt="one two")
    assert "hello there" == answer.choices[0].message.content
    found = spans(exporter)
    assert ["echo-1", "echo-embed-1", "echo-1"] == [s["gen_ai.request.model"] for s in found]
    assert "hello there" in found[0]["gen_ai.input.messages"]
    assert "hello there" in found[0]["gen_ai.output.messages"]
    assert answer.usage.prompt_tokens == found[0]["gen_ai.usage.input_tokens"]
    exporter.clear()
    client.chat.completions.create(model="echo-1", messages=MESSAGES)
    assert [] == spans(exporter)


def test_a_stream_is_traced(exporter: TestExporter) -> None:
    """One span when it begins, and one with all that came when it ends."""
    client = openai.OpenAI()
    with logfire.instrument_openai(client):
        stream = client.chat.completions.create(model="echo-1", messages=MESSAGES, stream=True)
        assert isinstance(stream, openai.Stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert "hello there" == text
    assert 2 == len(spans(exporter))
    assert "hello there" in str(spans(exporter)[1])


async def test_an_asynchronous_client_is_traced(exporter: TestExporter) -> None:
    """Both forms of answer."""
    client = openai.AsyncOpenAI()
    with logfire.instrument_openai(client):
        await client.chat.completions.create(model="echo-1", messages=MESSAGES)
        stream = await client.chat.completions.create(
            model="echo-1", messages=MESSAGES, stream=True
        )
        chunks = [chunk async for chunk in stream]
    assert isinstance(stream, openai.AsyncStream)
    assert chunks
    assert 3 == len(spans(exporter))
    assert "hello there" in str(spans(exporter)[2])


async def test_the_classes_are_traced(exporter: TestExporter) -> None:
    """Every client, also those that were made before."""
    before = openai.OpenAI()
    with logfire.instrument_openai():
        before.chat.completions.create(model="echo-1", messages=MESSAGES)
        await openai.AsyncOpenAI().chat.completions.create(model="echo-1", messages=MESSAGES)
    before.chat.completions.create(model="echo-1", messages=MESSAGES)
    assert 2 == len(spans(exporter))


def test_responses_are_traced(exporter: TestExporter) -> None:
    """Whole, and streamed by the helper that takes snapshots."""
    client = openai.OpenAI()
    with logfire.instrument_openai(client):
        client.responses.create(model="echo-1", input="hello there")
        list(client.responses.create(model="echo-1", input="hello there", stream=True))
        with client.responses.stream(model="echo-1", input="hello there") as stream:
            stream.until_done()
    found = spans(exporter)
    assert len(found) >= 4
    assert all("echo-1" == each.get("gen_ai.request.model", "echo-1") for each in found)
    assert "hello there" in str(found[-1])


def test_raw_answers_and_errors_are_traced(exporter: TestExporter) -> None:
    """`with_raw_response`; a refusal is on the span."""
    client = openai.OpenAI(max_retries=0)
    with logfire.instrument_openai(client):
        raw = client.chat.completions.with_raw_response.create(model="echo-1", messages=MESSAGES)
        assert "hello there" == raw.parse().choices[0].message.content
        with pytest.raises(openai.NotFoundError):
            client.chat.completions.create(model="nobody", messages=MESSAGES)
    assert "hello there" in str(spans(exporter)[0]["gen_ai.output.messages"])
    ended = exporter.exported_spans[-1]
    assert any("NotFoundError" in str(event.attributes) for event in ended.events)


def test_helpers_are_traced(exporter: TestExporter) -> None:
    """`chat.completions.stream` goes the same way."""
    client = openai.OpenAI()
    with (
        logfire.instrument_openai(client),
        client.chat.completions.stream(model="echo-1", messages=MESSAGES) as stream,
    ):
        assert "hello there" == stream.get_final_completion().choices[0].message.content
    assert 2 == len(spans(exporter))
