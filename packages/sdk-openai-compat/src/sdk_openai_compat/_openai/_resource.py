"""``openai._resource``: what all resources derive from."""

from __future__ import annotations

from sdk_core.resources import AsyncResource as AsyncAPIResource
from sdk_core.resources import SyncResource as SyncAPIResource

__all__ = ["AsyncAPIResource", "SyncAPIResource"]
