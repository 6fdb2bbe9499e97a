"""Sinks: where events go. A `TelemetryClient` takes several, and each has a queue of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._contract import Done, Sink

if TYPE_CHECKING:
    from ._console import ConsoleSink
    from ._file import FileSink
    from ._http import HTTPSink
    from ._kafka import KafkaSink
    from ._memory import MemorySink
    from ._otlp import OTLPSink
    from ._records import Record

__all__ = [
    "ConsoleSink",
    "Done",
    "FileSink",
    "HTTPSink",
    "KafkaSink",
    "MemorySink",
    "OTLPSink",
    "Record",
    "Sink",
]

_MODULES = {
    "ConsoleSink": "._console",
    "FileSink": "._file",
    "HTTPSink": "._http",
    "KafkaSink": "._kafka",
    "MemorySink": "._memory",
    "OTLPSink": "._otlp",
    "Record": "._records",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(_MODULES[name], __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
