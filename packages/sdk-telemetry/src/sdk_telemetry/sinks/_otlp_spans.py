"""Events as spans of OpenTelemetry; imported where its SDK is."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from uuid import UUID

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags
from opentelemetry.util.types import AttributeValue

from .. import _semconv as names
from ..__about__ import __version__
from .._messages import written

if TYPE_CHECKING:
    from ..events import TelemetryEvent

__all__ = ["Names", "SpanMaker"]

Names: TypeAlias = Literal["gen_ai", "llm"]

_Attributes = dict[str, AttributeValue]

_SCOPE: Final = InstrumentationScope("sdk_telemetry", __version__)
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_HEX: Final = re.compile(r"[0-9a-f]+", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
_OTHER: Final = "_OTHER"  # the conventions' word for an error of a kind that nobody named
_OWN: Final = ("gen_ai.", "server.", "error.type")


class SpanMaker:
    """
    Make a span of each event.

    An event tells of a call after its end, so the span ends at the event's time and began its
    latency before. Where the event names a trace and a span, as W3C's Trace Context writes them,
    the new span stands below that one. Its own identifier is made of the event's, so that an event
    that is sent twice is the same span twice.

    Args:
        mapping: The names of attributes: ``gen_ai`` for the conventions', ``llm`` for those that
            the parser of LLM Sentinel reads.
        content: Texts that events have stand on spans.
        metadata: Which metadata stands on spans, by its names; None for all.
        resource: What else is said of the program, beside its name.
    """

    def __init__(
        self,
        mapping: Names = "gen_ai",
        *,
        content: bool = True,
        metadata: Collection[str] | None = None,
        resource: Mapping[str, AttributeValue] | None = None,
    ) -> None:
        self._attributes = self._gen_ai if mapping == "gen_ai" else self._llm
        self._content = names.captures_content(content)
        self._metadata = None if metadata is None else frozenset(metadata)
        given = dict(resource or {})
        # Each of them asks the environment and the machine.
        self._resource = lru_cache(1_000)(
            lambda service: Resource.create({"service.name": service, **given})
        )

    def make(self, event: TelemetryEvent) -> ReadableSpan:
        """Return the span of an event."""
        identity = UUID(event.event_id).int
        parent, trace = _place(event)
        attributes = {**self._attributes(event), names.EVENT_ID: event.event_id}
        if trace is None:
            for name, value in (("trace_id", event.trace_id), ("span_id", event.span_id)):
                if value is not None:
                    attributes[f"llm.{name}"] = value
        operation = event.metadata.get(names.OPERATION, "chat")
        end = event.time_ns
        return ReadableSpan(
            f"{operation} {event.model}",
            # Half of a UUID of version 4 or 7 has 62 random bits, and its variant: it is never 0.
            SpanContext(trace or identity, identity & (1 << 64) - 1 or 1, False, _SAMPLED),
            parent=parent,
            resource=self._resource(event.service_name),
            attributes=attributes,
            events=tuple(
                Event("exception", {"exception.message": message}, end) for message in event.errors
            ),
            kind=SpanKind.CLIENT,
            status=Status(StatusCode.ERROR, event.errors[0])
            if event.errors
            else Status(StatusCode.UNSET),
            start_time=max(0, end - round(event.latency_ms * 1e6)),
            end_time=end,
            instrumentation_scope=_SCOPE,
        )

    def _gen_ai(self, event: TelemetryEvent) -> _Attributes:
        """Return the attributes of the GenAI conventions."""
        attributes: _Attributes = {
            names.OPERATION: "chat",
            names.PROVIDER: "unknown",
            names.REQUEST_MODEL: event.model,
            names.INPUT_TOKENS: event.prompt.tokens,
            names.OUTPUT_TOKENS: event.response.tokens,
            names.COST: event.cost_usd,
            **self._extra(event),
        }
        if event.response.finish_reason:
            attributes[names.FINISH_REASONS] = (event.response.finish_reason,)
        if event.errors:
            attributes.setdefault(names.ERROR_TYPE, _OTHER)
        if self._content and event.prompt.text:
            messages = written([("user", event.prompt.text)])
            attributes[names.INPUT_MESSAGES] = messages or ""
        if self._content and event.response.text:
            messages = written([("assistant", event.response.text)], [event.response.finish_reason])
            attributes[names.OUTPUT_MESSAGES] = messages or ""
        return attributes

    def _llm(self, event: TelemetryEvent) -> _Attributes:
        """Return the attributes that LLM Sentinel's parser reads."""
        attributes: _Attributes = {
            "llm.model": event.model,
            "llm.prompt": event.prompt.text if self._content else "",
            "llm.prompt.tokens": event.prompt.tokens,
            "llm.response": event.response.text if self._content else "",
            "llm.response.tokens": event.response.tokens,
            "llm.response.finish_reason": event.response.finish_reason,
            "llm.latency_ms": event.latency_ms,
            "llm.cost_usd": event.cost_usd,
            **self._extra(event),
        }
        return attributes

    def _extra(self, event: TelemetryEvent) -> _Attributes:
        """Return what metadata says: the conventions' own names as they are, others below one."""
        return {
            name if name.startswith(_OWN) else f"metadata.{name}": _typed(name, value)
            for name, value in event.metadata.items()
            if self._metadata is None or name in self._metadata or name.startswith(_OWN)
        }


def _place(event: TelemetryEvent) -> tuple[SpanContext | None, int | None]:
    """Return the parent of an event's span, and its trace; None for what the event does not say."""
    trace = _identifier(event.trace_id, 32)
    span = _identifier(event.span_id, 16)
    if trace is None or span is None:
        return None, trace
    return SpanContext(trace, span, True, _SAMPLED), trace


def _typed(name: str, value: str) -> AttributeValue:
    """Return what the conventions want as a number as one; metadata has texts alone."""
    if name == names.SERVER_PORT or name.startswith("gen_ai.usage."):
        return int(value) if _NUMBER.fullmatch(value) else value
    if name == names.FIRST_CHUNK:
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _identifier(text: str | None, digits: int) -> int | None:
    """Return an identifier of W3C's Trace Context (section 3.2.2); None for anything else."""
    if text is None or len(text) != digits or not _HEX.fullmatch(text):
        return None
    return int(text, 16) or None
