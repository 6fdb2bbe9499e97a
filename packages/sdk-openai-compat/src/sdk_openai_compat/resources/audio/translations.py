"""``client.audio.translations``: sound to English text."""

from __future__ import annotations

from sdk_inference_api.resources.audio.translations import AsyncTranslations, Translations

__all__ = ["AsyncTranslations", "Translations"]
