"""Spans and metrics of calls, by OpenTelemetry's API, read back by its SDK."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import attrs
import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision, Sampler

from sdk_core.errors import ConfigurationError
from sdk_telemetry import otel
from sdk_telemetry.otel import Call, Spans, current_ids

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"


@attrs.frozen
class Kept:
    """Providers of the SDK that keep in memory what they are told."""

    tracers: TracerProvider
    meters: MeterProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self, **options: Any) -> Spans:
        """Return what makes spans for these providers."""
        return Spans(self.tracers, self.meters, **options)

    @property
    def span(self) -> ReadableSpan:
        """The only span that ended."""
        [span] = self.exporter.get_finished_spans()
        return span

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the only span that ended."""
        return self.span.attributes or {}

    def points(self) -> dict[str, list[Any]]:
        """Return the data points of every metric."""
        data = self.reader.get_metrics_data()
        found: dict[str, list[Any]] = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = list(metric.data.data_points)
        return found


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Return providers that keep everything in memory."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    tracers = TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(exporter))
    made = Kept(tracers, MeterProvider([reader]), exporter, reader)
    yield made
    made.tracers.shutdown()
    made.meters.shutdown()


def test_a_call_becomes_a_client_span_of_the_conventions(kept: Kept) -> None:
    """Its name, its kind and every attribute are theirs."""
    call = kept.spans().start(
        "chat",
        provider="openai",
        model="gpt-5",
        server_address="api.openai.com",
        server_port=443,
        request={"temperature": 0.5, "stop": "END", "max_tokens": None, "choice_count": 1, "x": 2},
    )
    call.finish(
        response_model="gpt-5-2026",
        response_id="r-1",
        finish_reasons=["stop"],
        input_tokens=7,
        output_tokens=3,
        cached_tokens=2,
        cache_creation_tokens=1,
        reasoning_tokens=1,
        cost_usd=0.25,
        event_id="e-1",
    )
    assert ("chat gpt-5", trace.SpanKind.CLIENT) == (kept.span.name, kept.span.kind)
    assert {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-5",
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.stop_sequences": ("END",),
        "gen_ai.response.model": "gpt-5-2026",
        "gen_ai.response.id": "r-1",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.usage.output_tokens": 3,
        "gen_ai.usage.cache_read.input_tokens": 2,
        "gen_ai.usage.cache_creation.input_tokens": 1,
        "gen_ai.usage.reasoning.output_tokens": 1,
        "llm.cost_usd": 0.25,
        "llm.event_id": "e-1",
        "server.address": "api.openai.com",
        "server.port": 443,
    } == dict(kept.attributes)


def test_a_request_says_what_it_asks_for_as_the_conventions_type_it(kept: Kept) -> None:
    """Lists become lists of strings, and what has no form there is left out."""
    request = {"stop": ["a", "b"], "choice_count": 2, "encoding_formats": 5, "seed": {"no": "int"}}
    kept.spans().start("chat", server_address="localhost", request=request).finish()
    assert ("a", "b") == kept.attributes["gen_ai.request.stop_sequences"]
    assert 2 == kept.attributes["gen_ai.request.choice.count"]
    assert not {"gen_ai.request.seed", "gen_ai.request.encoding_formats", "server.port"} & set(
        kept.attributes
    )
    assert "chat" == kept.span.name


@pytest.mark.parametrize(
    ("opted", "system"), [("", "xai"), ("http", "xai"), ("http, gen_ai_latest_experimental", None)]
)
def test_who_opts_in_gets_the_latest_names_alone(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, opted: str, system: str | None
) -> None:
    """The name that was replaced stands beside the new one until then, with the value of its time."""
    monkeypatch.setenv(OPT_IN, opted)
    kept.spans().start(provider="x_ai", model="grok").finish()
    assert ("x_ai", system) == (
        kept.attributes["gen_ai.provider.name"],
        kept.attributes.get("gen_ai.system"),
    )


def test_metrics_count_time_tokens_and_cost(kept: Kept) -> None:
    """By operation, provider and model, with the buckets that the conventions advise."""
    spans = kept.spans()
    for error in (None, "timeout"):
        call = spans.start(provider="openai", model="m", stream=True)
        call.chunk()
        call.chunk()
        call.chunk()
        call.finish(
            response_model="m-1", input_tokens=7, output_tokens=3, cost_usd=0.5, error=error
        )
    points = kept.points()
    labels = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "m",
    }
    answered = {**labels, "gen_ai.response.model": "m-1"}
    good, bad = points["gen_ai.client.operation.duration"]
    assert (answered, {**answered, "error.type": "timeout"}) == (good.attributes, bad.attributes)
    assert (0.01, 0.02, 0.04, 81.92) == (*good.explicit_bounds[:3], good.explicit_bounds[-1])
    used = points["gen_ai.client.token.usage"]
    assert {("input", 2, 14), ("output", 2, 6)} == {
        (point.attributes["gen_ai.token.type"], point.count, point.sum) for point in used
    }
    assert (1, 4, 67_108_864) == (*used[0].explicit_bounds[:2], used[0].explicit_bounds[-1])
    [first] = points["gen_ai.client.operation.time_to_first_chunk"]
    [each] = points["gen_ai.client.operation.time_per_output_chunk"]
    [cost] = points["llm.client.cost"]
    assert (labels, 2, 4, 1.0) == (first.attributes, first.count, each.count, cost.value)


def test_a_stream_tells_when_its_first_chunk_came(kept: Kept) -> None:
    """In seconds, on the span."""
    call = kept.spans().start(model="m", stream=True)
    call.chunk()
    call.finish()
    assert True is kept.attributes["gen_ai.request.stream"]
    assert 0 <= kept.attributes["gen_ai.response.time_to_first_chunk"] < 60


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("rate_limited", "rate_limited"),
        (ValueError("secret prompt"), "ValueError"),
        (ConfigurationError("secret prompt"), "sdk_core.errors.ConfigurationError"),
    ],
)
def test_a_failure_is_named_by_its_kind_alone(kept: Kept, error: Any, kind: str) -> None:
    """Its message may repeat the prompt, so the span does not have it."""
    kept.spans().start(model="m").finish(error=error)
    assert (kind, "ERROR", kind) == (
        kept.attributes["error.type"],
        kept.span.status.status_code.name,
        kept.span.status.description,
    )
    assert "secret" not in kept.span.to_json()


MESSAGES: dict[str, Any] = {
    "input_messages": [("user", "Hi"), {"role": "tool", "content": [{"text": "4"}, {"id": 1}]}],
    "output_messages": [{"role": "assistant", "parts": [{"type": "text", "content": "Ho"}]}],
    "finish_reasons": ["stop"],
    "system": "Be kind.",
    "tools": [{"name": "add", "made": object}],
}


@pytest.mark.parametrize("said", ["SPAN_ONLY", "span_and_event", "true"])
def test_texts_stand_on_spans_where_the_environment_allows_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """In the form of the conventions, which is JSON of roles and parts."""
    monkeypatch.setenv(CAPTURE, said)
    kept.spans().start(model="m").finish(**MESSAGES)
    found = {
        name: json.loads(value)
        for name, value in kept.attributes.items()
        if "messages" in name or "instructions" in name
    }
    assert {
        "gen_ai.input.messages": [
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
            {"role": "tool", "parts": [{"type": "text", "content": "4"}, {"id": 1}]},
        ],
        "gen_ai.output.messages": [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": "Ho"}],
                "finish_reason": "stop",
            }
        ],
        "gen_ai.system_instructions": [{"type": "text", "content": "Be kind."}],
    } == found
    assert "add" in str(kept.attributes["gen_ai.tool.definitions"])


@pytest.mark.parametrize("said", ["", "NO_CONTENT", "EVENT_ONLY", "maybe"])
def test_no_text_stands_on_spans_unless_somebody_allows_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """That is the default, and what any other value means."""
    monkeypatch.setenv(CAPTURE, said)
    kept.spans().start(model="m").finish(**MESSAGES)
    assert not [name for name in kept.attributes if "messages" in name or "tool" in name]


def test_the_hard_switch_wins_over_code(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SDK_TELEMETRY_DISABLE_CONTENT=1` cannot be overridden."""
    monkeypatch.setenv("SDK_TELEMETRY_DISABLE_CONTENT", "1")
    assert not kept.spans(content=True).content
    monkeypatch.setenv("SDK_TELEMETRY_DISABLE_CONTENT", "0")
    assert kept.spans(content=True).content


@pytest.mark.parametrize("messages", [[], [1], [{"content": 5}]])
def test_messages_that_are_none_are_left_out(kept: Kept, messages: Any) -> None:
    """The span is made all the same."""
    kept.spans(content=True).start(model="m").finish(input_messages=messages)
    assert "gen_ai.input.messages" not in kept.attributes


def test_what_json_cannot_say_is_null(kept: Kept) -> None:
    """Tools may be anything."""
    tools: list[object] = []
    tools.append(tools)
    kept.spans(content=True).start(model="m").finish(tools=tools)
    assert "null" == kept.attributes["gen_ai.tool.definitions"]


def test_the_trace_goes_on_at_the_server(kept: Kept) -> None:
    """The request carries the span as its parent, below the one that the application is in."""
    with kept.tracers.get_tracer("app").start_as_current_span("outer") as outer:
        call = kept.spans().start(model="m")
        ids = current_ids()
    head, flags = call.headers()["traceparent"].rsplit("-", 1)
    assert (f"00-{call.trace_id}-{call.span_id}", 1) == (head, int(flags, 16) & 1)
    call.finish()
    inner = kept.exporter.get_finished_spans()[-1]
    assert inner.parent == outer.get_span_context()
    assert ids == (call.trace_id, f"{outer.get_span_context().span_id:016x}")
    assert current_ids() is None


def test_a_call_can_be_the_current_span(kept: Kept) -> None:
    """What the HTTP client records then stands below it, and what it raises is not told twice."""
    call = kept.spans().start(model="m")

    def fail() -> None:
        with call.current():
            assert current_ids() == (call.trace_id, call.span_id)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    call.finish(error="KeyError")
    assert () == tuple(kept.span.events)


def test_a_call_ends_once(kept: Kept) -> None:
    """A second end, such as of a stream that was left, does nothing."""
    call = kept.spans().start(model="m")
    call.finish(input_tokens=1)
    call.finish(input_tokens=2)
    assert 1 == kept.attributes["gen_ai.usage.input_tokens"]
    assert 1 == kept.points()["gen_ai.client.operation.duration"][0].count


def test_a_span_that_is_not_sampled_is_counted() -> None:
    """Its ids go to the server, and its duration to the metrics."""
    reader = InMemoryMetricReader()
    meters, tracers = MeterProvider([reader]), TracerProvider(ALWAYS_OFF)
    call = Spans(tracers, meters).start(model="m")
    assert not call.recording
    assert 0 == int(call.headers()["traceparent"][-2:], 16) & 1  # sampled (W3C, section 2.3.2.3)
    call.finish()
    assert reader.get_metrics_data() is not None
    meters.shutdown()


class Broken(Sampler, SpanProcessor):
    """A sampler, or a processor, that fails."""

    def should_sample(self, *given: Any, **options: Any) -> Any:
        """Fail."""
        raise RuntimeError

    def get_description(self) -> str:
        """Return a name."""
        return Decision.DROP.name

    def on_end(self, span: ReadableSpan) -> None:
        """Fail."""
        raise RuntimeError


def test_what_the_application_added_to_its_sdk_breaks_no_call() -> None:
    """Neither a sampler nor a span processor of it that raises."""
    assert type(Spans(TracerProvider(Broken())).start(model="m")) is Call
    tracers = TracerProvider()
    tracers.add_span_processor(Broken())
    call = Spans(tracers).start(model="m")
    call.finish()
    assert call.recording


def run(program: str) -> None:
    """Run a program in an interpreter of its own, as providers are global."""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True, timeout=60)


def test_an_application_without_opentelemetry_stays_so() -> None:
    """Nothing of it is imported, and nothing is recorded."""
    run("""
import sys
from sdk_telemetry.otel import Call, Spans, current_ids
call = Spans().start("chat", model="m")
assert type(call) is Call and call.headers() == {} and current_ids() is None
with call.current():
    call.chunk()
call.finish(error="x")
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
""")


def test_spans_begin_with_the_sdk_of_the_application() -> None:
    """Without one there is nothing but the parent that came from elsewhere, which goes on."""
    run("""
from opentelemetry import metrics, trace
from sdk_telemetry.otel import Call, Spans
spans = Spans()
assert type(spans.start("chat")) is Call
parent = trace.SpanContext(1, 2, True, trace.TraceFlags(1))
with trace.use_span(trace.NonRecordingSpan(parent)):
    assert spans.start("chat").headers() == {"traceparent": f"00-{1:032x}-{2:016x}-01"}
from opentelemetry.sdk.trace import TracerProvider
trace.set_tracer_provider(TracerProvider())
assert spans.start("chat").recording
""")


def test_metrics_alone_are_enough() -> None:
    """An application may have a meter provider and no tracer provider."""
    run("""
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from sdk_telemetry.otel import Spans
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider([reader]))
call = Spans().start("chat")
assert not call.recording and call.trace_id is None and call.headers() == {}
call.finish()
assert "operation.duration" in reader.get_metrics_data().to_json()
metrics.get_meter_provider().shutdown()
""")


def test_an_sdk_that_the_environment_names_is_found() -> None:
    """The API loads it when it is asked."""
    run("""
import os
os.environ["OTEL_PYTHON_TRACER_PROVIDER"] = "sdk_tracer_provider"
from sdk_telemetry.otel import Spans
assert Spans().start("chat").recording
""")


def test_without_the_package_nothing_is_recorded() -> None:
    """Even where the environment asks for it; what needs the SDK says what to install."""
    run("""
import os, sys
os.environ["OTEL_PYTHON_TRACER_PROVIDER"] = "sdk_tracer_provider"
sys.modules["opentelemetry"] = None
from sdk_telemetry import otel
from sdk_telemetry.errors import ConfigurationError
assert type(otel.Spans().start("chat")) is otel.Call
try:
    otel.TelemetrySpanProcessor
except ConfigurationError as error:
    assert "sdk-telemetry[otlp]" in str(error)
""")


def test_the_module_has_no_other_names() -> None:
    """A misspelt one is an `AttributeError`, as of any module."""
    with pytest.raises(AttributeError, match="Spams"):
        _ = otel.Spams
