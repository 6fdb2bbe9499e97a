"""
Enrichment: what is added to events beside what was handed in.

::

    with telemetry_context(user="u-17", session="s-4"):   # for all calls in here, tasks included
        answer = client.chat.completions.create(...)

    TelemetryClient(..., enrich=[process(), static(region="eu-1", release="4.2")])

What a call's surroundings say (`telemetry_context`, the current span of OpenTelemetry) is read where
the event is handed in; the functions of ``enrich`` run later, on the client's own thread. What an
event says itself counts before all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from .__about__ import __version__
from .errors import ConfigurationError
from .otel import current_ids

if TYPE_CHECKING:
    from ._fields import Fields

__all__ = ["Enricher", "current_context", "process", "static", "telemetry_context", "trace_ids"]

Enricher: TypeAlias = "Callable[[Fields], object]"
"""Changes an event before it is redacted; what it raises is counted, and costs no event."""

_context: ContextVar[Mapping[str, str] | None] = ContextVar("sdk_telemetry_context", default=None)


class telemetry_context:  # noqa: N801  # reads as a function, and costs less than a generator
    """
    Add metadata to every event that is handed in inside of a ``with`` block.

    It holds for what runs in the block: also for tasks that are started there, and, as all context
    variables, not for threads. Blocks may stand in each other; the inner one counts.

    Args:
        **metadata: Names and values; a value that is no text becomes one, None takes a name away.
    """

    __slots__ = ("_metadata", "_token")

    def __init__(self, **metadata: object) -> None:
        self._metadata = metadata
        self._token: Token[Mapping[str, str] | None] | None = None

    def __enter__(self) -> Self:
        values = dict(_context.get() or ())
        for name, value in self._metadata.items():
            if value is None:
                values.pop(name, None)
            else:
                values[name] = str(value)
        self._token = _context.set(values)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _context.reset(self._token)
            self._token = None


def current_context() -> Mapping[str, str] | None:
    """Return the metadata of the blocks that the caller is in; nobody changes them. None: no block."""
    return _context.get()


def trace_ids() -> tuple[str, str] | None:
    """Return trace and span of OpenTelemetry that the caller is in (32 and 16 digits), or None."""
    return current_ids()


def static(**metadata: str) -> Enricher:
    """
    Return what adds the same metadata to every event.

    Args:
        **metadata: Names and values.

    Raises:
        ConfigurationError: A value is no text.
    """
    for name, value in metadata.items():
        _refuse_no_text(name, value)

    def enrich(fields: Fields) -> None:
        fields.metadata = {**metadata, **(fields.metadata or {})}

    return enrich


def _refuse_no_text(name: str, value: object) -> None:
    if not isinstance(value, str):
        msg = f"`{name}` of the metadata must be text, not {type(value).__name__}"
        raise ConfigurationError(msg)


def process() -> Enricher:
    """
    Return what says where events come from: ``host``, ``pid`` and ``sdk`` with its version.

    The number is that of the process that the event was made in, also after a fork.
    """
    from socket import gethostname  # noqa: PLC0415  # for those who ask for it

    known = {"host": gethostname(), "sdk": f"sdk-telemetry/{__version__}"}

    def enrich(fields: Fields) -> None:
        fields.metadata = {**known, "pid": str(os.getpid()), **(fields.metadata or {})}

    return enrich
