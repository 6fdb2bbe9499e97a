"""``client.audio.speech``: text to sound."""

from __future__ import annotations

from sdk_inference_api.resources.audio.speech import AsyncSpeech, Speech

__all__ = ["AsyncSpeech", "Speech"]
