"""``client.responses.input_tokens``: how long a request is."""

from __future__ import annotations

from sdk_inference_api.resources.responses.input_tokens import AsyncInputTokens, InputTokens

__all__ = ["AsyncInputTokens", "InputTokens"]
