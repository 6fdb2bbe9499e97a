"""Responses that come as events, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._all_events import ResponseStreamEvent
    from ._events import (
        ResponseFunctionCallArgumentsDeltaEvent,
        ResponseTextDeltaEvent,
        ResponseTextDoneEvent,
    )
    from ._responses import (
        AsyncResponseStream,
        AsyncResponseStreamManager,
        ResponseStream,
        ResponseStreamManager,
    )
    from ._state import ResponseStreamState
else:
    from ...._lazy import lazy

    _HOMES = {
        "_all_events": ("ResponseStreamEvent",),
        "_events": (
            "ResponseFunctionCallArgumentsDeltaEvent",
            "ResponseTextDeltaEvent",
            "ResponseTextDoneEvent",
        ),
        "_responses": (
            "AsyncResponseStream",
            "AsyncResponseStreamManager",
            "ResponseStream",
            "ResponseStreamManager",
        ),
        "_state": ("ResponseStreamState",),
    }
    __getattr__, __dir__ = lazy(
        __name__,
        {name: f"{__name__}.{home}:{name}" for home, names in _HOMES.items() for name in names},
    )

__all__ = [
    "AsyncResponseStream",
    "AsyncResponseStreamManager",
    "ResponseFunctionCallArgumentsDeltaEvent",
    "ResponseStream",
    "ResponseStreamEvent",
    "ResponseStreamManager",
    "ResponseStreamState",
    "ResponseTextDeltaEvent",
    "ResponseTextDoneEvent",
]
