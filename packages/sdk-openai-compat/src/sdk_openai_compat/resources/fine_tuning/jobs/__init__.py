"""Fine-tuning jobs and their checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .checkpoints import AsyncCheckpoints, Checkpoints
    from .jobs import AsyncJobs, Jobs
else:
    from ...._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Checkpoints": f"{__name__}.checkpoints:Checkpoints",
            "AsyncCheckpoints": f"{__name__}.checkpoints:AsyncCheckpoints",
            "Jobs": f"{__name__}.jobs:Jobs",
            "AsyncJobs": f"{__name__}.jobs:AsyncJobs",
        },
    )

__all__ = [
    "AsyncCheckpoints",
    "AsyncJobs",
    "Checkpoints",
    "Jobs",
]
