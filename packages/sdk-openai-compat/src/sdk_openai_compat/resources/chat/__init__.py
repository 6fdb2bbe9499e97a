"""Conversations, message by message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .chat import AsyncChat, Chat
    from .completions.completions import AsyncCompletions, Completions
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Chat": f"{__name__}.chat:Chat",
            "AsyncChat": f"{__name__}.chat:AsyncChat",
            "Completions": f"{__name__}.completions.completions:Completions",
            "AsyncCompletions": f"{__name__}.completions.completions:AsyncCompletions",
        },
    )

__all__ = [
    "AsyncChat",
    "AsyncCompletions",
    "Chat",
    "Completions",
]
