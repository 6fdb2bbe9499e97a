"""``client.moderations``: whether a text or picture is harmful."""

from __future__ import annotations

from sdk_inference_api.resources.moderations import AsyncModerations, Moderations

__all__ = ["AsyncModerations", "Moderations"]
