"""
OpenTelemetry: GenAI spans and metrics of calls, by its API alone, and events out of others' spans.

`Spans` writes what the GenAI conventions describe. Where the application has no SDK of OpenTelemetry,
nothing is made and next to no time is spent; where it never imported OpenTelemetry, that stays so.
`TelemetrySpanProcessor` goes the other way: it tells a `TelemetryClient` of the calls that other
instrumentations recorded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from . import _semconv

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

    from ._recorded_calls import Instruments
    from ._span_processors import TelemetrySpanProcessor

__all__ = ["Call", "Spans", "TelemetrySpanProcessor", "current_ids"]

# An SDK can be named in the environment; it is then loaded when somebody asks for a provider.
_PROVIDERS = ("OTEL_PYTHON_TRACER_PROVIDER", "OTEL_PYTHON_METER_PROVIDER")


class Call:
    """
    One call of a model, as OpenTelemetry sees it. This one is of an application without an SDK.

    Attributes:
        recording: Somebody reads the span: attributes are worth their making.
        trace_id: The trace, as 32 hexadecimal digits; None without an SDK.
        span_id: The span, as 16 hexadecimal digits; None without an SDK.
    """

    __slots__ = ()

    recording: bool = False
    trace_id: str | None = None
    span_id: str | None = None

    def headers(self) -> dict[str, str]:
        """
        Return what the request carries so that the server can go on with the trace.

        That is ``traceparent`` and what else the application's propagator writes
        (https://www.w3.org/TR/trace-context); nothing where there is no trace.
        """
        if current_ids() is None:
            return {}
        from opentelemetry import propagate  # noqa: PLC0415  # the application imported it

        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        return carrier

    def current(self) -> AbstractContextManager[object]:
        """Make the span the current one, so that spans of the HTTP client stand below it."""
        return nullcontext()

    def chunk(self) -> None:
        """Tell that a piece of a streamed answer came."""

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
        """
        End the span and count what the call took. Only the first of several calls does anything.

        Args:
            response_model: What answered, where the answer says it.
            response_id: Identifier of the answer.
            finish_reasons: Why it ended, for each choice.
            input_tokens: Tokens of the prompt; None where nobody counted.
            output_tokens: Tokens of the answer.
            cached_tokens: Those of the prompt that a cache had.
            cache_creation_tokens: Those of the prompt that a cache now has.
            reasoning_tokens: Those of the answer that are reasoning.
            cost_usd: What it cost, in US dollars.
            error: What it failed with; a text is the kind of the failure and not a message.
            event_id: The event that tells of the same call.
            input_messages: What was said to the model: pairs of role and text, or mappings. They
                stand on the span where `Spans.content` is true; hand them in already redacted.
            output_messages: What it answered.
            system: Its instructions, where they are no message.
            tools: Definitions of tools, as JSON has them.
        """


_NOTHING = Call()


class Spans:
    """
    Make GenAI client spans and metrics.

    Nothing here raises: who measures must not break what is measured.

    Args:
        tracer_provider: Where spans go; default the application's own.
        meter_provider: Where metrics go; default the application's own.
        content: Texts may stand on spans. Default is what the environment variable
            ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` says, which is no; whatever is said
            here, ``SDK_TELEMETRY_DISABLE_CONTENT=1`` forbids it.
    """

    __slots__ = ("_asked", "_instruments", "_meters", "_tracers", "content", "names")

    def __init__(
        self,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        *,
        content: bool | None = None,
    ) -> None:
        self._tracers = tracer_provider
        self._meters = meter_provider
        self._instruments: Instruments | None = None
        self._asked = (
            tracer_provider is not None
            or meter_provider is not None
            or any(name in os.environ for name in _PROVIDERS)
        )
        self.content = _semconv.captures_content(content)
        self.names = _semconv.version()

    def start(
        self,
        operation: str = "chat",
        *,
        provider: str = "",
        model: str = "",
        stream: bool = False,
        server_address: str = "",
        server_port: int | None = None,
        request: Mapping[str, object] | None = None,
    ) -> Call:
        """
        Begin a span, below the current one.

        Args:
            operation: ``chat``, ``text_completion``, ``embeddings`` or another of the conventions.
            provider: Who answers, such as ``openai``.
            model: The model that is asked for.
            stream: The answer comes in pieces.
            server_address: Host name of the server.
            server_port: Its port.
            request: What else is asked for, such as ``temperature`` and ``max_tokens``; names that
                the conventions do not have are left out.
        """
        instruments = self._instruments or self._find()
        if instruments is None:
            return _NOTHING
        try:
            return instruments.start(
                operation, provider, model, stream, server_address, server_port, request
            )
        except Exception:  # of a sampler or a span processor of the application
            return _NOTHING

    def _find(self) -> Instruments | None:
        """Return what records, as soon as the application has something that does."""
        if not self._asked and not _has_sdk():
            return None
        try:
            from ._recorded_calls import Instruments  # noqa: PLC0415  # imports OpenTelemetry
        except ImportError:
            return None
        self._instruments = Instruments(
            self._tracers, self._meters, version=self.names, content=self.content
        )
        return self._instruments


def current_ids() -> tuple[str, str] | None:
    """Return the trace and the span that the application is in, in hexadecimal, or None."""
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"{context.trace_id:032x}", f"{context.span_id:016x}"


def _has_sdk() -> bool:
    trace = sys.modules.get("opentelemetry.trace")
    metrics = sys.modules.get("opentelemetry.metrics")
    # The API's own providers stand in until somebody sets another one.
    return (
        trace is not None
        and not type(trace.get_tracer_provider()).__module__.startswith("opentelemetry.trace")
    ) or (
        metrics is not None
        and not type(metrics.get_meter_provider()).__module__.startswith("opentelemetry.metrics")
    )


def __getattr__(name: str) -> Any:
    if name != "TelemetrySpanProcessor":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    try:
        from ._span_processors import TelemetrySpanProcessor  # noqa: PLC0415  # imports the SDK
    except ImportError as error:
        from .errors import ConfigurationError  # noqa: PLC0415  # for this message alone

        msg = "`TelemetrySpanProcessor` needs opentelemetry-sdk: pip install 'sdk-telemetry[otlp]'"
        raise ConfigurationError(msg) from error
    globals()[name] = TelemetrySpanProcessor
    return TelemetrySpanProcessor
