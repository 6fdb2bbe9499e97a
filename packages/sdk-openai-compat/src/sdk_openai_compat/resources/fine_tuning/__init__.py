"""Models made of your examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .fine_tuning import AsyncFineTuning, FineTuning
    from .jobs.jobs import AsyncJobs, Jobs
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "FineTuning": f"{__name__}.fine_tuning:FineTuning",
            "AsyncFineTuning": f"{__name__}.fine_tuning:AsyncFineTuning",
            "Jobs": f"{__name__}.jobs.jobs:Jobs",
            "AsyncJobs": f"{__name__}.jobs.jobs:AsyncJobs",
        },
    )

__all__ = [
    "AsyncFineTuning",
    "AsyncJobs",
    "FineTuning",
    "Jobs",
]
