"""Responses, their input and its length."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .input_items import AsyncInputItems, InputItems
    from .input_tokens import AsyncInputTokens, InputTokens
    from .responses import AsyncResponses, Responses
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "InputItems": f"{__name__}.input_items:InputItems",
            "AsyncInputItems": f"{__name__}.input_items:AsyncInputItems",
            "InputTokens": f"{__name__}.input_tokens:InputTokens",
            "AsyncInputTokens": f"{__name__}.input_tokens:AsyncInputTokens",
            "Responses": f"{__name__}.responses:Responses",
            "AsyncResponses": f"{__name__}.responses:AsyncResponses",
        },
    )

__all__ = [
    "AsyncInputItems",
    "AsyncInputTokens",
    "AsyncResponses",
    "InputItems",
    "InputTokens",
    "Responses",
]
