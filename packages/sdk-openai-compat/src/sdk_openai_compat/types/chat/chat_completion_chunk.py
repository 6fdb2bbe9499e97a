"""The parts of one piece of a streamed answer."""

from __future__ import annotations

from sdk_inference_api.models import (
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChoiceLogprobs,
)
from sdk_inference_api.models import ChatCompletionChunkChoice as Choice
from sdk_inference_api.models import ChoiceDeltaFunctionCall as ChoiceDeltaToolCallFunction

__all__ = [
    "ChatCompletionChunk",
    "Choice",
    "ChoiceDelta",
    "ChoiceDeltaToolCall",
    "ChoiceDeltaToolCallFunction",
    "ChoiceLogprobs",
]
