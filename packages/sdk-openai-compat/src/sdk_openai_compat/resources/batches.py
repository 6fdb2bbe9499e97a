"""``client.batches``: many requests, answered within a day."""

from __future__ import annotations

from sdk_inference_api.resources.batches import AsyncBatches, Batches

__all__ = ["AsyncBatches", "Batches"]
