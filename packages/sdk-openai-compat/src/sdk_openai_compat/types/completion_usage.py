"""How many tokens a call took."""

from __future__ import annotations

from sdk_inference_api.models import CompletionTokensDetails, CompletionUsage, PromptTokensDetails

__all__ = ["CompletionTokensDetails", "CompletionUsage", "PromptTokensDetails"]
