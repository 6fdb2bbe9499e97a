"""``client.files``: documents that other calls refer to."""

from __future__ import annotations

from sdk_inference_api.resources.files import AsyncFiles, Files

__all__ = ["AsyncFiles", "Files"]
