"""Modules whose names are imported when they are asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

Source: TypeAlias = str | Callable[[], Any]
"""``package.module:name``; only ``package.module`` for a module itself; or what makes the value."""


def absent(module: str, name: str) -> Any:
    """
    Return the module *name* of a package that has no such attribute yet.

    Raises:
        AttributeError: *module* is no package, or has no such module either.
    """
    if (
        not name.startswith("_")
        and name.isidentifier()
        and hasattr(sys.modules[module], "__path__")
        and find_spec(f"{module}.{name}") is not None
    ):
        return import_module(f"{module}.{name}")
    msg = f"module {module!r} has no attribute {name!r}"
    raise AttributeError(msg)


def lazy(
    module: str, sources: Mapping[str, Source]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Return ``__getattr__`` and ``__dir__`` for *module*.

    Args:
        module: Its name.
        sources: For each name, where it comes from. A package's own modules need no entry.
    """

    def get(name: str) -> Any:
        source = sources.get(name)
        if source is None:
            return absent(module, name)
        found: Any
        if callable(source):
            found = source()
        else:
            where, _, original = source.partition(":")
            found = import_module(where)
            if original:
                found = getattr(found, original)
        setattr(sys.modules[module], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *sources})

    return get, names
