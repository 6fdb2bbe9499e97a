"""``client.responses.input_items``: what a response was asked."""

from __future__ import annotations

from sdk_inference_api.resources.responses.input_items import AsyncInputItems, InputItems

__all__ = ["AsyncInputItems", "InputItems"]
