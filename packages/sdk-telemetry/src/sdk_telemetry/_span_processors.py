"""Events out of the spans of others; imported where OpenTelemetry's SDK is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.trace import StatusCode

from . import _semconv as names
from ._messages import text_of
from ._recorded_calls import SCOPE

if TYPE_CHECKING:
    from .clients import AsyncTelemetryClient, TelemetryClient

__all__ = ["TelemetrySpanProcessor"]

CALLS = frozenset({"chat", "embeddings", "generate_content", "text_completion"})
"""Operations that ask a model. Spans of agents and workflows count the tokens of these again."""

_KEPT = (
    names.OPERATION,
    names.RESPONSE_MODEL,
    names.RESPONSE_ID,
    names.FIRST_CHUNK,
    names.CACHED_TOKENS,
    names.CACHE_CREATION_TOKENS,
    names.REASONING_TOKENS,
    names.SERVER_ADDRESS,
    names.ERROR_TYPE,
)


class TelemetrySpanProcessor(SpanProcessor):
    """
    Track, for each GenAI span that ends, the call that it tells of.

    Add it to the tracer provider of an application that other instrumentations write spans in:
    ``provider.add_span_processor(TelemetrySpanProcessor(client))``. Spans of this package's own
    instrumentation are left out, as the client was told of those calls already. Texts that stand
    on spans go the way of all texts: the client's redaction decides on them.

    Args:
        client: What takes the events. It is flushed with the provider and not closed with it.
        operations: Values of ``gen_ai.operation.name`` that are calls of a model. A span without
            one counts if it names a model.
    """

    def __init__(
        self, client: TelemetryClient | AsyncTelemetryClient, *, operations: Collection[str] = CALLS
    ) -> None:
        self._client = client
        self._operations = frozenset(operations)
        self._flushes = not iscoroutinefunction(client.flush)

    def on_end(self, span: ReadableSpan) -> None:
        """Track a span's call; called by the SDK on the thread that ended the span."""
        scope = span.instrumentation_scope
        if scope is not None and scope.name == SCOPE:
            return
        given = span.attributes or {}
        model = given.get(names.REQUEST_MODEL) or given.get(names.RESPONSE_MODEL)
        if model is None or given.get(names.OPERATION, "chat") not in self._operations:
            return
        self._client.track(str(model), **_fields(span, given))

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Flush the client; an asynchronous one flushes itself, in its own loop."""
        return not (self._flushes and self._client.flush(timeout_millis / 1_000))


def _fields(span: ReadableSpan, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `track` takes beside the model; see its parameters."""
    start, end = span.start_time or 0, span.end_time or 0
    service = span.resource.attributes.get("service.name")
    # The SDK's own answer where nobody said it: `unknown_service:python`.
    known = isinstance(service, str) and not service.startswith("unknown_service")
    reasons = given.get(names.FINISH_REASONS, ())
    fields: dict[str, Any] = {
        "prompt": text_of(given.get(names.INPUT_MESSAGES)) or None,
        "response": text_of(given.get(names.OUTPUT_MESSAGES)) or None,
        "prompt_tokens": _count(given, names.INPUT_TOKENS, names.OLD_INPUT_TOKENS),
        "response_tokens": _count(given, names.OUTPUT_TOKENS, names.OLD_OUTPUT_TOKENS),
        "finish_reason": ",".join(map(str, reasons))
        if isinstance(reasons, (list, tuple))
        else str(reasons),
        "latency_ms": max(0, end - start) / 1e6,
        "cost_usd": _cost(given.get(names.COST)),
        "service_name": service if known else None,
        "metadata": dict(_metadata(given)),
        "errors": tuple(_errors(span, given)),
        "timestamp": datetime.fromtimestamp(end / 1e9, UTC),
    }
    context = span.get_span_context()
    if context is not None and context.is_valid:
        fields["trace_id"] = f"{context.trace_id:032x}"
        fields["span_id"] = f"{context.span_id:016x}"
    return fields


def _count(given: Mapping[str, Any], *keys: str) -> int:
    found = next((given[key] for key in keys if key in given), 0)
    return found if isinstance(found, int) and found > 0 else 0


def _cost(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and value > 0 else 0.0


def _metadata(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if provider := names.Provider.read(given):
        yield names.PROVIDER, provider
    for key in _KEPT:
        if key in given:
            yield key, str(given[key])


def _errors(span: ReadableSpan, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what went wrong, by its kind: a message may repeat what was sent."""
    if names.ERROR_TYPE in given:
        yield str(given[names.ERROR_TYPE])
    elif kinds := [
        str(event.attributes["exception.type"])
        for event in span.events
        if event.attributes and "exception.type" in event.attributes
    ]:
        yield from kinds
    elif span.status.status_code is StatusCode.ERROR:
        yield "error"
