"""A part of a message of a thread, as it came; see `lib.streaming._assistants`."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["MessageContent"]

MessageContent: TypeAlias = dict[str, Any]
