"""Calls that somebody records: spans and metrics by OpenTelemetry's API. Imported where it is used."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, suppress

from opentelemetry import metrics, propagate, trace
from opentelemetry.util.types import AttributeValue

from . import _semconv as names
from .__about__ import __version__
from ._messages import to_json, written
from .otel import Call

__all__ = ["SCOPE", "Instruments", "RecordedCall"]

SCOPE = "sdk_telemetry"
"""Name of the instrumentation, by which its own spans are known."""

_Attributes = dict[str, AttributeValue]


class Instruments:
    """
    Hold a tracer and the instruments of a meter.

    Args:
        tracers: Where spans go; None for the application's own.
        meters: Where metrics go; None for the application's own.
        version: Which names of the conventions.
        content: Texts may stand on spans.
    """

    def __init__(
        self,
        tracers: trace.TracerProvider | None,
        meters: metrics.MeterProvider | None,
        *,
        version: str,
        content: bool,
    ) -> None:
        self.content = content
        self._version = version
        self._providers: dict[str, dict[str, str]] = {}
        self._tracer = trace.get_tracer(SCOPE, __version__, tracers)
        meter = metrics.get_meter(SCOPE, __version__, meters)

        def histogram(name: str, unit: str, description: str) -> metrics.Histogram:
            return meter.create_histogram(
                name,
                unit,
                description,
                explicit_bucket_boundaries_advisory=names.BOUNDARIES[name],
            )

        self.duration = histogram(names.DURATION, "s", "How long calls took.")
        self.tokens = histogram(names.TOKEN_USAGE, "{token}", "Tokens of calls, by their type.")
        self.first_chunk = histogram(
            names.TIME_TO_FIRST_CHUNK, "s", "From the start of a call to the first piece."
        )
        self.output_chunk = histogram(
            names.TIME_PER_OUTPUT_CHUNK, "s", "From each piece of an answer to the next."
        )
        self.cost = meter.create_counter(names.COST_COUNTER, "{USD}", "What calls cost.")

    def start(
        self,
        operation: str,
        provider: str,
        model: str,
        stream: bool,
        server_address: str,
        server_port: int | None,
        request: Mapping[str, object] | None,
    ) -> RecordedCall:
        """Begin a span; see `Spans.start`."""
        attributes: _Attributes = {names.OPERATION: operation, **self._provider(provider)}
        if model:
            attributes[names.REQUEST_MODEL] = model
        if server_address:
            attributes[names.SERVER_ADDRESS] = server_address
            if server_port is not None:
                attributes[names.SERVER_PORT] = server_port
        # What metrics are told apart by: few values each, and known from the start.
        labels = dict(attributes)
        if stream:
            attributes[names.REQUEST_STREAM] = True
        if request:
            attributes.update(_asked(request))
        span = self._tracer.start_span(
            f"{operation} {model}" if model else operation,
            kind=trace.SpanKind.CLIENT,
            attributes=attributes,
        )
        return RecordedCall(self, span, labels)

    def _provider(self, name: str) -> dict[str, str]:
        found = self._providers.get(name)
        if found is None:
            found = self._providers[name] = names.Provider(name, self._version).attributes
        return found


class RecordedCall(Call):
    """One call of a model, of which somebody keeps the span or the metrics."""

    __slots__ = (
        "_context",
        "_done",
        "_first",
        "_instruments",
        "_labels",
        "_last",
        "_span",
        "_started",
        "recording",
        "span_id",
        "trace_id",
    )

    def __init__(self, instruments: Instruments, span: trace.Span, labels: _Attributes) -> None:
        self._instruments = instruments
        self._span = span
        self._labels = labels
        # By it the server goes on with the trace, and a metric has an example of what it counts.
        self._context = trace.set_span_in_context(span)
        self._done = False
        self._first: float | None = None
        self.recording = span.is_recording()
        made = span.get_span_context()
        self.trace_id = f"{made.trace_id:032x}" if made.is_valid else None
        self.span_id = f"{made.span_id:016x}" if made.is_valid else None
        self._started = self._last = time.perf_counter()

    def headers(self) -> dict[str, str]:
        """Return what the request carries so that the server can go on with the trace."""
        carrier: dict[str, str] = {}
        propagate.inject(carrier, self._context)
        return carrier

    def current(self) -> AbstractContextManager[object]:
        """Make the span the current one, so that spans of the HTTP client stand below it."""
        # What goes wrong is told to `finish`, once.
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def chunk(self) -> None:
        """Tell that a piece of a streamed answer came."""
        now = time.perf_counter()
        if self._first is None:
            self._first = now - self._started
            self._instruments.first_chunk.record(self._first, self._labels, self._context)
        else:
            self._instruments.output_chunk.record(now - self._last, self._labels, self._context)
        self._last = now

    def finish(
        self,
        *,
        response_model: str = "",
        response_id: str = "",
        finish_reasons: Sequence[str] = (),
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cached_tokens: int | None = None,
        cache_creation_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost_usd: float | None = None,
        error: BaseException | str | None = None,
        event_id: str = "",
        input_messages: Sequence[object] | None = None,
        output_messages: Sequence[object] | None = None,
        system: str | None = None,
        tools: object | None = None,
    ) -> None:
        """End the span and count what the call took; see `Call.finish`."""
        if self._done:
            return
        self._done = True
        took = time.perf_counter() - self._started
        kind = None if error is None else error if isinstance(error, str) else _kind(error)
        if self.recording:
            given: dict[str, AttributeValue | None] = {
                names.RESPONSE_MODEL: response_model or None,
                names.RESPONSE_ID: response_id or None,
                names.FINISH_REASONS: tuple(finish_reasons) or None,
                names.INPUT_TOKENS: input_tokens,
                names.OUTPUT_TOKENS: output_tokens,
                names.CACHED_TOKENS: cached_tokens,
                names.CACHE_CREATION_TOKENS: cache_creation_tokens,
                names.REASONING_TOKENS: reasoning_tokens,
                names.FIRST_CHUNK: self._first,
                names.COST: cost_usd,
                names.EVENT_ID: event_id or None,
                names.ERROR_TYPE: kind,
            }
            if self._instruments.content:
                given[names.INPUT_MESSAGES] = written(input_messages)
                given[names.OUTPUT_MESSAGES] = written(output_messages, finish_reasons)
                given[names.SYSTEM_INSTRUCTIONS] = (
                    None if system is None else to_json([{"type": "text", "content": system}])
                )
                given[names.TOOL_DEFINITIONS] = None if tools is None else to_json(tools)
            self._span.set_attributes(
                {name: value for name, value in given.items() if value is not None}
            )
            if kind is not None:
                # The kind alone: a message of the server may repeat what it was sent.
                self._span.set_status(trace.StatusCode.ERROR, kind)
        self._measure(took, response_model, kind, (input_tokens, output_tokens), cost_usd)
        with suppress(Exception):  # of a span processor of the application
            self._span.end()

    def _measure(
        self,
        took: float,
        response_model: str,
        kind: str | None,
        tokens: tuple[int | None, int | None],
        cost_usd: float | None,
    ) -> None:
        instruments, context, labels = self._instruments, self._context, self._labels
        if response_model:
            labels = {**labels, names.RESPONSE_MODEL: response_model}
        counted = labels if kind is None else {**labels, names.ERROR_TYPE: kind}
        instruments.duration.record(took, counted, context)
        for count, token in zip(tokens, ("input", "output"), strict=True):
            if count is not None:
                instruments.tokens.record(count, {**labels, names.TOKEN_TYPE: token}, context)
        if cost_usd:
            instruments.cost.add(cost_usd, labels, context)


def _asked(request: Mapping[str, object]) -> _Attributes:
    """Return the attributes that say what a request asks for."""
    found: _Attributes = {}
    for name, value in request.items():
        key = names.REQUEST.get(name)
        if key is None or value is None:
            continue
        if name in names.LISTS:
            several = [value] if isinstance(value, str) else value
            if isinstance(several, Sequence):
                found[key] = tuple(str(each) for each in several)
        elif isinstance(value, (bool, int, float, str)) and not (
            name == "choice_count" and value == 1  # said only where it is another number
        ):
            found[key] = value
    return found


def _kind(error: BaseException) -> str:
    """Return the name of an error's class, as the conventions have it for `error.type`."""
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"
