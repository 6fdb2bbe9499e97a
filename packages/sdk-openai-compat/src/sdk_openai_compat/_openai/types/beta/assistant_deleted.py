"""That an assistant was deleted, for libraries that know it by its type; see `lib.streaming._assistants`."""

from __future__ import annotations

from sdk_core.models import BaseModel

__all__ = ["AssistantDeleted"]


class AssistantDeleted(BaseModel):
    """That an assistant was deleted."""

    id: str
    deleted: bool
