"""Connections of ``client.realtime``, under openai's names."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias

from sdk_core.operations import Ref

from ..._websockets.connections import (
    AsyncConnection,
    AsyncConnectionManager,
    Connection,
    ConnectionManager,
)
from ._speaking import (
    ConversationItemResource,
    ConversationResource,
    InputAudioBufferResource,
    OutputAudioBufferResource,
    ResponseResource,
    SessionResource,
)

if TYPE_CHECKING:
    from sdk_inference_api.models import RealtimeServerEvent as Event
else:  # would load pydantic
    Event = Any

__all__ = [
    "AsyncRealtimeConnection",
    "AsyncRealtimeConnectionManager",
    "AsyncRealtimeConversationItemResource",
    "AsyncRealtimeConversationResource",
    "AsyncRealtimeInputAudioBufferResource",
    "AsyncRealtimeOutputAudioBufferResource",
    "AsyncRealtimeResponseResource",
    "AsyncRealtimeSessionResource",
    "RealtimeConnection",
    "RealtimeConnectionManager",
    "RealtimeConversationItemResource",
    "RealtimeConversationResource",
    "RealtimeInputAudioBufferResource",
    "RealtimeOutputAudioBufferResource",
    "RealtimeResponseResource",
    "RealtimeSessionResource",
]

Later: TypeAlias = Coroutine[Any, Any, None]

RealtimeSessionResource: TypeAlias = SessionResource[None]
RealtimeResponseResource: TypeAlias = ResponseResource[None]
RealtimeInputAudioBufferResource: TypeAlias = InputAudioBufferResource[None]
RealtimeOutputAudioBufferResource: TypeAlias = OutputAudioBufferResource[None]
RealtimeConversationResource: TypeAlias = ConversationResource[None]
RealtimeConversationItemResource: TypeAlias = ConversationItemResource[None]
AsyncRealtimeSessionResource: TypeAlias = SessionResource[Later]
AsyncRealtimeResponseResource: TypeAlias = ResponseResource[Later]
AsyncRealtimeInputAudioBufferResource: TypeAlias = InputAudioBufferResource[Later]
AsyncRealtimeOutputAudioBufferResource: TypeAlias = OutputAudioBufferResource[Later]
AsyncRealtimeConversationResource: TypeAlias = ConversationResource[Later]
AsyncRealtimeConversationItemResource: TypeAlias = ConversationItemResource[Later]

_EVENT = Ref("sdk_inference_api.models", "RealtimeServerEvent")


class RealtimeConnection(Connection[Event]):
    """A spoken conversation."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.session = RealtimeSessionResource(self)
        self.response = RealtimeResponseResource(self)
        self.input_audio_buffer = RealtimeInputAudioBufferResource(self)
        self.output_audio_buffer = RealtimeOutputAudioBufferResource(self)
        self.conversation = RealtimeConversationResource(self)


class AsyncRealtimeConnection(AsyncConnection[Event]):
    """The asynchronous twin of `RealtimeConnection`."""

    _ref = _EVENT

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.session = AsyncRealtimeSessionResource(self)
        self.response = AsyncRealtimeResponseResource(self)
        self.input_audio_buffer = AsyncRealtimeInputAudioBufferResource(self)
        self.output_audio_buffer = AsyncRealtimeOutputAudioBufferResource(self)
        self.conversation = AsyncRealtimeConversationResource(self)


class RealtimeConnectionManager(ConnectionManager[RealtimeConnection]):
    """What `realtime.connect` returns."""


class AsyncRealtimeConnectionManager(AsyncConnectionManager[AsyncRealtimeConnection]):
    """What `realtime.connect` of an asynchronous client returns."""
