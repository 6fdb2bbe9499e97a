"""Functions that are called with events, by type."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, Self, TypeAlias, TypeVar, overload

__all__ = ["Handled", "Handler", "Handlers"]

Handler: TypeAlias = Callable[..., Any]
H = TypeVar("H", bound=Handler)


class Handlers:
    """The functions, by the type of the events that they are for. Safe between threads."""

    def __init__(self) -> None:
        self._by_type: dict[str, list[tuple[Handler, bool]]] = {}
        self._lock = Lock()

    def add(self, event_type: str, handler: Handler, *, once: bool) -> None:
        """Add *handler* behind the others of that type; *once*: for one event."""
        with self._lock:
            self._by_type.setdefault(event_type, []).append((handler, once))

    def remove(self, event_type: str, handler: Handler) -> None:
        """Remove the first registration of *handler*, if there is one."""
        with self._lock:
            found = self._by_type.get(event_type, [])
            for entry in found:
                if entry[0] == handler:
                    found.remove(entry)
                    return

    def take(self, event_type: str) -> list[Handler]:
        """Return those to call for an event; those for one event are removed."""
        with self._lock:
            found = self._by_type.get(event_type, [])
            self._by_type[event_type] = [entry for entry in found if not entry[1]]
            return [handler for handler, _ in found]


class Handled:
    """``on``, ``once`` and ``off``, as calls that can be chained and as decorators."""

    _handlers: Handlers

    @overload
    def on(self, event_type: str, handler: Handler) -> Self: ...
    @overload
    def on(self, event_type: str) -> Callable[[H], H]: ...
    def on(self, event_type: str, handler: Handler | None = None) -> Any:
        """
        Call *handler* with each event of that type.

        Args:
            event_type: Such as ``response.done``; ``event`` stands for all.
            handler: Without it, a decorator is returned.
        """
        return self._add(event_type, handler, once=False)

    @overload
    def once(self, event_type: str, handler: Handler) -> Self: ...
    @overload
    def once(self, event_type: str) -> Callable[[H], H]: ...
    def once(self, event_type: str, handler: Handler | None = None) -> Any:
        """Call *handler* with the next event of that type; see `on`."""
        return self._add(event_type, handler, once=True)

    def off(self, event_type: str, handler: Handler) -> Self:
        """Call *handler* no more."""
        self._handlers.remove(event_type, handler)
        return self

    def _add(self, event_type: str, handler: Handler | None, *, once: bool) -> Any:
        if handler is not None:
            self._handlers.add(event_type, handler, once=once)
            return self

        def decorate(function: H) -> H:
            self._handlers.add(event_type, function, once=once)
            return function

        return decorate
