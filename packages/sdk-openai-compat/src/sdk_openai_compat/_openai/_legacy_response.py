"""``openai._legacy_response``: what ``with_raw_response`` answers with, and bodies of bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdk_core.responses import APIResponse as LegacyAPIResponse

if TYPE_CHECKING:
    from .._binary import HttpxBinaryResponseContent
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {"HttpxBinaryResponseContent": "sdk_openai_compat._binary:HttpxBinaryResponseContent"},
    )

__all__ = ["HttpxBinaryResponseContent", "LegacyAPIResponse"]
