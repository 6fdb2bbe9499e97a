"""Chat completions and their messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .completions import AsyncCompletions, Completions
    from .messages import AsyncMessages, Messages
else:
    from ...._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Completions": f"{__name__}.completions:Completions",
            "AsyncCompletions": f"{__name__}.completions:AsyncCompletions",
            "Messages": f"{__name__}.messages:Messages",
            "AsyncMessages": f"{__name__}.messages:AsyncMessages",
        },
    )

__all__ = [
    "AsyncCompletions",
    "AsyncMessages",
    "Completions",
    "Messages",
]
