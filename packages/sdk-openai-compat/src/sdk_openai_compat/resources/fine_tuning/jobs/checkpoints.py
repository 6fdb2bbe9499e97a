"""``client.fine_tuning.jobs.checkpoints``: models on the way."""

from __future__ import annotations

from sdk_inference_api.resources.fine_tuning.jobs.checkpoints import AsyncCheckpoints, Checkpoints

__all__ = ["AsyncCheckpoints", "Checkpoints"]
