"""
Events: what is told of one LLM call, in the form that its consumer reads.

::

    event = TelemetryEvent(
        "checkout",
        "gpt-4o",
        PromptInfo("Say hello.", 3),
        ResponseInfo("Hello!", 2, finish_reason="stop"),
        latency_ms=150.5,
        cost_usd=0.001,
    )
    assert TelemetryEvent.from_json(event.to_json()) == event

Every limit of the consumer is checked when an event is made, and the field that breaks one is named
(`InvalidEventError`). No text stands in a `repr` or an error. Strings hold what UTF-8 can carry:
surrogates in pairs become the characters that they stand for, alone they become U+FFFD.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from . import _limits as limits
from ._enums import AnomalyType, DetectionMethod, Severity
from ._ids import moment, nanoseconds, new_event_id, time_ns_of
from ._ids import timestamp as rfc3339
from ._limits import MAX_SERVICE_NAME, MAX_TEXT, MAX_TOKENS

if TYPE_CHECKING:
    from uuid import UUID

    from ._builder import TelemetryEventBuilder
    from ._encoding import encode

__all__ = [
    "MAX_SERVICE_NAME",
    "MAX_TEXT",
    "MAX_TOKENS",
    "AnomalyType",
    "DetectionMethod",
    "PromptInfo",
    "ResponseInfo",
    "Severity",
    "TelemetryEvent",
    "TelemetryEventBuilder",
    "encode",
    "new_event_id",
    "time_ns_of",
]

_LAZY = {"TelemetryEventBuilder": "_builder", "encode": "_encoding"}
_NOTHING: Final[MappingProxyType[str, str]] = MappingProxyType({})


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from importlib import import_module  # noqa: PLC0415  # once a name

    found = globals()[name] = getattr(import_module(f".{_LAZY[name]}", __package__), name)
    return found


class _Value:
    """What events and their parts are: equal by their members, copied and pickled by them."""

    __slots__: tuple[str, ...] = ()

    def _members(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._members() == other._members()

    def __hash__(self) -> int:
        return hash((type(self), *self._members()))


class PromptInfo(_Value):
    """
    What was asked.

    Args:
        text: At most 100,000 characters.
        tokens: Of the text, from 0 to 2**32 - 1.
        embedding: Of the text, in numbers that single precision can hold; None: not computed.
    """

    __slots__ = ("embedding", "text", "tokens")

    def __init__(
        self, text: str = "", tokens: int = 0, embedding: Sequence[float] | None = None
    ) -> None:
        self.text = limits.string("prompt.text", text, most=MAX_TEXT)
        self.tokens = limits.tokens("prompt.tokens", tokens)
        self.embedding = limits.embedding("prompt.embedding", embedding)

    def __repr__(self) -> str:
        return f"PromptInfo({_sizes(self)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.text, self.tokens, self.embedding)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"text": self.text, "tokens": self.tokens, "embedding": _listed(self.embedding)}


class ResponseInfo(_Value):
    """
    What was answered.

    Args:
        text: At most 100,000 characters.
        tokens: Of the text, from 0 to 2**32 - 1.
        finish_reason: Why it ended, such as ``stop``, ``length`` or ``content_filter``.
        embedding: As that of `PromptInfo`.
    """

    __slots__ = ("embedding", "finish_reason", "text", "tokens")

    def __init__(
        self,
        text: str = "",
        tokens: int = 0,
        finish_reason: str = "",
        embedding: Sequence[float] | None = None,
    ) -> None:
        self.text = limits.string("response.text", text, most=MAX_TEXT)
        self.tokens = limits.tokens("response.tokens", tokens)
        self.finish_reason = limits.string("response.finish_reason", finish_reason)
        self.embedding = limits.embedding("response.embedding", embedding)

    def __repr__(self) -> str:
        return f"ResponseInfo({_sizes(self)}, finish_reason={self.finish_reason!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.text, self.tokens, self.finish_reason, self.embedding)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "text": self.text,
            "tokens": self.tokens,
            "finish_reason": self.finish_reason,
            "embedding": _listed(self.embedding),
        }


def _listed(embedding: Sequence[float] | None) -> list[float] | None:
    return None if embedding is None else list(embedding)


def _sizes(info: PromptInfo | ResponseInfo) -> str:
    """Return how much there is of it, for a `repr`: what it says is nobody's business there."""
    vector = "" if info.embedding is None else f", embedding of {len(info.embedding)}"
    return f"{len(info.text)} characters, tokens={info.tokens}{vector}"


class TelemetryEvent(_Value):
    """
    One LLM call.

    Nothing may be assigned to its attributes; `replace` makes another one.

    Args:
        service_name: Who called, in 1 to 255 characters.
        model: Which model, as in ``gpt-4o``; not empty.
        prompt: What was asked.
        response: What was answered.
        event_id: A UUID, or its text; default: a new one of version 7. Duplicates are known by it.
        timestamp: When: an aware time, or the text of one (RFC 3339); default: now. Kept in UTC, in
            microseconds.
        trace_id: Of the trace that the call belongs to (W3C Trace Context: 32 hexadecimal digits).
        span_id: Of the span (16 hexadecimal digits).
        latency_ms: How long it took, in milliseconds; finite, not negative.
        cost_usd: What it cost, in US dollars; finite, not negative.
        metadata: More about it: strings to strings.
        errors: What went wrong; empty: nothing.

    Raises:
        InvalidEventError: One of them breaks a limit; its `field` says which, as in ``prompt.text``.
    """

    __slots__ = (
        "cost_usd",
        "errors",
        "event_id",
        "latency_ms",
        "metadata",
        "model",
        "prompt",
        "response",
        "service_name",
        "span_id",
        "timestamp",
        "trace_id",
    )

    def __init__(
        self,
        service_name: str,
        model: str,
        prompt: PromptInfo | None = None,
        response: ResponseInfo | None = None,
        *,
        event_id: str | UUID | None = None,
        timestamp: datetime | str | None = None,
        trace_id: str | None = None,
        span_id: str | None = None,
        latency_ms: float = 0.0,
        cost_usd: float = 0.0,
        metadata: Mapping[str, str] = _NOTHING,
        errors: Sequence[str] = (),
    ) -> None:
        self.service_name = limits.service_name(service_name)
        self.model = limits.string("model", model, least=1)
        self.prompt = limits.part("prompt", prompt, PromptInfo)
        self.response = limits.part("response", response, ResponseInfo)
        limits.total(self.prompt.tokens, self.response.tokens)
        self.timestamp = (
            moment(time.time_ns()) if timestamp is None else limits.instant("timestamp", timestamp)
        )
        self.event_id = (
            new_event_id(self.time_ns)
            if event_id is None
            else limits.identifier("event_id", event_id)
        )
        self.trace_id = limits.optional("trace_id", trace_id)
        self.span_id = limits.optional("span_id", span_id)
        self.latency_ms = limits.amount("latency_ms", latency_ms)
        self.cost_usd = limits.amount("cost_usd", cost_usd)
        self.metadata = MappingProxyType(limits.strings("metadata", metadata))
        self.errors = tuple(limits.messages("errors", errors))

    def __repr__(self) -> str:
        return (
            f"TelemetryEvent(event_id={self.event_id!r}, timestamp={self.timestamp.isoformat()!r}, "
            f"service_name={self.service_name!r}, model={self.model!r}, prompt={self.prompt!r}, "
            f"response={self.response!r}, latency_ms={self.latency_ms!r}, "
            f"cost_usd={self.cost_usd!r}, metadata of {len(self.metadata)}, "
            f"errors={len(self.errors)})"
        )

    def __hash__(self) -> int:
        return hash(self.event_id)  # its metadata could not be hashed; equal events share it

    def __reduce__(self) -> tuple[Any, ...]:
        members = {name: getattr(self, name) for name in TelemetryEvent.__slots__}
        return _remade, (type(self), members | {"metadata": self.metadata.copy()})

    @property
    def time_ns(self) -> int:
        """When it happened, in nanoseconds since the epoch; whole microseconds."""
        return nanoseconds(self.timestamp)

    def has_errors(self) -> bool:
        """Return whether anything went wrong."""
        return bool(self.errors)

    def total_tokens(self) -> int:
        """Return the tokens of prompt and response together."""
        return self.prompt.tokens + self.response.tokens

    def error_rate(self) -> float:
        """Return 1.0 if anything went wrong, or 0.0."""
        return 1.0 if self.errors else 0.0

    def replace(self, **changes: Any) -> Self:
        """
        Return another event, with some arguments of the constructor changed.

        It keeps the `event_id`, by which it counts as a duplicate, unless that is changed too.
        """
        members = {name: getattr(self, name) for name in TelemetryEvent.__slots__}
        return type(self)(**(members | changes))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it: every key is there, in the documented order."""
        return {
            "event_id": self.event_id,
            "timestamp": rfc3339(self.time_ns),
            "service_name": self.service_name,
            "model": self.model,
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "prompt": self.prompt.to_dict(),
            "response": self.response.to_dict(),
            "latency_ms": self.latency_ms,
            "cost_usd": self.cost_usd,
            "metadata": self.metadata.copy(),
            "errors": list(self.errors),
        }

    def to_json(self) -> bytes:
        """Return it as JSON in UTF-8, exactly as its consumer reads it."""
        from ._encoding import written  # noqa: PLC0415  # loads msgspec

        return written(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """
        Return the event that *data*, as `to_dict` gives it, says.

        As its consumer does, it insists on all keys but those that may be null, and does not look
        at keys that it does not know.

        Raises:
            InvalidEventError: A key is missing, or what it holds breaks a limit.
        """
        from ._reading import event_of  # noqa: PLC0415  # who only sends never reads

        return cls(**event_of(data))

    @classmethod
    def from_json(cls, data: bytes | bytearray | memoryview | str) -> Self:
        """
        Return the event that JSON says, as strictly as its consumer reads it.

        Raises:
            InvalidEventError: It is no JSON (RFC 8259), a key stands twice, or as for `from_dict`.
        """
        from ._reading import event_in  # noqa: PLC0415  # loads msgspec

        return cls(**event_in(data))


def _remade(made: type[TelemetryEvent], members: dict[str, Any]) -> TelemetryEvent:
    return made(**members)
