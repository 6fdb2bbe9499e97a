"""Names of what is still coming; the classes are those of what is complete."""

from __future__ import annotations

from typing import TypeAlias

from ..._chat_models import ParsedChatCompletion, ParsedChatCompletionMessage, ParsedChoice

__all__ = [
    "ParsedChatCompletionMessageSnapshot",
    "ParsedChatCompletionSnapshot",
    "ParsedChoiceSnapshot",
]

ParsedChatCompletionSnapshot: TypeAlias = ParsedChatCompletion[object]
ParsedChatCompletionMessageSnapshot: TypeAlias = ParsedChatCompletionMessage[object]
ParsedChoiceSnapshot: TypeAlias = ParsedChoice[object]
