"""``client.completions``: how a prompt goes on."""

from __future__ import annotations

from sdk_inference_api.resources.completions import AsyncCompletions, Completions

__all__ = ["AsyncCompletions", "Completions"]
