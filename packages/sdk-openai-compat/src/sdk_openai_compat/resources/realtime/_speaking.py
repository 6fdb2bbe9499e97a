"""What a caller says in a spoken conversation; each class serves both colours."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from sdk_core.typing import Omit, omit

from ..._websockets.speaking import Speaking

if TYPE_CHECKING:
    from sdk_inference_api import params

__all__ = [
    "ConversationItemResource",
    "ConversationResource",
    "InputAudioBufferResource",
    "OutputAudioBufferResource",
    "ResponseResource",
    "SessionResource",
]

R = TypeVar("R")


class SessionResource(Speaking[R]):
    """``connection.session``."""

    def update(self, *, session: params.RealtimeSessionParam, event_id: str | Omit = omit) -> R:
        """
        Change the session; ``session.updated`` answers.

        Args:
            session: What is to change; the rest stays.
            event_id: An identifier of yours, which an error repeats.
        """
        return self._say("session.update", {"session": session, "event_id": event_id})


class ResponseResource(Speaking[R]):
    """``connection.response``."""

    def create(
        self,
        *,
        event_id: str | Omit = omit,
        response: params.RealtimeResponseCreateParamsParam | Omit = omit,
    ) -> R:
        """
        Let the model answer; ``response.created`` and more follow, ``response.done`` at last.

        Args:
            event_id: An identifier of yours, which an error repeats.
            response: How to answer; what is left out is as in the session.
        """
        return self._say("response.create", {"event_id": event_id, "response": response})

    def cancel(self, *, event_id: str | Omit = omit, response_id: str | Omit = omit) -> R:
        """
        Stop an answer; ``response.done`` says that it was cancelled.

        Args:
            event_id: An identifier of yours, which an error repeats.
            response_id: Of the answer. Default: the one in progress.
        """
        return self._say("response.cancel", {"event_id": event_id, "response_id": response_id})


class InputAudioBufferResource(Speaking[R]):
    """``connection.input_audio_buffer``."""

    def append(self, *, audio: str, event_id: str | Omit = omit) -> R:
        """
        Send the next piece of the user's voice; nothing answers.

        Args:
            audio: The sound as base64, in the format of the session's input.
            event_id: An identifier of yours, which an error repeats.
        """
        return self._say("input_audio_buffer.append", {"audio": audio, "event_id": event_id})

    def commit(self, *, event_id: str | Omit = omit) -> R:
        """Make a message of the sound that was sent; ``input_audio_buffer.committed`` answers."""
        return self._say("input_audio_buffer.commit", {"event_id": event_id})

    def clear(self, *, event_id: str | Omit = omit) -> R:
        """Throw away the sound that was sent; ``input_audio_buffer.cleared`` answers."""
        return self._say("input_audio_buffer.clear", {"event_id": event_id})


class OutputAudioBufferResource(Speaking[R]):
    """``connection.output_audio_buffer``."""

    def clear(self, *, event_id: str | Omit = omit) -> R:
        """Throw away what has not been played yet; ``output_audio_buffer.cleared`` answers."""
        return self._say("output_audio_buffer.clear", {"event_id": event_id})


class ConversationItemResource(Speaking[R]):
    """``connection.conversation.item``."""

    def create(
        self,
        *,
        item: params.RealtimeConversationItemParam,
        event_id: str | Omit = omit,
        previous_item_id: str | Omit = omit,
    ) -> R:
        """
        Add an item; ``conversation.item.added`` and ``.done`` answer.

        Args:
            item: A message, a call of a function or its result.
            event_id: An identifier of yours, which an error repeats.
            previous_item_id: Of the item behind which to put it. Default: the last one.
        """
        members = {"item": item, "event_id": event_id, "previous_item_id": previous_item_id}
        return self._say("conversation.item.create", members)

    def delete(self, *, item_id: str, event_id: str | Omit = omit) -> R:
        """Take an item out; ``conversation.item.deleted`` answers."""
        return self._say("conversation.item.delete", {"item_id": item_id, "event_id": event_id})

    def retrieve(self, *, item_id: str, event_id: str | Omit = omit) -> R:
        """Ask for an item; ``conversation.item.retrieved`` answers."""
        return self._say("conversation.item.retrieve", {"item_id": item_id, "event_id": event_id})

    def truncate(
        self, *, audio_end_ms: int, content_index: int, item_id: str, event_id: str | Omit = omit
    ) -> R:
        """
        Cut the sound of an answer to what the user heard; ``conversation.item.truncated`` answers.

        Args:
            audio_end_ms: Where to cut, in milliseconds.
            content_index: Position of the part in the item, from 0.
            item_id: Of the answer's item.
            event_id: An identifier of yours, which an error repeats.
        """
        members = {
            "audio_end_ms": audio_end_ms,
            "content_index": content_index,
            "item_id": item_id,
            "event_id": event_id,
        }
        return self._say("conversation.item.truncate", members)


class ConversationResource(Speaking[R]):
    """``connection.conversation``."""

    @cached_property
    def item(self) -> ConversationItemResource[R]:
        """The items of the conversation."""
        return ConversationItemResource(self._connection)
