"""Which tool call a piece of a streamed answer belongs to, by whatever the server tells."""

from __future__ import annotations

import json

import attrs


@attrs.define(eq=False)
class Slot:
    """
    A tool call that has begun.

    Attributes:
        number: Its position among the calls, in the order in which they began.
        place: The index that the server gives it; None if it gives none.
        id: Its identifier; None until one comes.
        name: The name of its function; None until one comes.
        pieces: Its arguments so far.
    """

    number: int
    place: int | None = None
    id: str | None = None
    name: str | None = None
    pieces: list[str] = attrs.field(factory=list)

    def is_whole(self) -> bool:
        """Return whether the arguments are complete, so that nothing can belong to them any more."""
        try:
            return isinstance(json.loads("".join(self.pieces)), dict)
        except (ValueError, RecursionError):
            return False


class Slots:
    """
    The tool calls of one choice.

    Servers leave out the index, give 0 to all calls, count other things with it, repeat the
    identifier and the name with every piece, or send neither.
    """

    def __init__(self) -> None:
        self.all: list[Slot] = []

    def find(
        self, place: int | None, id_: str | None, name: str | None, position: int, *, alone: bool
    ) -> Slot:
        """
        Return the call that a piece belongs to; a new one, if it begins one.

        Args:
            place: The piece's index.
            id_: Its identifier, if it has one.
            name: Its name, if it has one.
            position: Where it stands in its message.
            alone: Whether it is the only one there.
        """
        if id_ is not None:
            found = self._by_id(place, id_)
        elif place is not None:
            found = self._last(place)
            if found is not None and name and found.name and found.is_whole():
                found = None  # a call without an identifier, behind another one
        else:
            found = self._unmarked(name, position, alone=alone)
        if found is None:
            found = Slot(len(self.all), place)
            self.all.append(found)
        return found

    def _by_id(self, place: int | None, id_: str) -> Slot | None:
        for slot in reversed(self.all):
            if slot.id == id_ and (place is None or slot.place in {None, place}):
                return slot
        found = self._last(place)
        return found if found is not None and found.id is None and not found.is_whole() else None

    def _unmarked(self, name: str | None, position: int, *, alone: bool) -> Slot | None:
        newest = self.all[-1] if self.all else None
        if newest is None:
            return None
        if name is not None:
            goes_on = newest.name in {None, name} and not newest.is_whole() and alone
            return newest if goes_on else None
        if alone or position >= len(self.all):
            return newest
        return self.all[position]

    def _last(self, place: int | None) -> Slot | None:
        """Return the newest call at *place*."""
        return next((slot for slot in reversed(self.all) if slot.place == place), None)
