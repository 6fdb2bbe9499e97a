"""Errors of WebSockets, beside those of `sdk_core.websockets`."""

from __future__ import annotations

from collections.abc import Sequence

from sdk_core.errors import SDKError

__all__ = ["WebSocketConnectionClosedError", "WebSocketQueueFullError"]


class WebSocketConnectionClosedError(SDKError):
    """
    A WebSocket is closed, and messages are left that were never sent; the cause says why.

    They are no part of the message or of ``repr()``.

    Attributes:
        unsent_frames: The messages in their order, text and bytes as they were given.
        unsent_messages: The same as text, without those that are none.
    """

    unsent_frames: list[str | bytes]

    def __init__(self, message: str, *, unsent_messages: Sequence[str | bytes]) -> None:
        super().__init__(message)
        self.unsent_frames = list(unsent_messages)

    @property
    def unsent_messages(self) -> list[str]:
        """The messages that are text."""
        found = [_text(frame) for frame in self.unsent_frames]
        return [text for text in found if text is not None]


class WebSocketQueueFullError(SDKError):
    """Too much was sent while there was no connection; this message was not kept."""


def _text(frame: str | bytes) -> str | None:
    if isinstance(frame, str):
        return frame
    try:
        return frame.decode()
    except UnicodeDecodeError:
        return None
