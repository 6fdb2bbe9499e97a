"""
``openai.lib.streaming._assistants``: what libraries derive from and name for the streams of OpenAI's assistants.

The assistants are hosted by OpenAI alone, and nothing here runs them: a tracer that knows them can
be imported, and what it derives is never called.
"""

from __future__ import annotations

from typing import Generic, TypeVar

__all__ = [
    "AssistantEventHandler",
    "AssistantStreamManager",
    "AsyncAssistantEventHandler",
    "AsyncAssistantStreamManager",
]


H = TypeVar("H")


class AssistantEventHandler:
    """Is told of the events of a run, where there are runs."""


class AsyncAssistantEventHandler:
    """The asynchronous twin of `AssistantEventHandler`."""


class AssistantStreamManager(Generic[H]):
    """Opens the stream of a run, where there are runs."""


class AsyncAssistantStreamManager(Generic[H]):
    """The asynchronous twin of `AssistantStreamManager`."""
