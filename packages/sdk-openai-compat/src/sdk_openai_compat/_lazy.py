"""Modules whose names are imported when they are asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy(
    module: str, sources: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """
    Return ``__getattr__`` and ``__dir__`` for *module*.

    Args:
        module: Its name.
        sources: For each name, where it comes from: ``package.module:name``, or only
            ``package.module`` for a module itself.
    """

    def get(name: str) -> Any:
        source = sources.get(name)
        if source is None:
            msg = f"module {module!r} has no attribute {name!r}"
            raise AttributeError(msg)
        where, _, original = source.partition(":")
        found: Any = import_module(where)
        if original:
            found = getattr(found, original)
        setattr(sys.modules[module], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[module]), *sources})

    return get, names
