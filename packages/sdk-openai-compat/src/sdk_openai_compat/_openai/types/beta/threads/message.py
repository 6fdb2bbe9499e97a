"""A message of a thread, for libraries that know one by its type; see `lib.streaming._assistants`."""

from __future__ import annotations

from sdk_core.models import BaseModel

from .message_content import MessageContent

__all__ = ["Message"]


class Message(BaseModel):
    """A message of a thread."""

    id: str
    thread_id: str
    role: str
    content: list[MessageContent]
