"""
What one event is between `track` and its encoding: fields that whoever has it may change.

Made of msgspec, which is quick and not quickly imported: only the thread of the pipeline, and who
asks for it, loads this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

__all__ = ["Fields"]


class Fields(msgspec.Struct, eq=False, gc=False):
    """
    One event, unchecked: what stages, interceptors and enrichment read and change.

    Attributes:
        time_ns: When it happened, in nanoseconds since the epoch.
        service_name: Who made the call; empty: the client's.
        model: What answered.
        prompt_text: What was asked. Redaction comes after interceptors, so they see it as it was.
        prompt_tokens: How many tokens that was.
        prompt_embedding: Its vector.
        response_text: What was answered.
        response_tokens: How many tokens that was.
        finish_reason: Why it ended.
        response_embedding: Its vector.
        event_id: Its UUID; None: given later.
        trace_id: The trace that it belongs to.
        span_id: The span in that trace.
        latency_ms: How long the call took.
        cost_usd: What it cost, in US dollars.
        metadata: More, as text; None for nothing. A dictionary of this event alone.
        errors: What went wrong; None for nothing.
        key: What it keeps its order with; None for nothing.
        headers: Names and values that go beside it, where a sink can carry any.
        size: About how many bytes it holds.
        sampled: Whether sampling may leave it out: `send` is asked for each event by itself.
        waiter: Who waits for it; only for the pipeline.
        context: Metadata of its surroundings (`telemetry_context`), until they are in its own.
    """

    time_ns: int
    service_name: str | None
    model: str
    prompt_text: str = ""
    prompt_tokens: int = 0
    prompt_embedding: Sequence[float] | None = None
    response_text: str = ""
    response_tokens: int = 0
    finish_reason: str = ""
    response_embedding: Sequence[float] | None = None
    event_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    latency_ms: float = 0.0
    cost_usd: float = 0.0
    metadata: dict[str, str] | None = None
    errors: Sequence[str] | None = None
    key: str | None = None
    size: int = 0
    sampled: bool = True
    waiter: Any = None
    context: Mapping[str, str] | None = None
    headers: tuple[tuple[str, bytes], ...] = ()

    def withhold(self) -> None:
        """Empty all that could say what was asked or answered; numbers and names stay."""
        self.prompt_text = self.response_text = ""
        self.prompt_embedding = self.response_embedding = None
        self.metadata = None
        self.errors = ("withheld",) if self.errors else None

    def __repr__(self) -> str:  # holds no text: it may end in a log
        return f"Fields(model={self.model!r}, event_id={self.event_id!r})"
