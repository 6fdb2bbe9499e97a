"""Encoding: one event as the JSON that its consumer reads, checked and written in one go."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import inf
from typing import Final

import msgspec

from ._ids import moment, timestamp
from ._limits import MAX_SERVICE_NAME, MAX_TEXT, MAX_TOKENS, identifier
from .events import PromptInfo, ResponseInfo, TelemetryEvent

__all__ = ["encode", "written"]


# Only written, never read: a third faster than dictionaries. The order is the documented one.
class _Prompt(msgspec.Struct, gc=False):
    text: str
    tokens: int
    embedding: Sequence[float] | None


class _Response(msgspec.Struct, gc=False):
    text: str
    tokens: int
    finish_reason: str
    embedding: Sequence[float] | None


class _Event(msgspec.Struct, gc=False):
    event_id: str
    timestamp: str
    service_name: str
    model: str
    trace_id: str | None
    span_id: str | None
    prompt: _Prompt
    response: _Response
    latency_ms: float
    cost_usd: float
    metadata: dict[str, str]
    errors: Sequence[str]


_write = msgspec.json.Encoder().encode
_is_uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_SEQUENCES: Final = (tuple, list)


def encode(
    service_name: str,
    model: str,
    prompt_text: str,
    prompt_tokens: int,
    prompt_embedding: Sequence[float] | None,
    response_text: str,
    response_tokens: int,
    finish_reason: str,
    response_embedding: Sequence[float] | None,
    *,
    event_id: str,
    time_ns: int,
    trace_id: str | None,
    span_id: str | None,
    latency_ms: float,
    cost_usd: float,
    metadata: Mapping[str, str] | None,
    errors: Sequence[str] | None,
    made: bool = False,
) -> bytes:
    """
    Return an event as JSON in UTF-8, without making the event.

    The checks and the bytes are those of `TelemetryEvent(...).to_json()`.

    The arguments are those of `TelemetryEvent` and its parts, but for *time_ns*: when it happened, in
    nanoseconds since the epoch, of which whole microseconds are written. No *metadata* and no *errors*
    are none of them. With *made*, *event_id* came from `new_event_id` or was checked before, and is
    not looked at again: a tenth of the time.

    Raises:
        InvalidEventError: A field breaks a limit; it is named.
    """
    if metadata is None:
        metadata = {}
    if errors is None:
        errors = ()
    # What has exactly the right types and no embedding needs no second look: two thirds of the
    # time of an event. Every other goes the long way, which converts, or says what is wrong.
    if (
        type(service_name) is str
        and 0 < len(service_name) <= MAX_SERVICE_NAME
        and type(model) is str
        and model
        and type(prompt_text) is str
        and len(prompt_text) <= MAX_TEXT
        and type(response_text) is str
        and len(response_text) <= MAX_TEXT
        and type(prompt_tokens) is int
        and type(response_tokens) is int
        and prompt_tokens >= 0
        and response_tokens >= 0
        and prompt_tokens + response_tokens <= MAX_TOKENS
        and type(finish_reason) is str
        and type(latency_ms) is float
        and 0.0 <= latency_ms < inf
        and type(cost_usd) is float
        and 0.0 <= cost_usd < inf
        and (trace_id is None or type(trace_id) is str)
        and (span_id is None or type(span_id) is str)
        and prompt_embedding is None
        and response_embedding is None
        and type(metadata) is dict
        and (not metadata or _all_strings(metadata))
        and type(errors) in _SEQUENCES
        and (not errors or {*map(type, errors)} == {str})
        and type(event_id) is str
        and (made or _is_uuid(event_id))
    ):
        try:
            return _write(
                _Event(
                    event_id,
                    timestamp(time_ns),
                    service_name,
                    model,
                    trace_id,
                    span_id,
                    _Prompt(prompt_text, prompt_tokens, None),
                    _Response(response_text, response_tokens, finish_reason, None),
                    latency_ms,
                    cost_usd,
                    metadata,
                    errors,
                )
            )
        except UnicodeEncodeError:
            pass  # a lone surrogate somewhere; the long way replaces it
    return written(
        TelemetryEvent(
            service_name,
            model,
            PromptInfo(prompt_text, prompt_tokens, prompt_embedding),
            ResponseInfo(
                response_text,
                response_tokens,
                finish_reason=finish_reason,
                embedding=response_embedding,
            ),
            event_id=identifier("event_id", event_id),  # None would make one that nobody knows
            timestamp=moment(time_ns),
            trace_id=trace_id,
            span_id=span_id,
            latency_ms=latency_ms,
            cost_usd=cost_usd,
            metadata=metadata,
            errors=errors,
        )
    )


def _all_strings(metadata: dict[str, str]) -> bool:
    for name, value in metadata.items():  # a generator takes twice the time
        if type(name) is not str or type(value) is not str:
            return False
    return True


def written(event: TelemetryEvent) -> bytes:
    """Return an event, which checked itself when it was made, as JSON in UTF-8."""
    prompt, response = event.prompt, event.response
    return _write(
        _Event(
            event.event_id,
            timestamp(event.time_ns),
            event.service_name,
            event.model,
            event.trace_id,
            event.span_id,
            _Prompt(prompt.text, prompt.tokens, prompt.embedding),
            _Response(response.text, response.tokens, response.finish_reason, response.embedding),
            event.latency_ms,
            event.cost_usd,
            event.metadata.copy(),
            event.errors,
        )
    )
