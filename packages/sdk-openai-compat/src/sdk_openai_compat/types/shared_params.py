"""Parts of arguments that several operations share."""

from __future__ import annotations

from sdk_inference_api.models import ReasoningEffort
from sdk_inference_api.params import FunctionDefinitionParam as FunctionDefinition
from sdk_inference_api.params import ResponseFormatJSONObjectParam as ResponseFormatJSONObject
from sdk_inference_api.params import ResponseFormatJSONSchemaParam as ResponseFormatJSONSchema
from sdk_inference_api.params import ResponseFormatTextParam as ResponseFormatText

__all__ = [
    "FunctionDefinition",
    "ReasoningEffort",
    "ResponseFormatJSONObject",
    "ResponseFormatJSONSchema",
    "ResponseFormatText",
]
