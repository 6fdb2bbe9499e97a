"""An assistant, for libraries that know one by its type; see `lib.streaming._assistants`."""

from __future__ import annotations

from sdk_core.models import BaseModel

__all__ = ["Assistant"]


class Assistant(BaseModel):
    """An assistant."""

    id: str
    model: str
    name: str | None = None
    instructions: str | None = None
