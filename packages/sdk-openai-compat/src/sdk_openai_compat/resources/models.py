"""``client.models``: what the server can run."""

from __future__ import annotations

from typing import Any

from sdk_inference_api.resources.models import AsyncModels as GeneratedAsyncModels
from sdk_inference_api.resources.models import Models as GeneratedModels

from .._pages import Paging, page, page_to_come

__all__ = ["AsyncModels", "Models"]


class Models(Paging, GeneratedModels):
    """What the server can run."""

    @page(GeneratedModels.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""


class AsyncModels(Paging, GeneratedAsyncModels):
    """The asynchronous twin of `Models`."""

    @page_to_come(GeneratedAsyncModels.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""
