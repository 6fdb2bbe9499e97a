"""The parts of a whole answer."""

from __future__ import annotations

from sdk_inference_api.models import ChatCompletion, ChoiceLogprobs
from sdk_inference_api.models import ChatCompletionChoice as Choice

__all__ = ["ChatCompletion", "Choice", "ChoiceLogprobs"]
