"""Chat completions that come in chunks: their events, and what is made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._completions import (
        AsyncChatCompletionStream,
        AsyncChatCompletionStreamManager,
        ChatCompletionStream,
        ChatCompletionStreamManager,
    )
    from ._events import (
        ChatCompletionStreamEvent,
        ChunkEvent,
        ContentDeltaEvent,
        ContentDoneEvent,
        FunctionToolCallArgumentsDeltaEvent,
        FunctionToolCallArgumentsDoneEvent,
        LogprobsContentDeltaEvent,
        LogprobsContentDoneEvent,
        LogprobsRefusalDeltaEvent,
        LogprobsRefusalDoneEvent,
        RefusalDeltaEvent,
        RefusalDoneEvent,
    )
    from ._state import ChatCompletionStreamState
    from ._types import (
        ParsedChatCompletionMessageSnapshot,
        ParsedChatCompletionSnapshot,
        ParsedChoiceSnapshot,
    )
else:
    from ...._lazy import lazy

    _HOMES = {
        "_completions": (
            "AsyncChatCompletionStream",
            "AsyncChatCompletionStreamManager",
            "ChatCompletionStream",
            "ChatCompletionStreamManager",
        ),
        "_events": (
            "ChatCompletionStreamEvent",
            "ChunkEvent",
            "ContentDeltaEvent",
            "ContentDoneEvent",
            "FunctionToolCallArgumentsDeltaEvent",
            "FunctionToolCallArgumentsDoneEvent",
            "LogprobsContentDeltaEvent",
            "LogprobsContentDoneEvent",
            "LogprobsRefusalDeltaEvent",
            "LogprobsRefusalDoneEvent",
            "RefusalDeltaEvent",
            "RefusalDoneEvent",
        ),
        "_state": ("ChatCompletionStreamState",),
        "_types": (
            "ParsedChatCompletionMessageSnapshot",
            "ParsedChatCompletionSnapshot",
            "ParsedChoiceSnapshot",
        ),
    }
    __getattr__, __dir__ = lazy(
        __name__,
        {name: f"{__name__}.{home}:{name}" for home, names in _HOMES.items() for name in names},
    )

__all__ = [
    "AsyncChatCompletionStream",
    "AsyncChatCompletionStreamManager",
    "ChatCompletionStream",
    "ChatCompletionStreamEvent",
    "ChatCompletionStreamManager",
    "ChatCompletionStreamState",
    "ChunkEvent",
    "ContentDeltaEvent",
    "ContentDoneEvent",
    "FunctionToolCallArgumentsDeltaEvent",
    "FunctionToolCallArgumentsDoneEvent",
    "LogprobsContentDeltaEvent",
    "LogprobsContentDoneEvent",
    "LogprobsRefusalDeltaEvent",
    "LogprobsRefusalDoneEvent",
    "ParsedChatCompletionMessageSnapshot",
    "ParsedChatCompletionSnapshot",
    "ParsedChoiceSnapshot",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
]
