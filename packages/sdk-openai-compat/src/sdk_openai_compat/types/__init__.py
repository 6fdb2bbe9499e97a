"""Types of answers and arguments under openai's names; each is imported when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdk_inference_api.models import (
        Completion,
        CompletionChoice,
        CompletionUsage,
        ErrorObject,
        Model,
        ModelDeleted,
        ReasoningEffort,
    )
    from sdk_openai_compat._vectors import CreateEmbeddingResponse, Embedding

    from . import chat, shared_params
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "chat": f"{__name__}.chat",
            "shared_params": f"{__name__}.shared_params",
            "Completion": "sdk_inference_api.models:Completion",
            "CompletionChoice": "sdk_inference_api.models:CompletionChoice",
            "CompletionUsage": "sdk_inference_api.models:CompletionUsage",
            "CreateEmbeddingResponse": "sdk_openai_compat._vectors:CreateEmbeddingResponse",
            "Embedding": "sdk_openai_compat._vectors:Embedding",
            "ErrorObject": "sdk_inference_api.models:ErrorObject",
            "Model": "sdk_inference_api.models:Model",
            "ModelDeleted": "sdk_inference_api.models:ModelDeleted",
            "ReasoningEffort": "sdk_inference_api.models:ReasoningEffort",
        },
    )

__all__ = [
    "Completion",
    "CompletionChoice",
    "CompletionUsage",
    "CreateEmbeddingResponse",
    "Embedding",
    "ErrorObject",
    "Model",
    "ModelDeleted",
    "ReasoningEffort",
    "chat",
    "shared_params",
]
