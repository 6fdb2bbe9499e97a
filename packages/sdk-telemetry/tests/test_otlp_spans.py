"""Events as spans, read out of the Protobuf that a collector gets."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry.sinks import OTLPSink, Record

from ._collector import Collector, deliver, record, values

EVENT_ID = "01981c3e-7c00-7d3a-8f52-0b9d6a2f41c7"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
END = 1_763_719_500_250_000_000  # 2025-11-21T10:05:00.250Z


def one(made: Record, **options: Any) -> Any:
    """Return the span of an event, as a collector reads it."""
    with Collector() as collector:
        sink = OTLPSink(collector.url, **options)
        assert [made.number] == deliver(sink, made).delivered
        sink.close(1)
        [span] = collector.spans()
        return span


def test_an_event_becomes_a_genai_span() -> None:
    """Of the conventions' name, kind and attributes; it ends when the event happened."""
    span = one(
        record(
            event_id=EVENT_ID,
            trace_id=TRACE,
            span_id=SPAN,
            prompt=PromptInfo("Hi", 7, [0.5]),
            response=ResponseInfo("Ho", 3, finish_reason="stop"),
            cost_usd=0.25,
            metadata={
                "gen_ai.operation.name": "text_completion",
                "gen_ai.provider.name": "openai",
                "gen_ai.usage.reasoning.output_tokens": "2",
                "gen_ai.response.time_to_first_chunk": "0.125",
                "server.port": "443",
                "region": "eu",
            },
        )
    )
    assert ("text_completion m1", 3) == (span.name, span.kind)  # 3: CLIENT
    assert (END - 250_000_000, END) == (span.start_time_unix_nano, span.end_time_unix_nano)
    assert 0 == span.status.code
    assert {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "m1",
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.reasoning.output_tokens": 2,
        "gen_ai.response.time_to_first_chunk": 0.125,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]',
        "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"Ho"}],'
        '"finish_reason":"stop"}]',
        "server.port": 443,
        "llm.cost_usd": 0.25,
        "llm.event_id": EVENT_ID,
        "metadata.region": "eu",
    } == values(span.attributes)


def test_the_span_stands_below_the_one_that_the_event_names() -> None:
    """In its trace, with an identifier of its own that is made of the event's."""
    span = one(record(event_id=EVENT_ID, trace_id=TRACE, span_id=SPAN))
    assert (TRACE, SPAN, EVENT_ID.replace("-", "")[16:]) == (
        span.trace_id.hex(),
        span.parent_span_id.hex(),
        span.span_id.hex(),
    )


@pytest.mark.parametrize(
    ("trace", "span_id"),
    [
        (None, None),
        ("req-17", "a"),
        ("0" * 32, "0" * 16),
        (TRACE.upper(), SPAN),
        (TRACE + "0", SPAN),
        ("٣" * 32, SPAN),
    ],
)
def test_identifiers_of_another_kind_stand_on_the_span(trace: str | None, span_id: Any) -> None:
    """They are of no trace, so the span begins one of its own, and has no parent."""
    span = one(record(event_id=EVENT_ID, trace_id=trace, span_id=span_id))
    assert (EVENT_ID.replace("-", ""), "") == (span.trace_id.hex(), span.parent_span_id.hex())
    found = values(span.attributes)
    assert (trace, span_id) == (found.get("llm.trace_id"), found.get("llm.span_id"))


def test_a_trace_without_a_span_gets_a_span_at_its_top() -> None:
    """The trace is respected, and no parent is made up."""
    span = one(record(trace_id=TRACE))
    assert (TRACE, b"") == (span.trace_id.hex(), span.parent_span_id)


def test_a_failed_call_is_a_failed_span() -> None:
    """Each error is an event of it, and its kind is named where somebody did."""
    span = one(record(errors=["one", "two"]))
    assert (2, "one") == (span.status.code, span.status.message)
    assert ["one", "two"] == [values(each.attributes)["exception.message"] for each in span.events]
    assert "_OTHER" == values(span.attributes)["error.type"]
    named = one(record(errors=["one"], metadata={"error.type": "timeout"}))
    assert "timeout" == values(named.attributes)["error.type"]


def test_the_program_is_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each service of a batch has its own; the environment and the options add to it."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    with Collector() as collector:
        event = TelemetryEvent("till", "m")
        other = Record(2, event.event_id, event.to_json())
        deliver(OTLPSink(collector.url, resource={"team": "a"}), record(1), other)
        [request] = collector.requests()
    found = [values(each.resource.attributes) for each in request.resource_spans]
    assert ["shop", "till"] == sorted(each["service.name"] for each in found)
    assert {("a", "test")} == {(f["team"], f["deployment.environment.name"]) for f in found}
    assert "sdk_telemetry" == request.resource_spans[0].scope_spans[0].scope.name


def test_the_parser_of_llm_sentinel_finds_its_own_names() -> None:
    """With `mapping="llm"`."""
    made = record(
        event_id=EVENT_ID,
        prompt=PromptInfo("Hi", 7),
        response=ResponseInfo("Ho", 3, finish_reason="stop"),
    )
    assert {
        "llm.model": "m1",
        "llm.prompt": "Hi",
        "llm.prompt.tokens": 7,
        "llm.response": "Ho",
        "llm.response.tokens": 3,
        "llm.response.finish_reason": "stop",
        "llm.latency_ms": 250.0,
        "llm.cost_usd": 0.0,
        "llm.event_id": EVENT_ID,
    } == values(one(made, mapping="llm").attributes)


@pytest.mark.parametrize("mapping", ["gen_ai", "llm"])
def test_no_text_stands_on_spans_where_it_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, mapping: Any
) -> None:
    """By the option, or by the switch of the environment, which wins over it."""
    made = record(prompt=PromptInfo("secret", 7), response=ResponseInfo("secret", 3))
    assert "secret" in str(one(made, mapping=mapping))
    assert "secret" not in str(one(made, mapping=mapping, content=False))
    monkeypatch.setenv("SDK_TELEMETRY_DISABLE_CONTENT", "1")
    assert "secret" not in str(one(made, mapping=mapping, content=True))


def test_metadata_stands_on_spans_as_far_as_it_is_listed() -> None:
    """The conventions' own names always do; what should be a number and is none stays a text."""
    metadata = {
        "region": "eu",
        "user": "ada",
        "server.port": "http",
        "gen_ai.response.time_to_first_chunk": "soon",
    }
    found = values(one(record(metadata=metadata), metadata=["region"]).attributes)
    assert ("eu", "http", "soon") == tuple(
        found[name]
        for name in ("metadata.region", "server.port", "gen_ai.response.time_to_first_chunk")
    )
    assert "metadata.user" not in found


@given(
    metadata=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.text("1٣²x")),
    number=st.integers(0, 2**128 - 1),
    latency=st.floats(0, 1e300),
)
def test_every_event_has_a_span_that_can_be_written(
    metadata: dict[str, str], number: int, latency: float
) -> None:
    """Whatever stands in it."""
    exporter = InMemorySpanExporter()
    made = record(metadata=metadata, event_id=str(UUID(int=number)), latency_ms=latency)
    assert [1] == deliver(OTLPSink(exporter=exporter), made).delivered
    [span] = exporter.get_finished_spans()
    assert span.to_json()
    assert span.start_time is not None
    assert span.end_time is not None
    assert 0 <= span.start_time <= span.end_time


def test_messages_are_json() -> None:
    """What stands in them is read back as it was."""
    text = 'a "quote"\n\u2028 and \U0001f600'
    found = values(one(record(prompt=PromptInfo(text, 1))).attributes)
    [message] = json.loads(found["gen_ai.input.messages"])
    assert text == message["parts"][0]["content"]
