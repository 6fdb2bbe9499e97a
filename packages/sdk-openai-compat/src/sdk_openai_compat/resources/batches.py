"""``client.batches``: many requests, answered within a day."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.batches import AsyncBatches as GeneratedAsyncBatches
from sdk_inference_api.resources.batches import Batches as GeneratedBatches

from .._pages import Paging, cursor_page, cursor_page_to_come

__all__ = ["AsyncBatches", "Batches"]


class Batches(Paging, GeneratedBatches):
    """Many requests, answered within a day."""

    @cursor_page(GeneratedBatches.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncBatches(Paging, GeneratedAsyncBatches):
    """The asynchronous twin of `Batches`."""

    @cursor_page_to_come(GeneratedAsyncBatches.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
