"""``client.fine_tuning.jobs``: models made of your examples."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.fine_tuning.jobs import AsyncJobs as GeneratedAsyncJobs
from sdk_inference_api.resources.fine_tuning.jobs import Jobs as GeneratedJobs

if TYPE_CHECKING:
    from .checkpoints import AsyncCheckpoints, Checkpoints

__all__ = ["AsyncJobs", "Jobs"]


class Jobs(GeneratedJobs):
    """Models made of your examples."""

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Models on the way."""
        from .checkpoints import Checkpoints  # noqa: PLC0415  # lazy, as the generated tree is

        return Checkpoints(self._client, self._mode)


class AsyncJobs(GeneratedAsyncJobs):
    """The asynchronous twin of `Jobs`."""

    @cached_property
    def checkpoints(self) -> AsyncCheckpoints:
        """Models on the way."""
        from .checkpoints import AsyncCheckpoints  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncCheckpoints(self._client, self._mode)
