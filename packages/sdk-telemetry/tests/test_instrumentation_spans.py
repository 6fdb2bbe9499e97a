"""Spans of instrumented calls, as OpenTelemetry's own SDK sees them."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sdk_core.testing import response
from sdk_telemetry.otel import Spans

from ._observed import HELLO, chat, chunk, done, faked, items, sse, telling

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {"model": "gpt-4o", "messages": HELLO, "temperature": 0.5}


def spans_of(**options: Any) -> tuple[Spans, InMemorySpanExporter]:
    """Return what makes spans, and where they can be read."""
    provider, kept = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return Spans(provider, **options), kept


async def test_a_call_is_a_span_and_an_event_of_the_same_trace(colour: str) -> None:
    """The server is told of the trace, too."""
    spans, kept = spans_of()
    with telling() as told:
        client, transport = faked(colour, told, [response(json=chat())], spans=spans)
        await done(client.chat.completions.create(**ASKED))
        event = told.event
    (span,) = kept.get_finished_spans()
    assert span.context is not None
    assert event.trace_id == f"{span.context.trace_id:032x}"
    assert event.span_id == f"{span.context.span_id:016x}"
    sent = transport.requests[0].headers["traceparent"]
    assert sent.split("-")[1:3] == [event.trace_id, event.span_id]
    assert span.name == "chat gpt-4o"
    assert span.attributes is not None
    assert span.attributes["gen_ai.usage.input_tokens"] == 1000
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)
    assert span.attributes["gen_ai.request.temperature"] == 0.5


async def test_a_trace_that_the_caller_names_is_left_alone(colour: str) -> None:
    """What stands in the request's headers counts."""
    spans, _ = spans_of()
    given = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with telling() as told:
        client, transport = faked(colour, told, [response(json=chat())], spans=spans)
        await done(client.chat.completions.create(**ASKED, extra_headers=given))
    assert transport.requests[0].headers["traceparent"] == given["traceparent"]


async def test_a_span_lasts_as_long_as_its_stream(colour: str) -> None:
    """And ends with the kind of error, if there was one."""
    spans, kept = spans_of()
    answers = [
        sse(chunk({"content": "a"}), chunk(finish="stop")),
        response(429, json={"error": {}}),
    ]
    with telling() as told:
        client, _ = faked(colour, told, answers, spans=spans)
        stream = await done(client.chat.completions.create(**ASKED, stream=True))
        assert kept.get_finished_spans() == ()
        await items(stream)
        assert len(kept.get_finished_spans()) == 1
        with pytest.raises(Exception, match="429"):
            await done(client.chat.completions.create(**ASKED))
    _, refused = kept.get_finished_spans()
    assert refused.attributes is not None
    assert refused.attributes["error.type"] == "RateLimitError"


async def test_texts_on_spans_are_redacted(colour: str) -> None:
    """They stand there only if both spans and redaction keep them."""
    said = [{"role": "user", "content": "I am bob@example.com"}]
    for redaction, shown in (("full", True), ("none", False)):
        spans, kept = spans_of(content=True)
        with telling(redaction=redaction) as told:
            client, _ = faked(
                colour, told, [response(json=chat("hi bob@example.com"))], spans=spans
            )
            await done(client.chat.completions.create(model="m", messages=said))
        (span,) = kept.get_finished_spans()
        everything = str(dict(span.attributes or {}))
        assert ("I am [email]" in everything) is shown
        assert ("hi [email]" in everything) is shown
        assert "bob" not in everything
