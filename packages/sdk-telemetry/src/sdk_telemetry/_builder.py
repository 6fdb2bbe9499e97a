"""The builder: an event said bit by bit, each bit checked as it is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from . import _limits as limits
from .events import PromptInfo, ResponseInfo, TelemetryEvent

if TYPE_CHECKING:
    from uuid import UUID

__all__ = ["TelemetryEventBuilder"]

_NEEDED: Final = {
    "service_name": "service",
    "model": "model",
    "prompt": "prompt",
    "response": "response",
    "latency_ms": "latency",
    "cost_usd": "cost",
}


class TelemetryEventBuilder:
    """
    Build a `TelemetryEvent` bit by bit.

    ::

        event = (
            TelemetryEventBuilder()
            .service("checkout")
            .model("gpt-4o")
            .prompt("Say hello.", 3)
            .response("Hello!", 2, "stop")
            .latency(150.5)
            .cost(0.001)
            .build()
        )

    Every method but `build` returns the builder, and raises `InvalidEventError` for what breaks a
    limit. A builder may build several events; each has a new `event_id` and time, unless they were
    set.
    """

    def __init__(self) -> None:
        self._members: dict[str, Any] = {}
        self._metadata: dict[str, str] = {}
        self._errors: list[str] = []

    def _with(self, name: str, value: object) -> Self:
        self._members[name] = value
        return self

    def event_id(self, event_id: str | UUID) -> Self:
        """Set the UUID by which duplicates are known."""
        return self._with("event_id", limits.identifier("event_id", event_id))

    def timestamp(self, timestamp: datetime | str) -> Self:
        """Set when it happened: an aware time, or the text of one (RFC 3339)."""
        return self._with("timestamp", limits.instant("timestamp", timestamp))

    def service(self, service_name: str) -> Self:
        """Set who called."""
        return self._with("service_name", limits.service_name(service_name))

    def model(self, model: str) -> Self:
        """Set which model was called."""
        return self._with("model", limits.string("model", model, least=1))

    def trace_id(self, trace_id: str | None) -> Self:
        """Set the trace that the call belongs to."""
        return self._with("trace_id", limits.optional("trace_id", trace_id))

    def span_id(self, span_id: str | None) -> Self:
        """Set the span that the call is."""
        return self._with("span_id", limits.optional("span_id", span_id))

    def prompt(
        self, text: str = "", tokens: int = 0, embedding: Sequence[float] | None = None
    ) -> Self:
        """Set what was asked; see `PromptInfo`."""
        return self._with("prompt", PromptInfo(text, tokens, embedding))

    def prompt_info(self, prompt: PromptInfo) -> Self:
        """Set what was asked."""
        return self._with("prompt", limits.part("prompt", prompt, PromptInfo))

    def response(
        self,
        text: str = "",
        tokens: int = 0,
        finish_reason: str = "",
        embedding: Sequence[float] | None = None,
    ) -> Self:
        """Set what was answered; see `ResponseInfo`."""
        return self._with("response", ResponseInfo(text, tokens, finish_reason, embedding))

    def response_info(self, response: ResponseInfo) -> Self:
        """Set what was answered."""
        return self._with("response", limits.part("response", response, ResponseInfo))

    def latency(self, latency_ms: float) -> Self:
        """Set how long it took, in milliseconds."""
        return self._with("latency_ms", limits.amount("latency_ms", latency_ms))

    def cost(self, cost_usd: float) -> Self:
        """Set what it cost, in US dollars."""
        return self._with("cost_usd", limits.amount("cost_usd", cost_usd))

    def metadata(self, metadata: Mapping[str, str]) -> Self:
        """Set all metadata, instead of what there was."""
        self._metadata = limits.strings("metadata", metadata)
        return self

    def add_metadata(self, key: str, value: str) -> Self:
        """Add one piece of metadata, or change it."""
        self._metadata.update(limits.strings("metadata", {key: value}))
        return self

    def errors(self, errors: Sequence[str]) -> Self:
        """Set all errors, instead of those that there were."""
        self._errors = limits.messages("errors", errors)
        return self

    def add_error(self, error: str) -> Self:
        """Add one error."""
        self._errors += limits.messages("errors", [error])
        return self

    def build(self) -> TelemetryEvent:
        """
        Return the event.

        Raises:
            InvalidEventError: Service, model, prompt, response, latency or cost was not set.
        """
        for name, method in _NEEDED.items():
            if name not in self._members:
                raise limits.refuse(name, f"was not set: call `.{method}(...)`")
        return TelemetryEvent(**self._members, metadata=self._metadata, errors=self._errors)
