"""Sound: speech, transcriptions and translations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audio import AsyncAudio, Audio
    from .speech import AsyncSpeech, Speech
    from .transcriptions import AsyncTranscriptions, Transcriptions
    from .translations import AsyncTranslations, Translations
else:
    from ..._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Audio": f"{__name__}.audio:Audio",
            "AsyncAudio": f"{__name__}.audio:AsyncAudio",
            "Speech": f"{__name__}.speech:Speech",
            "AsyncSpeech": f"{__name__}.speech:AsyncSpeech",
            "Transcriptions": f"{__name__}.transcriptions:Transcriptions",
            "AsyncTranscriptions": f"{__name__}.transcriptions:AsyncTranscriptions",
            "Translations": f"{__name__}.translations:Translations",
            "AsyncTranslations": f"{__name__}.translations:AsyncTranslations",
        },
    )

__all__ = [
    "AsyncAudio",
    "AsyncSpeech",
    "AsyncTranscriptions",
    "AsyncTranslations",
    "Audio",
    "Speech",
    "Transcriptions",
    "Translations",
]
