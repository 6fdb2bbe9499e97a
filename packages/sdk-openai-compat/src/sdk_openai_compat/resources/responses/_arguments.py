"""
What the helpers of responses take and pass on to ``create``, for type checkers.

A test holds it to the generated signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypedDict

from sdk_core.typing import BodyLike, HeadersLike, NotGiven, Omit, QueryLike, TimeoutLike
from sdk_inference_api import models, params

__all__ = ["ResponseArguments"]


class ResponseArguments(TypedDict, total=False):
    """Arguments of ``responses.create`` that its helpers pass on as they are."""

    model: str | Omit
    input: params.ResponseInputParam | Omit
    access_programs: params.ResponseAccessProgramsParam | Omit
    background: bool | Omit | None
    context_management: Iterable[params.ContextManagementParam] | Omit | None
    conversation: params.ResponseConversationReferenceParam | Omit | None
    image: params.ResponseImageOptionsParam | Omit
    include: Sequence[models.ResponseIncludable] | Omit | None
    instructions: str | Omit | None
    max_output_tokens: int | Omit | None
    max_tool_calls: int | Omit | None
    metadata: Mapping[str, str] | Omit | None
    moderation: params.ModerationParam | Omit | None
    parallel_tool_calls: bool | Omit | None
    previous_response_id: str | Omit | None
    prompt: params.ResponsePromptParam | Omit | None
    prompt_cache_key: str | Omit | None
    prompt_cache_options: params.PromptCacheOptionsParam | Omit
    prompt_cache_retention: models.PromptCacheRetention | Omit | None
    reasoning: params.ReasoningParam | Omit | None
    safety_identifier: str | Omit | None
    service_tier: models.ServiceTier | Omit | None
    store: bool | Omit | None
    stream_options: params.ResponseStreamOptionsParam | Omit | None
    temperature: float | Omit | None
    tool_choice: params.ToolChoiceParam | Omit
    top_logprobs: int | Omit | None
    top_p: float | Omit | None
    truncation: models.ResponseTruncation | Omit | None
    user: str | Omit
    extra_headers: HeadersLike | None
    extra_query: QueryLike | None
    extra_body: BodyLike | None
    timeout: TimeoutLike | NotGiven
