"""
Classes that are made when somebody names them: what the modules of generated models use.

To make a class of models takes several times as long as to read its source. So a module can hold
all that belongs together, and a program pays for the classes of what it really meets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

__all__ = ["Statement", "close"]

_making = threading.RLock()


class Statement:
    """
    A class statement that is not carried out yet.

    Python calls the type of a base with what a class statement holds: with a `Statement` as its
    base it makes another one.

    Args:
        name: Of the class.
        bases: The one base.
        namespace: What the body of the class left.
    """

    __slots__ = ("_base", "_class", "_finish", "_name", "_namespace")

    def __init__(
        self, name: str, bases: tuple[Statement | type], namespace: dict[str, Any]
    ) -> None:
        self._name = name
        (self._base,) = bases
        self._namespace = namespace
        self._finish: Callable[[type], type] | None = None
        self._class: type | None = None

    @classmethod
    def of(cls, made: type) -> Statement:
        """Return what stands for *made*, a class, as the base of those that are not made yet."""
        statement = cls(made.__name__, (made,), {})
        statement._class = made
        return statement

    def then(self, finish: Callable[[type], type]) -> Statement:
        """Decorate the class with *finish* when it is made."""
        self._finish = finish
        return self

    def carry_out(self) -> type:
        """Return the class; it is made once, however many threads name it."""
        with _making:
            if self._class is None:
                base = self._base.carry_out() if isinstance(self._base, Statement) else self._base
                made: type = type(base)(self._name, (base,), self._namespace)
                self._class = made if self._finish is None else self._finish(made)
            return self._class


def close(names: dict[str, Any]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    End a module whose classes are statements.

    Args:
        names: The module's ``globals()``, which a class enters when it is made.

    Returns:
        The module's ``__getattr__`` and ``__dir__``.
    """
    waiting = {name: value for name, value in names.items() if isinstance(value, Statement)}
    for name in waiting:
        del names[name]

    def __getattr__(name: str) -> Any:  # noqa: N807  # it becomes the module's
        if name not in waiting:
            msg = f"module {names['__name__']!r} has no attribute {name!r}"
            raise AttributeError(msg)
        made = names[name] = waiting[name].carry_out()
        return made

    def __dir__() -> list[str]:  # noqa: N807  # as above
        return sorted({*names, *waiting})

    return __getattr__, __dir__
