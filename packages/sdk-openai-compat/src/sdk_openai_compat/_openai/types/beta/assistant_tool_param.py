"""A tool of an assistant, as it is sent; see `lib.streaming._assistants`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

__all__ = ["AssistantToolParam"]

AssistantToolParam: TypeAlias = Mapping[str, object]
