"""``client.fine_tuning.jobs``: models made of your examples."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from sdk_inference_api.resources.fine_tuning.jobs import AsyncJobs as GeneratedAsyncJobs
from sdk_inference_api.resources.fine_tuning.jobs import Jobs as GeneratedJobs

from ...._pages import Paging, cursor_page, cursor_page_to_come

if TYPE_CHECKING:
    from .checkpoints import AsyncCheckpoints, Checkpoints

__all__ = ["AsyncJobs", "Jobs"]


class Jobs(Paging, GeneratedJobs):
    """Models made of your examples."""

    @cursor_page(GeneratedJobs.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    @cursor_page(GeneratedJobs.list_events)
    def list_events(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page; iterating over it gives the items of all."""

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Models on the way."""
        from .checkpoints import Checkpoints  # noqa: PLC0415  # lazy, as the generated tree is

        return Checkpoints(self._client, self._mode)


class AsyncJobs(Paging, GeneratedAsyncJobs):
    """The asynchronous twin of `Jobs`."""

    @cursor_page_to_come(GeneratedAsyncJobs.list)
    def list(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    @cursor_page_to_come(GeneratedAsyncJobs.list_events)
    def list_events(self) -> Any:  # type: ignore[override]  # a page, not the list
        """Return a page to come."""

    @cached_property
    def checkpoints(self) -> AsyncCheckpoints:
        """Models on the way."""
        from .checkpoints import AsyncCheckpoints  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncCheckpoints(self._client, self._mode)
