"""The parts of a connection that say something, such as ``connection.session``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from sdk_core.typing import NotGiven, Omit

R = TypeVar("R")
"""What sending returns: nothing, or an awaitable of it."""

if TYPE_CHECKING:
    R_co = TypeVar("R_co", covariant=True)

    class Sends(Protocol[R_co]):
        """A connection of one colour."""

        def send(self, event: object, /) -> R_co: ...


__all__ = ["Speaking"]


class Speaking(Generic[R]):
    """Says something over a connection; one class for both colours."""

    def __init__(self, connection: Sends[R]) -> None:
        self._connection = connection

    def _say(self, kind: str, members: Mapping[str, object]) -> R:
        """Send the event *kind* with those *members* that were given."""
        given = {
            name: value for name, value in members.items() if not isinstance(value, Omit | NotGiven)
        }
        return self._connection.send({"type": kind, **given})
