"""What openai keeps under ``beta``, as far as it is not hosted by OpenAI alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .beta import AsyncBeta, Beta
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "AsyncBeta": f"{__name__}.beta:AsyncBeta",
            "Beta": f"{__name__}.beta:Beta",
        },
    )

__all__ = ["AsyncBeta", "Beta"]
