"""``client.audio``: sound from text, and text from sound."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdk_inference_api.resources.audio import AsyncAudio as GeneratedAsyncAudio
from sdk_inference_api.resources.audio import Audio as GeneratedAudio

if TYPE_CHECKING:
    from .speech import AsyncSpeech, Speech
    from .transcriptions import AsyncTranscriptions, Transcriptions
    from .translations import AsyncTranslations, Translations

__all__ = ["AsyncAudio", "Audio"]


class Audio(GeneratedAudio):
    """Sound from text, and text from sound."""

    @cached_property
    def speech(self) -> Speech:
        """Text to sound."""
        from .speech import Speech  # noqa: PLC0415  # lazy, as the generated tree is

        return Speech(self._client, self._mode)

    @cached_property
    def transcriptions(self) -> Transcriptions:
        """Sound to text."""
        from .transcriptions import Transcriptions  # noqa: PLC0415  # lazy, as the generated tree is

        return Transcriptions(self._client, self._mode)

    @cached_property
    def translations(self) -> Translations:
        """Sound to English text."""
        from .translations import Translations  # noqa: PLC0415  # lazy, as the generated tree is

        return Translations(self._client, self._mode)


class AsyncAudio(GeneratedAsyncAudio):
    """The asynchronous twin of `Audio`."""

    @cached_property
    def speech(self) -> AsyncSpeech:
        """Text to sound."""
        from .speech import AsyncSpeech  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncSpeech(self._client, self._mode)

    @cached_property
    def transcriptions(self) -> AsyncTranscriptions:
        """Sound to text."""
        from .transcriptions import AsyncTranscriptions  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncTranscriptions(self._client, self._mode)

    @cached_property
    def translations(self) -> AsyncTranslations:
        """Sound to English text."""
        from .translations import AsyncTranslations  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncTranslations(self._client, self._mode)
