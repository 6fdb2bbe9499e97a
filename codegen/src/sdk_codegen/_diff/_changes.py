"""A change that users of a generated package see."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, Literal, TypeAlias

import attrs

__all__ = ["Change", "Impact", "Section", "code", "worst"]

Section: TypeAlias = Literal["Removed", "Changed", "Added", "Deprecated"]
"""Of a changelog entry."""


class Impact(IntEnum):
    """What a change means to code that uses the package; the greater, the worse."""

    COSMETIC = 1
    """Documentation and order."""

    ADDITIVE = 2
    """Code goes on to work and to type-check; there may be more that it can use."""

    BREAKING = 3
    """Code may have to change."""

    @property
    def word(self) -> str:
        """The word for it in reports."""
        return self.name.lower()


@attrs.frozen
class Change:
    """
    One change.

    Attributes:
        kind: What happened to what, such as ``argument-removed``.
        impact: What that means to users.
        section: Where a changelog tells of it.
        name: What it happened to, in Python: ``client.chat.completions.create(model)`` or
            ``models.Choice.index``.
        text: The same as a sentence.
        old: Where the old document has it, as a URI fragment without the ``#``; ``None`` where it
            has not.
        new: Where the new one has it.
    """

    kind: str
    impact: Impact
    section: Section
    name: str
    text: str
    old: str | None
    new: str | None

    @classmethod
    def of(
        cls, kind: str, impact: Impact, name: str, text: str, old: str | None, new: str | None
    ) -> Change:
        """Return a change whose *kind* says where a changelog tells of it."""
        return cls(kind, impact, _section(kind, impact), name, text, old, new)

    def value(self) -> dict[str, Any]:
        """Return the change as JSON has it."""
        return {
            "kind": self.kind,
            "class": self.impact.word,
            "name": self.name,
            "text": self.text,
            "old": self.old,
            "new": self.new,
        }


def _section(kind: str, impact: Impact) -> Section:
    verb = kind.rpartition("-")[2]
    if verb == "removed":
        return "Removed"
    if verb == "deprecated":
        return "Deprecated"
    # What is new and breaks code, such as an argument that has to be given, is a change to it.
    return "Added" if verb == "added" and impact is not Impact.BREAKING else "Changed"


def code(text: str) -> str:
    """Return a name, or a value, that may be of a document as code in a sentence of one line."""
    printable = "".join(char if char.isprintable() else " " for char in text)
    return f"`{printable.replace('`', chr(39))}`"


def worst(changes: Iterable[Change]) -> Impact | None:
    """Return the greatest impact; ``None`` without changes."""
    return max((change.impact for change in changes), default=None)
