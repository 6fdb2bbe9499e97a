"""What a pass changed."""

from __future__ import annotations

import attrs

__all__ = ["Repair"]


@attrs.frozen
class Repair:
    """
    One change to the document that its author may want to know of.

    Attributes:
        pointer: Where, as a URI fragment without the ``#``.
        reason: What was there and what was made of it.
    """

    pointer: str
    reason: str

    def __str__(self) -> str:
        return f"#{self.pointer}: {self.reason}"
