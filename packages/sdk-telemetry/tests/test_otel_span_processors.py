"""Events out of the spans that other instrumentations record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.trace import Status, StatusCode, Tracer

from sdk_telemetry import TelemetryClient
from sdk_telemetry.otel import Spans, TelemetrySpanProcessor
from sdk_telemetry.sinks import MemorySink

from ._consumer import accept

END = 1_800_000_000_000_000_000


class Client:
    """Keeps what it is told, as a client would take it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.left = 0

    def track(self, model: str, prompt: Any = None, response: Any = None, **fields: Any) -> bool:
        """Take an event."""
        self.events.append({"model": model, "prompt": prompt, "response": response, **fields})
        return True

    def flush(self, timeout: float = 30.0) -> int:
        """Return how many events are left."""
        return self.left


class AsyncClient(Client):
    """The same, of the other colour."""

    async def flush(self, timeout: float = 30.0) -> int:  # type: ignore[override]
        """Never be asked for."""
        raise AssertionError


def watching(client: Any, **options: Any) -> TelemetrySpanProcessor:
    """Return a processor that tells a client that is none."""
    return TelemetrySpanProcessor(client, **options)


@pytest.fixture
def client() -> Client:
    """Return a client that keeps what it is told."""
    return Client()


@pytest.fixture
def provider(client: Client) -> Iterator[TracerProvider]:
    """Return a provider whose spans the client is told of."""
    made = TracerProvider(resource=Resource({"service.name": "shop"}))
    made.add_span_processor(watching(client))
    yield made
    made.shutdown()


@pytest.fixture
def tracer(provider: TracerProvider) -> Tracer:
    """Return a tracer of somebody else's instrumentation."""
    return provider.get_tracer("opentelemetry.instrumentation.openai_v2")


def end(tracer: Tracer, attributes: dict[str, Any], *, error: Status | None = None) -> Any:
    """Record a span of 250 milliseconds."""
    span = tracer.start_span("chat m", attributes=attributes, start_time=END - 250_000_000)
    if error is not None:
        span.set_status(error)
    span.end(END)
    return span.get_span_context()


def texts(role: str, text: str) -> str:
    """Return a message as the conventions have it on spans."""
    return json.dumps([{"role": role, "parts": [{"type": "text", "content": text}, 1]}, 2])


def test_a_genai_span_is_tracked_as_an_event(client: Client, tracer: Tracer) -> None:
    """With its ids, its time, its tokens, its texts, and what else it says in the metadata."""
    ids = end(
        tracer,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "m",
            "gen_ai.response.model": "m-1",
            "gen_ai.response.finish_reasons": ["stop", "length"],
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": 3,
            "gen_ai.input.messages": texts("user", "Hi"),
            "gen_ai.output.messages": texts("assistant", "Ho"),
            "llm.cost_usd": 0.5,
        },
    )
    assert [
        {
            "model": "m",
            "prompt": "Hi",
            "response": "Ho",
            "prompt_tokens": 7,
            "response_tokens": 3,
            "finish_reason": "stop,length",
            "latency_ms": 250.0,
            "cost_usd": 0.5,
            "service_name": "shop",
            "metadata": {
                "gen_ai.provider.name": "openai",
                "gen_ai.operation.name": "chat",
                "gen_ai.response.model": "m-1",
            },
            "errors": (),
            "timestamp": datetime.fromtimestamp(END / 1e9, UTC),
            "trace_id": f"{ids.trace_id:032x}",
            "span_id": f"{ids.span_id:016x}",
        }
    ] == client.events


def test_names_of_older_conventions_are_understood(client: Client, tracer: Tracer) -> None:
    """Those of the system, of the tokens, and a model that only the answer names."""
    end(
        tracer,
        {
            "gen_ai.system": "az.ai.openai",
            "gen_ai.response.model": "m",
            "gen_ai.usage.prompt_tokens": 7,
            "gen_ai.usage.completion_tokens": -1,
            "gen_ai.response.finish_reasons": "stop",
            "gen_ai.response.id": 17,
            "gen_ai.input.messages": "{",
            "llm.cost_usd": "much",
        },
    )
    [event] = client.events
    assert ("m", 7, 0, "stop", None, 0.0) == tuple(
        event[name]
        for name in (
            *("model", "prompt_tokens", "response_tokens"),
            *("finish_reason", "prompt", "cost_usd"),
        )
    )
    assert "azure.ai.openai" == event["metadata"]["gen_ai.provider.name"]


@pytest.mark.parametrize(
    ("attributes", "error", "errors"),
    [
        ({"error.type": "timeout"}, StatusCode.ERROR, ("timeout",)),
        ({}, StatusCode.ERROR, ("error",)),
        ({}, None, ()),
    ],
)
def test_a_failed_span_is_an_event_with_an_error(
    client: Client, tracer: Tracer, attributes: dict[str, str], error: Any, errors: Any
) -> None:
    """Named by its kind, as its description may repeat the prompt."""
    given = {"gen_ai.request.model": "m", **attributes}
    end(tracer, given, error=Status(error, "secret prompt") if error else None)
    assert errors == client.events[0]["errors"]


def test_an_exception_on_a_span_names_the_error(client: Client, tracer: Tracer) -> None:
    """By its class."""
    span = tracer.start_span("chat", attributes={"gen_ai.request.model": "m"})
    span.add_event("a thought")
    span.record_exception(ValueError("secret"))
    span.end()
    assert ("ValueError",) == client.events[0]["errors"]


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"gen_ai.operation.name": "chat"},
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.request.model": "m"},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.request.model": "m"},
    ],
)
def test_other_spans_are_left_alone(
    client: Client, tracer: Tracer, attributes: dict[str, str]
) -> None:
    """Those of agents and tools too: they count the tokens of calls again."""
    end(tracer, attributes)
    assert [] == client.events


def test_calls_of_our_own_instrumentation_are_not_told_twice(
    client: Client, provider: TracerProvider
) -> None:
    """Who made the span told the client of the call already."""
    Spans(provider).start(model="m").finish()
    assert [] == client.events


def test_a_service_that_nobody_named_is_left_to_the_client(client: Client) -> None:
    """The SDK's own name for it says nothing."""
    provider = TracerProvider(resource=Resource({"service.name": "unknown_service:python"}))
    provider.add_span_processor(watching(client, operations=["chat"]))
    end(provider.get_tracer("t"), {"gen_ai.request.model": "m"})
    assert client.events[0]["service_name"] is None
    provider.shutdown()


def test_a_span_without_ids_is_an_event_without_ids(client: Client) -> None:
    """Such as one that a test made by hand."""
    span = ReadableSpan("chat", attributes={"gen_ai.request.model": "m"})
    watching(client).on_end(span)
    assert "trace_id" not in client.events[0]


def test_what_a_real_client_makes_of_a_span_is_accepted_by_the_consumer() -> None:
    """From somebody's span to the bytes that a sink gets; texts go the way of all texts."""
    memory = MemorySink()
    with TelemetryClient(sinks=[memory], service_name="shop") as client:
        provider = TracerProvider()
        provider.add_span_processor(TelemetrySpanProcessor(client))
        ids = end(
            provider.get_tracer("t"),
            {
                "gen_ai.request.model": "m",
                "gen_ai.operation.name": "chat",
                "gen_ai.usage.input_tokens": 7,
                "gen_ai.input.messages": texts("user", "secret"),
            },
        )
        assert provider.force_flush()
        [record] = memory.records
        provider.shutdown()
    event = accept(record.payload)
    assert ("m", "shop", 250.0, f"{ids.trace_id:032x}", 7, "") == (
        *(event[name] for name in ("model", "service_name", "latency_ms", "trace_id")),
        event["prompt"]["tokens"],
        event["prompt"]["text"],
    )


def test_a_flush_of_the_provider_flushes_the_client() -> None:
    """It has failed while events are left; an asynchronous client flushes itself, in its loop."""
    client = Client()
    processor = watching(client)
    assert processor.force_flush(10)
    client.left = 1
    assert not processor.force_flush(10)
    assert watching(AsyncClient()).force_flush(10)
