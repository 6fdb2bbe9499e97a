"""The OpenTelemetry instrumentation of openai: spans of every call, by patching the classes."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("opentelemetry.instrumentation.openai", reason="run by `./dev thirdparty:run`")
import openai
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

pytestmark = pytest.mark.anyio

MESSAGES: Any = [{"role": "user", "content": "hello there"}]


@pytest.fixture(scope="module")
def spans() -> InMemorySpanExporter:
    """Instrument openai's classes; the check of openai's version is not skipped."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = OpenAIInstrumentor()
    instrumentor.instrument(tracer_provider=provider)  # undoing it restores not all
    assert instrumentor.is_instrumented_by_opentelemetry
    return exporter


@pytest.fixture
def exporter(spans: InMemorySpanExporter) -> InMemorySpanExporter:
    """Return where the spans of one test go."""
    spans.clear()
    return spans


def names(exporter: InMemorySpanExporter) -> list[str]:
    """Return the names of the spans that have ended."""
    return [span.name for span in exporter.get_finished_spans()]


def test_calls_are_traced(exporter: InMemorySpanExporter) -> None:
    """Chat completions, completions, embeddings: the model, the texts, the tokens."""
    client = openai.OpenAI()
    answer = client.chat.completions.create(model="echo-1", messages=MESSAGES)
    client.completions.create(model="echo-1", prompt="one two")
    client.embeddings.create(model="echo-embed-1", input="a")
    assert ["openai.chat", "openai.completion", "openai.embeddings"] == names(exporter)
    attributes = dict(exporter.get_finished_spans()[0].attributes or {})
    assert "echo-1" == attributes["gen_ai.request.model"] == attributes["gen_ai.response.model"]
    assert answer.usage.prompt_tokens == attributes["gen_ai.usage.input_tokens"]
    assert "hello there" in str(attributes)
    assert client.base_url.host in str(attributes)


async def test_asynchronous_calls_are_traced(exporter: InMemorySpanExporter) -> None:
    """As the others."""
    client = openai.AsyncOpenAI()
    await client.chat.completions.create(model="echo-1", messages=MESSAGES)
    await client.completions.create(model="echo-1", prompt="one two")
    await client.embeddings.create(model="echo-embed-1", input="a")
    assert ["openai.chat", "openai.completion", "openai.embeddings"] == names(exporter)


def test_streams_are_traced(exporter: InMemorySpanExporter) -> None:
    """The span ends with the stream, and holds what came."""
    stream = openai.OpenAI().chat.completions.create(model="echo-1", messages=MESSAGES, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert "hello there" == text
    (span,) = exporter.get_finished_spans()
    assert "hello there" in str(dict(span.attributes or {}))


async def test_asynchronous_streams_are_traced(exporter: InMemorySpanExporter) -> None:
    """As the others."""
    stream = await openai.AsyncOpenAI().chat.completions.create(
        model="echo-1", messages=MESSAGES, stream=True
    )
    assert [chunk async for chunk in stream]
    assert ["openai.chat"] == names(exporter)


def test_tools_and_parsed_answers_are_traced(exporter: InMemorySpanExporter) -> None:
    """`parse`, and calls of tools."""
    client = openai.OpenAI()
    client.chat.completions.parse(model="echo-1", messages=MESSAGES)
    tool: Any = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    client.chat.completions.create(
        model="echo-1", messages=MESSAGES, tools=[tool], tool_choice="required"
    )
    assert {"openai.chat"} == set(names(exporter))
    assert "weather" in str(dict(exporter.get_finished_spans()[-1].attributes or {}))


def test_responses_are_traced(exporter: InMemorySpanExporter) -> None:
    """Whole and streamed."""
    client = openai.OpenAI()
    client.responses.create(model="echo-1", input="hello there")
    list(client.responses.create(model="echo-1", input="hello there", stream=True))
    assert ["openai.response", "openai.response"] == names(exporter)


def test_errors_are_traced(exporter: InMemorySpanExporter) -> None:
    """They reach the caller, and stand on the span."""
    with pytest.raises(openai.NotFoundError):
        openai.OpenAI().chat.completions.create(model="nobody", messages=MESSAGES)
    (span,) = exporter.get_finished_spans()
    assert "NotFoundError" in str(span.attributes) + str([e.attributes for e in span.events])


def test_raw_answers_pass(exporter: InMemorySpanExporter) -> None:
    """`with_raw_response` answers as without tracing."""
    raw = openai.OpenAI().chat.completions.with_raw_response.create(
        model="echo-1", messages=MESSAGES
    )
    assert "hello there" == raw.parse().choices[0].message.content
    assert ["openai.chat"] == names(exporter)


def test_uninstrumenting_breaks_nothing(exporter: InMemorySpanExporter) -> None:
    """It looks for methods on modules where none are, and gets along."""
    OpenAIInstrumentor().uninstrument()
    answer = openai.OpenAI().chat.completions.create(model="echo-1", messages=MESSAGES)
    assert "hello there" == answer.choices[0].message.content
