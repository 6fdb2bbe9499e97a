"""Stages: what happens to an event between `track` and its record, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from time import time_ns
from typing import TYPE_CHECKING, Any

from ._encoding import encode
from ._fields import Fields
from ._ids import nanoseconds, new_event_id
from ._limits import identifier, instant
from .errors import InvalidEventError
from .events import PromptInfo, ResponseInfo
from .sinks._records import Record

if TYPE_CHECKING:
    from ._receipts import Waiter
    from .interceptors import Interceptor
    from .prices import Prices
    from .redaction import Redaction
    from .sampling import Sampling

__all__ = ["Refused", "Stages"]

Refused = Callable[[Fields, str, "InvalidEventError | None"], None]
"""Told of events that become no record, with the reason."""


class Stages:
    """
    Sample, price, enrich, intercept, redact, check and encode events.

    Args:
        service_name: Of events that have none.
        redaction: What is kept of texts.
        sampling: Which events are kept; None: all.
        prices: What calls cost that do not say it; None: nothing.
        enrich: Functions that add to the fields of an event.
        interceptors: Functions that may change it, or leave it out.
        faults: Where errors of all these are counted.
        refused: Told of events that become no record.
        waits: Told who waits for which record.
    """

    def __init__(
        self,
        *,
        service_name: str,
        redaction: Redaction,
        sampling: Sampling | None,
        prices: Prices | None,
        enrich: Sequence[Callable[[Fields], object]],
        interceptors: Sequence[Interceptor],
        faults: Counter[str],
        refused: Refused,
        waits: Callable[[int, tuple[Waiter, int]], None],
    ) -> None:
        self._service_name = service_name
        self._redact = redaction.apply
        self._sampling = sampling
        self._prices = prices
        self._enrich = enrich
        self._interceptors = interceptors
        self._faults = faults
        self._refused = refused
        self._waits = waits
        # From the clock, so that records of different processes in one outbox have an order.
        self._number = count(time_ns()).__next__
        self._plain = sampling is None and prices is None and not enrich and not interceptors

    def records(self, entries: Sequence[tuple[Any, ...]]) -> list[Record]:
        """Return the records of events as `track` wrote them down, without those refused."""
        redact, number, plain = self._redact, self._number, self._plain
        service_name = self._service_name
        found: list[Record] = []
        for entry in entries:
            fields = Fields(*entry)
            try:
                if fields.service_name is None:
                    fields.service_name = service_name
                if not (
                    fields.prompt_text.__class__ is str
                    and fields.response_text.__class__ is str
                    and fields.time_ns.__class__ is int
                ):
                    _unfold(fields)
                if fields.context is not None:
                    fields.metadata = {**fields.context, **(fields.metadata or {})}
                if not plain and (reason := self._rules(fields)):
                    self._refused(fields, reason, None)
                    continue
                redact(fields)
                made_at = fields.time_ns
                event_id = fields.event_id
                event_id = (
                    new_event_id(made_at) if event_id is None else identifier("event_id", event_id)
                )
                latency: object = fields.latency_ms
                cost: object = fields.cost_usd
                trace_id = fields.trace_id
                payload = encode(
                    fields.service_name,
                    fields.model,
                    fields.prompt_text,
                    fields.prompt_tokens,
                    fields.prompt_embedding,
                    fields.response_text,
                    fields.response_tokens,
                    fields.finish_reason,
                    fields.response_embedding,
                    event_id=event_id,
                    time_ns=made_at,
                    trace_id=trace_id,
                    span_id=fields.span_id,
                    latency_ms=float(latency) if type(latency) is int else fields.latency_ms,
                    cost_usd=float(cost) if type(cost) is int else fields.cost_usd,
                    metadata={} if fields.metadata is None else fields.metadata,
                    errors=() if fields.errors is None else fields.errors,
                    made=True,  # the identifier needs no check
                )
            except InvalidEventError as error:
                self._refused(fields, "invalid", error)
                continue
            except Exception as error:
                # No event may end the thread that sends all the others.
                msg = f"the event cannot be read: {type(error).__name__}"
                self._refused(fields, "invalid", InvalidEventError(msg))
                continue
            its_number = number()
            record = Record(
                its_number,
                event_id,
                payload,
                key=fields.key or trace_id,
                headers=fields.headers,
                time_ns=made_at,
            )
            if fields.waiter is not None:
                self._waits(its_number, fields.waiter)
            found.append(record)
        return found

    def _rules(self, fields: Fields) -> str:
        """Apply what the user handed in; return why the event is left out, or nothing."""
        if self._sampling is not None and fields.sampled:
            try:
                if not self._sampling.keeps(fields):
                    return "sampled_out"
            except Exception:
                self._faults["sampling"] += 1
        if self._prices is not None and not fields.cost_usd:
            try:
                cost = self._prices.cost(fields.model, fields.prompt_tokens, fields.response_tokens)
                fields.cost_usd = cost or 0.0
            except Exception:
                self._faults["prices"] += 1
        for add in self._enrich:
            try:
                add(fields)
            except Exception:
                self._faults["enrich"] += 1
        for intercept in self._interceptors:
            try:
                if intercept(fields) is False:
                    return "intercepted"
            except Exception:
                self._faults["interceptor"] += 1
                fields.withhold()
        return ""


def _unfold(fields: Fields) -> None:
    """Turn what `track` takes beside plain values into those."""
    prompt: Any = fields.prompt_text
    if prompt is None:
        fields.prompt_text = ""
    elif isinstance(prompt, PromptInfo):
        fields.prompt_text = prompt.text
        fields.prompt_tokens = fields.prompt_tokens or prompt.tokens
        if fields.prompt_embedding is None:
            fields.prompt_embedding = prompt.embedding
    elif not isinstance(prompt, str):
        msg = f"`prompt` must be text or a PromptInfo, not {type(prompt).__name__}"
        raise InvalidEventError(msg, field="prompt")
    response: Any = fields.response_text
    if response is None:
        fields.response_text = ""
    elif isinstance(response, ResponseInfo):
        fields.response_text = response.text
        fields.response_tokens = fields.response_tokens or response.tokens
        fields.finish_reason = fields.finish_reason or response.finish_reason
        if fields.response_embedding is None:
            fields.response_embedding = response.embedding
    elif not isinstance(response, str):
        msg = f"`response` must be text or a ResponseInfo, not {type(response).__name__}"
        raise InvalidEventError(msg, field="response")
    if fields.time_ns.__class__ is not int:
        fields.time_ns = nanoseconds(instant("timestamp", fields.time_ns))
