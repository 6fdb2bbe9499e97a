"""
Interceptors: functions that see each event before it leaves, may change it, and may leave it out.

::

    def only_production(fields: Fields) -> bool | None:
        fields.metadata = {**(fields.metadata or {}), "region": "eu"}
        return fields.service_name != "playground"  # False: this event is left out

    client = TelemetryClient(..., interceptors=[only_production])

They run on the thread of the pipeline, in their order, after sampling and enrichment and before
redaction: whatever they write into a text is redacted like the text itself. One that raises costs
the event its texts and metadata, not its numbers, and is counted (`Stats.faults`): it may have been
the one that was to take something out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ._fields import Fields

__all__ = ["Fields", "Interceptor"]

Interceptor: TypeAlias = "Callable[[Fields], bool | None]"
"""Sees the fields of one event; False leaves the event out, which is counted as ``intercepted``."""


def __getattr__(name: str) -> Any:
    if name == "Fields":
        from ._fields import Fields  # noqa: PLC0415  # loads msgspec

        return Fields
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
