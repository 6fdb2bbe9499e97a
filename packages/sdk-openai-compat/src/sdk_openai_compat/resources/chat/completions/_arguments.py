"""
What the helpers of chat.completions take and pass on to ``create``, for type checkers.

A test holds it to the generated signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Required, TypedDict

from sdk_core.typing import BodyLike, HeadersLike, NotGiven, Omit, QueryLike, TimeoutLike
from sdk_inference_api import models, params

__all__ = ["ChatArguments"]


class ChatArguments(TypedDict, total=False):
    """Arguments of ``chat.completions.create`` that its helpers pass on as they are."""

    model: Required[str]
    messages: Required[Iterable[params.ChatCompletionMessageParam]]
    audio: params.ChatCompletionAudioParam | Omit | None
    frequency_penalty: float | Omit | None
    function_call: (
        models.ChatCompletionFunctionCallMode | params.ChatCompletionFunctionCallOptionParam | Omit
    )
    functions: Iterable[params.FunctionDefinitionParam] | Omit
    logit_bias: Mapping[str, float] | Omit | None
    logprobs: bool | Omit | None
    max_completion_tokens: int | Omit | None
    max_tokens: int | Omit | None
    metadata: Mapping[str, str] | Omit | None
    moderation: params.ModerationParam | Omit | None
    modalities: Sequence[models.ChatCompletionModality] | Omit | None
    n: int | Omit | None
    parallel_tool_calls: bool | Omit | None
    prediction: params.ChatCompletionPredictionContentParam | Omit | None
    presence_penalty: float | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: params.PromptCacheOptionsParam | Omit
    prompt_cache_retention: models.PromptCacheRetention | Omit | None
    reasoning_effort: models.ReasoningEffort | Omit | None
    safety_identifier: str | Omit | None
    seed: int | Omit | None
    service_tier: models.ServiceTier | Omit | None
    stop: str | Sequence[str] | Omit | None
    store: bool | Omit | None
    stream_options: params.ChatCompletionStreamOptionsParam | Omit | None
    temperature: float | Omit | None
    tool_choice: params.ChatCompletionToolChoiceOptionParam | Omit
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    user: str | Omit
    verbosity: models.Verbosity | Omit | None
    web_search_options: params.WebSearchOptionsParam | Omit
    extra_headers: HeadersLike | None
    extra_query: QueryLike | None
    extra_body: BodyLike | None
    timeout: TimeoutLike | NotGiven
