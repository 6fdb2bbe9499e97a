"""``client.chat.completions.messages``: what a stored completion was asked."""

from __future__ import annotations

from sdk_inference_api.resources.chat.completions.messages import AsyncMessages, Messages

__all__ = ["AsyncMessages", "Messages"]
