"""``client.conversations.items``: what was said."""

from __future__ import annotations

from sdk_inference_api.resources.conversations.items import AsyncItems, Items

__all__ = ["AsyncItems", "Items"]
