"""A message that a thread begins with, as it is sent; see `lib.streaming._assistants`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

__all__ = ["Message"]

Message: TypeAlias = Mapping[str, object]
