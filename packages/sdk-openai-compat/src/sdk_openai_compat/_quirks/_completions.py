"""The chunks of a streamed text completion, mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._answers import mend_completion

__all__ = ["CompletionChunks"]


class CompletionChunks:
    """
    Mends the chunks of one stream, one after the other; see `ChatChunks`.

    Args:
        strict: Refuse what would be mended.
        told: As there.
    """

    def __init__(
        self, *, strict: bool = False, told: Callable[[CompletionChunks, Any], None] | None = None
    ) -> None:
        self.finished: set[int] = set()
        self.counted = False
        self._strict = strict
        self._told = told
        self._begun = False

    def mend(self, chunk: Any, data: bytes) -> Any:
        """Return *chunk*, a `Completion`, changed where it was odd; None if it says nothing."""
        if not self._strict and not chunk.choices and "choices" not in chunk.model_fields_set:
            return chunk if chunk.usage is not None else None
        mend_completion(chunk, data, strict=self._strict)
        self.finished.update(c.index for c in chunk.choices if c.finish_reason is not None)
        first, self._begun = not self._begun, True
        if self._told is not None and (first or self.finished):
            self.counted = self.counted or chunk.usage is not None
            self._told(self, chunk)
        return chunk
