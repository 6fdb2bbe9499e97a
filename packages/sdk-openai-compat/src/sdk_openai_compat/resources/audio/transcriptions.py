"""``client.audio.transcriptions``: sound to text."""

from __future__ import annotations

from sdk_inference_api.resources.audio.transcriptions import AsyncTranscriptions, Transcriptions

__all__ = ["AsyncTranscriptions", "Transcriptions"]
