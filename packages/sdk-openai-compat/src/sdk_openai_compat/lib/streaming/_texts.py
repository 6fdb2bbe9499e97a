"""What grows while a stream comes: texts, and members that nobody declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Text", "merged", "text_of"]

_NAMES = frozenset({"format", "id", "index", "model", "name", "object", "role", "status", "type"})
"""Members of an object that name something: a later one stands for it, and is not appended."""


class Text:
    """
    A text that comes in pieces; reading it at each piece takes a time linear in its length.

    Attributes:
        length: Characters that have come.
    """

    __slots__ = ("_pieces", "_whole", "length")

    def __init__(self) -> None:
        self.length = 0
        self._pieces: list[str] = []
        self._whole = ""

    def add(self, piece: str) -> None:
        """Append a *piece*."""
        self._pieces.append(piece)
        self.length += len(piece)

    def upto(self, end: int) -> str:
        """Return the first *end* characters."""
        if self._pieces:
            # A local name is then the only one for the text, and Python makes it longer in place.
            whole, self._whole = self._whole, ""
            whole += "".join(self._pieces)
            self._whole = whole
            self._pieces.clear()
        return self._whole[:end]

    def whole(self) -> str:
        """Return all that has come."""
        return self.upto(self.length)


def text_of(value: Any) -> str:
    """Return the text of what some servers send as a list of parts."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else [value]
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def merged(old: Any, new: Any) -> Any:
    """
    Return what two pieces of an undeclared member say together.

    Texts are appended, objects merged member by member, lists by the ``index`` of their elements or
    else appended; of anything else the last one counts. None says nothing.
    """
    if new is None or old is None:
        return old if new is None else _copied(new)
    if isinstance(old, str) and isinstance(new, str):
        return old + new
    if isinstance(old, dict) and isinstance(new, Mapping):
        for name, value in new.items():
            known = None if name in _NAMES and value not in (None, "") else old.get(name)
            old[name] = merged(known, value)
        return old
    if isinstance(old, list) and isinstance(new, list):
        for element in new:
            _insert(old, element)
        return old
    return new


def _insert(elements: list[Any], new: Any) -> None:
    index = new.get("index") if isinstance(new, Mapping) else None
    if index is not None:
        for position, element in enumerate(elements):
            if isinstance(element, dict) and element.get("index") == index:
                elements[position] = merged(element, new)
                return
    elements.append(_copied(new))


def _copied(value: Any) -> Any:
    """Return *value*, of which a chunk that the user holds keeps its own."""
    if isinstance(value, Mapping):
        return merged({}, value)
    if isinstance(value, list):
        return merged([], value)
    return value
