"""Events as spans, read out of the Protobuf that a collector gets."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from sdk_core.errors import ConfigurationError
from sdk_core.testing import ExampleServer, Received
from sdk_telemetry import TelemetryClient
from sdk_telemetry.errors import SendError, SinkAuthenticationError, SinkConnectionError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry.sinks import OTLPSink, Record

EVENT_ID = "01981c3e-7c00-7d3a-8f52-0b9d6a2f41c7"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OK = {"status": 200, "text": "", "type": "application/x-protobuf"}
END = 1_763_719_500_250_000_000  # 2025-11-21T10:05:00.250Z


def record(number: int = 1, **changes: Any) -> Record:
    """Return an event as the pipeline hands it to sinks."""
    options: dict[str, Any] = {
        "prompt": PromptInfo("", 7),
        "response": ResponseInfo("", 3),
        "timestamp": "2025-11-21T10:05:00.250Z",
        "latency_ms": 250.0,
    }
    event = TelemetryEvent("shop", f"m{number}", **{**options, **changes})
    return Record(number, event.event_id, event.to_json())


class Settled(dict[int, SendError | None]):
    """Keeps what the sink says of records."""

    def __call__(self, records: Sequence[Record], error: SendError | None) -> None:
        """Take what became of some."""
        for each in records:
            assert each.number not in self
            self[each.number] = error

    @property
    def delivered(self) -> list[int]:
        """The numbers of those that arrived."""
        return sorted(number for number, error in self.items() if error is None)


def deliver(sink: OTLPSink, *records: Record) -> Settled:
    """Hand in records and return what became of them, which is said of the first ones at once."""
    settled = Settled()
    taken = sink.deliver(records, settled)
    assert set(settled) == {each.number for each in records[:taken]}
    return settled


class Collector(ExampleServer):
    """Answers in turn, the last one again and again, and decodes what it gets."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = deque(answers or (OK,))

    def answer(self, call: Received) -> Mapping[str, Any]:
        """Return the next answer."""
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    def requests(self) -> list[Any]:
        """Return the requests, decoded."""
        return [
            ExportTraceServiceRequest.FromString(
                gzip.decompress(call.body) if "content-encoding" in call.headers else call.body
            )
            for call in self.calls
        ]

    def spans(self) -> list[Any]:
        """Return the spans of all requests."""
        return [
            span
            for request in self.requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def values(attributes: Any) -> dict[str, Any]:
    """Return attributes of Protobuf as Python has them."""

    def value(each: Any) -> Any:
        kind = each.WhichOneof("value")
        held = getattr(each, kind)
        return [value(item) for item in held.values] if kind == "array_value" else held

    return {each.key: value(each.value) for each in attributes}


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


def test_what_a_client_tracks_is_a_span_of_the_collector() -> None:
    """From `track` to the Protobuf; the call's own trace goes on."""
    with Collector() as collector:
        sink = OTLPSink(collector.url)
        with TelemetryClient(sinks=[sink], service_name="shop", redaction="full") as client:
            assert client.track("m", "Hi", "Ho", prompt_tokens=7, trace_id=TRACE, span_id=SPAN)
            assert 0 == client.flush(30)
            assert (1, 1) == (client.stats().accepted, client.stats().delivered)
        [span] = collector.spans()
    assert (TRACE, SPAN) == (span.trace_id.hex(), span.parent_span_id.hex())
    assert "Hi" in values(span.attributes)["gen_ai.input.messages"]


# How batches go


def test_batches_are_as_large_as_they_may_be() -> None:
    """By their number, and by their bytes; the rest is left to the lane."""
    with Collector() as collector:
        sink = OTLPSink(collector.url, batch_events=3)
        assert 3 == len(deliver(sink, *map(record, range(5))))
        large = [record(n, errors=["x" * 1_500_000]) for n in range(4)]
        assert 2 == len(deliver(sink, *large))
        huge = record(1, errors=["x" * 5_000_000])
        assert 1 == len(deliver(sink, huge, record(2)))


def test_the_collector_gets_what_the_options_say() -> None:
    """Its path, its headers, and the compression."""
    with Collector() as collector:
        deliver(OTLPSink(f"{collector.url}/", headers={"x-team": "t"}), record())
        deliver(OTLPSink(f"{collector.url}/otlp", compression="none"), record())
        first, second = collector.calls
    assert ("/v1/traces", "gzip", "t") == (
        first.path,
        first.headers["content-encoding"],
        first.headers["x-team"],
    )
    assert ("/otlp", False) == (second.path, "content-encoding" in second.headers)
    assert "application/x-protobuf" == second.headers["content-type"]


def test_the_environment_says_where_the_collector_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every exporter of OpenTelemetry."""
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert [1] == deliver(OTLPSink(), record()).delivered
        assert "/v1/traces" == collector.calls[0].path


def test_an_event_that_cannot_be_read_fails_alone() -> None:
    """Its batch-mates arrive."""
    with Collector() as collector:
        settled = deliver(OTLPSink(collector.url), record(1), Record(2, "x", b"{}"), record(3))
        assert ([1, 3], False) == (settled.delivered, getattr(settled[2], "retryable", None))
        assert [2] == list(deliver(OTLPSink(collector.url), Record(2, "x", b"{}")))


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(429, True), (502, True), (503, True), (504, True), (500, True), (404, False), (400, False)],
)
def test_a_refusal_is_repeated_where_that_makes_sense(status: int, retryable: bool) -> None:
    """Not by the exporter but by the lane, which is told how long to wait."""
    refusal = {"status": status, "headers": {"retry-after": "7"}}
    with Collector(refusal) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert error is not None
        assert (retryable, 7.0, 1) == (error.retryable, error.retry_after, len(collector.calls))


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("Fri, 21 Nov 2025 10:05:00 GMT", 0, 0),
        ("Fri, 21 Nov 2999 10:05:00 GMT", 1e9, 1e11),
        ("soon", None, None),
    ],
)
def test_a_wait_may_be_said_as_a_date(said: str, low: Any, high: Any) -> None:
    """One that has passed is none; what is neither is ignored."""
    with Collector({"status": 503, "headers": {"retry-after": said}}) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert error is not None
        wait = error.retry_after
        assert wait is low if low is None or wait is None else low <= wait <= high


def test_who_is_not_known_is_not_heard_again() -> None:
    """A wrong key in the headers."""
    with Collector({"status": 401}) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert isinstance(error, SinkAuthenticationError)
        assert not error.retryable


def test_a_batch_that_is_too_large_is_divided() -> None:
    """Until the halves are taken; what fails behind that is left to the lane."""
    with Collector({"status": 413}, OK, {"status": 503}) as collector:
        settled = deliver(OTLPSink(collector.url), *map(record, range(4)))
        assert [0, 1] == settled.delivered
        assert [2, 3] == [number for number, error in settled.items() if error and error.retryable]


def test_a_collector_that_is_not_there_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The message says which, and no path or query of it."""
    with caplog.at_level(logging.CRITICAL):
        sink = OTLPSink("http://127.0.0.1:9/?key=secret")
        [error] = deliver(sink, record()).values()
    assert isinstance(error, SinkConnectionError)
    assert (True, "127.0.0.1 did not take spans: ConnectionError") == (error.retryable, str(error))
    assert "secret" not in repr(sink)


def test_spans_that_the_collector_does_not_keep_have_failed() -> None:
    """It says how many and not which, and the protocol forbids to send them again."""
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="no room")
    )
    answer = {"status": 200, "text": partial.SerializeToString().decode(), "type": "x/y"}
    with Collector(answer) as collector:
        settled = deliver(OTLPSink(collector.url), *map(record, range(5)))
        assert [0, 1, 2] == settled.delivered
        assert "2 spans of a batch" in str(settled[3])
        assert [False, False] == [error.retryable for error in settled.values() if error]


def test_a_success_that_is_no_protobuf_is_a_success() -> None:
    """Some answer with JSON."""
    with Collector({"status": 200, "json": {"ok": True}}) as collector:
        assert [1] == deliver(OTLPSink(collector.url), record()).delivered


class Failing(SpanExporter):
    """An exporter that does not export."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Fail, in one way or the other."""
        if self.error is not None:
            raise self.error
        return SpanExportResult.FAILURE


@pytest.mark.parametrize("error", [None, ValueError("secret")])
def test_what_another_exporter_does_not_take_is_tried_again(error: Exception | None) -> None:
    """Whether it says so or raises; it is shut down with the sink."""
    exporter = Failing(error)
    sink = OTLPSink(exporter=exporter)
    [failure] = deliver(sink, record()).values()
    assert failure is not None
    assert (True, False) == (failure.retryable, "secret" in str(failure))
    sink.forget()
    sink.close(1)


def test_a_forked_child_has_connections_of_its_own() -> None:
    """The parent's stay the parent's."""
    with Collector() as collector:
        sink = OTLPSink(collector.url)
        deliver(sink, record())
        sink.forget()
        assert [1] == deliver(sink, record()).delivered


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": "collector:4318"}, "`endpoint`"),
        ({"mapping": "openinference"}, "`mapping`"),
        ({"compression": "zstd"}, "`compression`"),
        ({"batch_events": 0}, "`batch_events`"),
        ({"certificate": "x"}, "certificate"),
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(options: dict[str, Any], words: str) -> None:
    """By its name."""
    with pytest.raises(ConfigurationError, match=words):
        OTLPSink(**options)


@pytest.mark.parametrize("missing", ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp"])
def test_without_the_extra_there_is_no_such_sink(missing: str) -> None:
    """The message says what to install."""
    program = f"""
import sys
sys.modules[{missing!r}] = None
from sdk_telemetry.errors import ConfigurationError
from sdk_telemetry.sinks import OTLPSink
try:
    OTLPSink()
except ConfigurationError as error:
    assert "sdk-telemetry[otlp]" in str(error)
else:
    raise SystemExit("made")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_messages_are_json() -> None:
    """What stands in them is read back as it was."""
    text = 'a "quote"\n\u2028 and \U0001f600'
    found = values(one(record(prompt=PromptInfo(text, 1))).attributes)
    [message] = json.loads(found["gen_ai.input.messages"])
    assert text == message["parts"][0]["content"]
