"""``client.realtime.calls``: calls over WebRTC and the telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sdk_inference_api.resources.realtime.calls import AsyncCalls as GeneratedAsyncCalls
from sdk_inference_api.resources.realtime.calls import Calls as GeneratedCalls

from ..._binary import Binary

if TYPE_CHECKING:
    from ..._binary import binary, binary_to_come

__all__ = ["AsyncCalls", "Calls"]


class Calls(Binary, GeneratedCalls):
    """Calls over WebRTC and the telephone."""

    if TYPE_CHECKING:

        @binary(GeneratedCalls.create)
        def create(self) -> Any:  # type: ignore[override]  # what holds the bytes
            """Return what holds the bytes."""


class AsyncCalls(Binary, GeneratedAsyncCalls):
    """The asynchronous twin of `Calls`."""

    if TYPE_CHECKING:

        @binary_to_come(GeneratedAsyncCalls.create)
        def create(self) -> Any:  # type: ignore[override]  # what holds the bytes
            """Return what holds the bytes."""
