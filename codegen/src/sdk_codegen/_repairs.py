"""What a pass changed."""

from __future__ import annotations

import attrs

from ._pointers import printed

__all__ = ["Repair"]

LONGEST = 300
"""Characters of a reason: it may quote the document, which may hold anything there."""


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


@attrs.frozen
class Repair:
    """
    One change to the document that its author may want to know of.

    Attributes:
        pointer: Where, as a URI fragment without the ``#``.
        reason: What was there and what was made of it.
    """

    pointer: str
    reason: str = attrs.field(converter=_line)

    def __str__(self) -> str:
        return f"#{printed(self.pointer)}: {self.reason}"
