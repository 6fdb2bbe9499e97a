"""
Every LLM call accounted for, never in the way: events to Kafka, OpenTelemetry, HTTP and files.

Importing this package loads neither a Kafka library nor OpenTelemetry nor an HTTP engine; what it
offers is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .__about__ import __version__

if TYPE_CHECKING:
    from .alerts import AnomalyAlert
    from .clients import AsyncTelemetryClient, TelemetryClient
    from .config import TelemetryConfig
    from .events import (
        AnomalyType,
        DetectionMethod,
        PromptInfo,
        ResponseInfo,
        Severity,
        TelemetryEvent,
        TelemetryEventBuilder,
    )
    from .instrumentation import instrument
    from .stats import SinkStats, Stats

__all__ = [
    "AnomalyAlert",
    "AnomalyType",
    "AsyncTelemetryClient",
    "DetectionMethod",
    "PromptInfo",
    "ResponseInfo",
    "Severity",
    "SinkStats",
    "Stats",
    "TelemetryClient",
    "TelemetryConfig",
    "TelemetryEvent",
    "TelemetryEventBuilder",
    "__version__",
    "instrument",
]

_SOURCES = {
    "alerts": ("AnomalyAlert",),
    "clients": ("AsyncTelemetryClient", "TelemetryClient"),
    "config": ("TelemetryConfig",),
    "events": (
        "AnomalyType",
        "DetectionMethod",
        "PromptInfo",
        "ResponseInfo",
        "Severity",
        "TelemetryEvent",
        "TelemetryEventBuilder",
    ),
    "instrumentation": ("instrument",),
    "stats": ("SinkStats", "Stats"),
}
_MODULES = {name: module for module, names in _SOURCES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
