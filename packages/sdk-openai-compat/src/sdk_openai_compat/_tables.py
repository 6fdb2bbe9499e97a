"""
Packages whose modules are entries of a table.

openai has a module for every few types; as many files would be most of what this package takes on
disk. Type checkers read the stubs beside the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from ._lazy import Source, absent, lazy

__all__ = ["package"]

_packages: set[str] = set()


def package(name: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Return ``__getattr__`` and ``__dir__`` for the package *name*, and make its modules importable.

    Its ``_table`` has ``MODULES``: the modules, each with its names and where these come from (see
    `lazy`); ``USED``: what they have beside these; and ``NAMES``: what the package itself has, each
    with the module that it is from.
    """
    _packages.add(name)
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.append(Finder())

    def get(attribute: str) -> Any:
        if attribute == "__all__":
            return sorted(_table(name).NAMES)
        module = None if attribute.startswith("_") else _table(name).NAMES.get(attribute)
        if module is None:
            return absent(name, attribute)
        found = getattr(import_module(f"{name}.{module}"), attribute)
        setattr(sys.modules[name], attribute, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[name]), *_table(name).NAMES})

    return get, names


def _table(name: str) -> Any:
    return import_module(f"{name}._table")


class Finder:
    """Finds the modules of tables: a finder of `sys.meta_path` (language reference, 5.3)."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to make the module *name*; None if it is in no table."""
        parent, _, module = name.rpartition(".")
        if parent not in _packages or module.startswith("_"):
            return None
        table = _table(parent)
        if module not in table.MODULES:
            return None
        loader = Loader(table.MODULES[module], table.USED.get(module, {}))
        return ModuleSpec(name, loader)  # type: ignore[arg-type]  # the protocol, without its deprecated part


class Loader:
    """
    Makes a module.

    Args:
        sources: Where its names come from.
        used: Where those come from that are another module's, and that openai's module imports for
            itself: libraries take them from there.
    """

    def __init__(self, sources: Mapping[str, Source], used: Mapping[str, Source]) -> None:
        self._sources = sources
        self._used = used

    def create_module(self, _spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Give *module* its names, which are imported when they are asked for."""
        get, names = lazy(module.__name__, {**self._used, **self._sources})
        vars(module).update(__getattr__=get, __dir__=names, __all__=sorted(self._sources))
