"""``client.fine_tuning.jobs.checkpoints``: models on the way."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.fine_tuning.jobs.checkpoints import (
    AsyncCheckpoints as GeneratedAsyncCheckpoints,
)
from sdk_inference_api.resources.fine_tuning.jobs.checkpoints import (
    Checkpoints as GeneratedCheckpoints,
)

from ...._pages import Paging, cursor_page, cursor_page_to_come

__all__ = ["AsyncCheckpoints", "Checkpoints"]


class Checkpoints(Paging, GeneratedCheckpoints):
    """Models on the way."""

    @cursor_page(GeneratedCheckpoints.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncCheckpoints(Paging, GeneratedAsyncCheckpoints):
    """The asynchronous twin of `Checkpoints`."""

    @cursor_page_to_come(GeneratedAsyncCheckpoints.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
