"""The events of a streamed transcription; imported when the first one is decoded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from sdk_inference_api import models


def typed(event: Any) -> Any:
    """
    Return an *event* that is a chunk of choices, as vLLM sends them, as one with new text.

    Its choices stay where they are: programs for such servers read them.
    """
    if not isinstance(event, Mapping) or "type" in event:
        return event
    choices = event.get("choices")
    if not isinstance(choices, list):
        return event
    pieces = [
        each["delta"].get("content")
        for each in choices
        if isinstance(each, Mapping) and isinstance(each.get("delta"), Mapping)
    ]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    return {"type": "transcript.text.delta", "delta": text, **event}


TranscriptionStreamEvent: TypeAlias = Annotated[
    models.TranscriptionStreamEvent, BeforeValidator(typed)
]
