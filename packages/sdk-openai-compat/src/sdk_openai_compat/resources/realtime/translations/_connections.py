"""Connections of ``client.realtime.translations``, under openai's names."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sdk_core.operations import Ref
from sdk_core.typing import Omit, omit

from ...._websockets.connections import (
    AsyncConnection,
    AsyncConnectionManager,
    Connection,
    ConnectionManager,
)
from ...._websockets.speaking import Speaking

R = TypeVar("R")

if TYPE_CHECKING:
    from sdk_inference_api import params
    from sdk_inference_api.models import RealtimeTranslationServerEvent as Event
else:  # would load pydantic
    Event = Any

__all__ = [
    "AsyncTranslationsConnection",
    "AsyncTranslationsConnectionManager",
    "AsyncTranslationsSessionInputAudioBufferResource",
    "AsyncTranslationsSessionResource",
    "TranslationsConnection",
    "TranslationsConnectionManager",
    "TranslationsSessionInputAudioBufferResource",
    "TranslationsSessionResource",
]


class InputAudioBufferResource(Speaking[R]):
    """``connection.session.input_audio_buffer``; one class for both colours."""

    def append(self, *, audio: str, event_id: str | Omit = omit) -> R:
        """
        Send the next piece of the user's voice; nothing answers.

        Args:
            audio: The sound as base64: samples of 16 bits, 24000 in a second.
            event_id: An identifier of yours, which an error repeats.
        """
        members = {"audio": audio, "event_id": event_id}
        return self._say("session.input_audio_buffer.append", members)


class SessionResource(Speaking[R]):
    """``connection.session``; one class for both colours."""

    @cached_property
    def input_audio_buffer(self) -> InputAudioBufferResource[R]:
        """What the user says."""
        return InputAudioBufferResource(self._connection)

    def update(
        self,
        *,
        session: params.RealtimeTranslationSessionUpdateRequestParam,
        event_id: str | Omit = omit,
    ) -> R:
        """
        Change the session; ``session.updated`` answers.

        Args:
            session: What is to change; the rest stays.
            event_id: An identifier of yours, which an error repeats.
        """
        return self._say("session.update", {"session": session, "event_id": event_id})

    def close(self, *, event_id: str | Omit = omit) -> R:
        """Say that no more will come; once all is translated, ``session.closed`` answers."""
        return self._say("session.close", {"event_id": event_id})


Later: TypeAlias = Coroutine[Any, Any, None]

TranslationsSessionResource: TypeAlias = SessionResource[None]
TranslationsSessionInputAudioBufferResource: TypeAlias = InputAudioBufferResource[None]
AsyncTranslationsSessionResource: TypeAlias = SessionResource[Later]
AsyncTranslationsSessionInputAudioBufferResource: TypeAlias = InputAudioBufferResource[Later]

_EVENT = Ref("sdk_inference_api.models", "RealtimeTranslationServerEvent")


class TranslationsConnection(Connection[Event]):
    """Speech that is translated while it is spoken."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.session = TranslationsSessionResource(self)


class AsyncTranslationsConnection(AsyncConnection[Event]):
    """The asynchronous twin of `TranslationsConnection`."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.session = AsyncTranslationsSessionResource(self)


class TranslationsConnectionManager(ConnectionManager[TranslationsConnection]):
    """What `realtime.translations.connect` returns."""


class AsyncTranslationsConnectionManager(AsyncConnectionManager[AsyncTranslationsConnection]):
    """What `realtime.translations.connect` of an asynchronous client returns."""
