"""``client.fine_tuning``: models made of your examples."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.fine_tuning import AsyncFineTuning as GeneratedAsyncFineTuning
from sdk_inference_api.resources.fine_tuning import FineTuning as GeneratedFineTuning

if TYPE_CHECKING:
    from .jobs.jobs import AsyncJobs, Jobs

__all__ = ["AsyncFineTuning", "FineTuning"]


class FineTuning(GeneratedFineTuning):
    """Models made of your examples."""

    @cached_property
    def jobs(self) -> Jobs:
        """Models made of your examples."""
        from .jobs.jobs import Jobs  # noqa: PLC0415  # lazy, as the generated tree is

        return Jobs(self._client, self._mode)


class AsyncFineTuning(GeneratedAsyncFineTuning):
    """The asynchronous twin of `FineTuning`."""

    @cached_property
    def jobs(self) -> AsyncJobs:
        """Models made of your examples."""
        from .jobs.jobs import AsyncJobs  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncJobs(self._client, self._mode)
