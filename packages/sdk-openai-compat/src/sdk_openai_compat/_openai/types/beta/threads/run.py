"""A run of an assistant on a thread, for libraries that know one by its type; see `lib.streaming._assistants`."""

from __future__ import annotations

from sdk_core.models import BaseModel

__all__ = ["Run"]


class Run(BaseModel):
    """A run of an assistant on a thread."""

    id: str
    assistant_id: str
    thread_id: str
    status: str
