"""Types of chat completions; each is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdk_inference_api.models import (
        ChatCompletion,
        ChatCompletionAudio,
        ChatCompletionChunk,
        ChatCompletionMessage,
        ChatCompletionMessageCustomToolCall,
        ChatCompletionMessageFunctionToolCall,
        ChatCompletionModality,
        ChatCompletionRole,
        ChatCompletionTokenLogprob,
    )
    from sdk_inference_api.models import (
        ChatCompletionMessageFunctionToolCall as ChatCompletionMessageToolCall,
    )
    from sdk_inference_api.models import (
        ChatCompletionMessageToolCall as ChatCompletionMessageToolCallUnion,
    )
    from sdk_inference_api.models import ReasoningEffort as ChatCompletionReasoningEffort
    from sdk_inference_api.params import (
        ChatCompletionAllowedToolChoiceParam,
        ChatCompletionAllowedToolsParam,
        ChatCompletionAssistantMessageParam,
        ChatCompletionAudioParam,
        ChatCompletionContentPartImageParam,
        ChatCompletionContentPartInputAudioParam,
        ChatCompletionContentPartParam,
        ChatCompletionContentPartRefusalParam,
        ChatCompletionContentPartTextParam,
        ChatCompletionCustomToolParam,
        ChatCompletionDeveloperMessageParam,
        ChatCompletionFunctionCallOptionParam,
        ChatCompletionFunctionMessageParam,
        ChatCompletionFunctionToolParam,
        ChatCompletionMessageCustomToolCallParam,
        ChatCompletionMessageFunctionToolCallParam,
        ChatCompletionMessageParam,
        ChatCompletionNamedToolChoiceCustomParam,
        ChatCompletionNamedToolChoiceParam,
        ChatCompletionPredictionContentParam,
        ChatCompletionStreamOptionsParam,
        ChatCompletionSystemMessageParam,
        ChatCompletionToolChoiceOptionParam,
        ChatCompletionToolMessageParam,
        ChatCompletionToolUnionParam,
        ChatCompletionUserMessageParam,
    )
    from sdk_inference_api.params import ChatCompletionFunctionToolParam as ChatCompletionToolParam
    from sdk_inference_api.params import (
        ChatCompletionMessageFunctionToolCallParam as ChatCompletionMessageToolCallParam,
    )
    from sdk_inference_api.params import (
        ChatCompletionMessageToolCallParam as ChatCompletionMessageToolCallUnionParam,
    )
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "ChatCompletion": "sdk_inference_api.models:ChatCompletion",
            "ChatCompletionAllowedToolChoiceParam": "sdk_inference_api.params:ChatCompletionAllowedToolChoiceParam",
            "ChatCompletionAllowedToolsParam": "sdk_inference_api.params:ChatCompletionAllowedToolsParam",
            "ChatCompletionAssistantMessageParam": "sdk_inference_api.params:ChatCompletionAssistantMessageParam",
            "ChatCompletionAudio": "sdk_inference_api.models:ChatCompletionAudio",
            "ChatCompletionAudioParam": "sdk_inference_api.params:ChatCompletionAudioParam",
            "ChatCompletionChunk": "sdk_inference_api.models:ChatCompletionChunk",
            "ChatCompletionContentPartImageParam": "sdk_inference_api.params:ChatCompletionContentPartImageParam",
            "ChatCompletionContentPartInputAudioParam": "sdk_inference_api.params:ChatCompletionContentPartInputAudioParam",
            "ChatCompletionContentPartParam": "sdk_inference_api.params:ChatCompletionContentPartParam",
            "ChatCompletionContentPartRefusalParam": "sdk_inference_api.params:ChatCompletionContentPartRefusalParam",
            "ChatCompletionContentPartTextParam": "sdk_inference_api.params:ChatCompletionContentPartTextParam",
            "ChatCompletionCustomToolParam": "sdk_inference_api.params:ChatCompletionCustomToolParam",
            "ChatCompletionDeveloperMessageParam": "sdk_inference_api.params:ChatCompletionDeveloperMessageParam",
            "ChatCompletionFunctionCallOptionParam": "sdk_inference_api.params:ChatCompletionFunctionCallOptionParam",
            "ChatCompletionFunctionMessageParam": "sdk_inference_api.params:ChatCompletionFunctionMessageParam",
            "ChatCompletionFunctionToolParam": "sdk_inference_api.params:ChatCompletionFunctionToolParam",
            "ChatCompletionMessage": "sdk_inference_api.models:ChatCompletionMessage",
            "ChatCompletionMessageCustomToolCall": "sdk_inference_api.models:ChatCompletionMessageCustomToolCall",
            "ChatCompletionMessageCustomToolCallParam": "sdk_inference_api.params:ChatCompletionMessageCustomToolCallParam",
            "ChatCompletionMessageFunctionToolCall": "sdk_inference_api.models:ChatCompletionMessageFunctionToolCall",
            "ChatCompletionMessageFunctionToolCallParam": "sdk_inference_api.params:ChatCompletionMessageFunctionToolCallParam",
            "ChatCompletionMessageParam": "sdk_inference_api.params:ChatCompletionMessageParam",
            "ChatCompletionMessageToolCall": "sdk_inference_api.models:ChatCompletionMessageFunctionToolCall",
            "ChatCompletionMessageToolCallParam": "sdk_inference_api.params:ChatCompletionMessageFunctionToolCallParam",
            "ChatCompletionMessageToolCallUnion": "sdk_inference_api.models:ChatCompletionMessageToolCall",
            "ChatCompletionMessageToolCallUnionParam": "sdk_inference_api.params:ChatCompletionMessageToolCallParam",
            "ChatCompletionModality": "sdk_inference_api.models:ChatCompletionModality",
            "ChatCompletionNamedToolChoiceCustomParam": "sdk_inference_api.params:ChatCompletionNamedToolChoiceCustomParam",
            "ChatCompletionNamedToolChoiceParam": "sdk_inference_api.params:ChatCompletionNamedToolChoiceParam",
            "ChatCompletionPredictionContentParam": "sdk_inference_api.params:ChatCompletionPredictionContentParam",
            "ChatCompletionReasoningEffort": "sdk_inference_api.models:ReasoningEffort",
            "ChatCompletionRole": "sdk_inference_api.models:ChatCompletionRole",
            "ChatCompletionStreamOptionsParam": "sdk_inference_api.params:ChatCompletionStreamOptionsParam",
            "ChatCompletionSystemMessageParam": "sdk_inference_api.params:ChatCompletionSystemMessageParam",
            "ChatCompletionTokenLogprob": "sdk_inference_api.models:ChatCompletionTokenLogprob",
            "ChatCompletionToolChoiceOptionParam": "sdk_inference_api.params:ChatCompletionToolChoiceOptionParam",
            "ChatCompletionToolMessageParam": "sdk_inference_api.params:ChatCompletionToolMessageParam",
            "ChatCompletionToolParam": "sdk_inference_api.params:ChatCompletionFunctionToolParam",
            "ChatCompletionToolUnionParam": "sdk_inference_api.params:ChatCompletionToolUnionParam",
            "ChatCompletionUserMessageParam": "sdk_inference_api.params:ChatCompletionUserMessageParam",
        },
    )

__all__ = [
    "ChatCompletion",
    "ChatCompletionAllowedToolChoiceParam",
    "ChatCompletionAllowedToolsParam",
    "ChatCompletionAssistantMessageParam",
    "ChatCompletionAudio",
    "ChatCompletionAudioParam",
    "ChatCompletionChunk",
    "ChatCompletionContentPartImageParam",
    "ChatCompletionContentPartInputAudioParam",
    "ChatCompletionContentPartParam",
    "ChatCompletionContentPartRefusalParam",
    "ChatCompletionContentPartTextParam",
    "ChatCompletionCustomToolParam",
    "ChatCompletionDeveloperMessageParam",
    "ChatCompletionFunctionCallOptionParam",
    "ChatCompletionFunctionMessageParam",
    "ChatCompletionFunctionToolParam",
    "ChatCompletionMessage",
    "ChatCompletionMessageCustomToolCall",
    "ChatCompletionMessageCustomToolCallParam",
    "ChatCompletionMessageFunctionToolCall",
    "ChatCompletionMessageFunctionToolCallParam",
    "ChatCompletionMessageParam",
    "ChatCompletionMessageToolCall",
    "ChatCompletionMessageToolCallParam",
    "ChatCompletionMessageToolCallUnion",
    "ChatCompletionMessageToolCallUnionParam",
    "ChatCompletionModality",
    "ChatCompletionNamedToolChoiceCustomParam",
    "ChatCompletionNamedToolChoiceParam",
    "ChatCompletionPredictionContentParam",
    "ChatCompletionReasoningEffort",
    "ChatCompletionRole",
    "ChatCompletionStreamOptionsParam",
    "ChatCompletionSystemMessageParam",
    "ChatCompletionTokenLogprob",
    "ChatCompletionToolChoiceOptionParam",
    "ChatCompletionToolMessageParam",
    "ChatCompletionToolParam",
    "ChatCompletionToolUnionParam",
    "ChatCompletionUserMessageParam",
]
