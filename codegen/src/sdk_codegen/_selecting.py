"""Which operations a line of the configuration means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import attrs

from . import _pointers
from ._operations import operation_pointer
from ._schemas import METHODS
from .errors import ConfigError

__all__ = ["Candidate", "candidates", "nearest", "select"]


@attrs.frozen
class Candidate:
    """An operation as the document has it, before anything is repaired."""

    path: str
    method: str
    pointer: str
    value: dict[str, Any] = attrs.field(repr=False)

    @property
    def route(self) -> str:
        """Return it as ``METHOD /path``."""
        return f"{self.method.upper()} {self.path}"

    @property
    def id(self) -> str | None:
        """Return its `operationId`."""
        value = self.value.get("operationId")
        return value if isinstance(value, str) else None

    @property
    def tags(self) -> list[str]:
        """Return its tags."""
        found = self.value.get("tags")
        return [str(tag) for tag in found] if isinstance(found, list) else []

    def fits(self, pattern: str) -> bool:
        """Say whether *pattern*, an `operationId`, ``METHOD /path`` or ``tag:NAME``, means it."""
        if pattern.startswith("tag:"):
            return any(fnmatchcase(tag, pattern.removeprefix("tag:")) for tag in self.tags)
        method, space, path = pattern.partition(" ")
        if space and path.startswith("/"):
            return fnmatchcase(self.method.upper(), method.upper()) and fnmatchcase(self.path, path)
        return self.id is not None and fnmatchcase(self.id, pattern)


def candidates(document: dict[str, Any]) -> Iterator[Candidate]:
    """Yield every operation of a document that nothing has checked yet."""
    paths = document.get("paths")
    for path, place in paths.items() if isinstance(paths, dict) else ():
        item = followed(document, place)
        more = item.get("additionalOperations")
        own = more if isinstance(more, dict) else {}
        for method, value in (*item.items(), *own.items()):
            if isinstance(value, dict) and (method in METHODS or method in own):
                pointer = operation_pointer(str(path), str(method))
                yield Candidate(str(path), str(method), pointer, value)


def followed(document: dict[str, Any], item: Any) -> dict[str, Any]:
    """Return a path item, or what its `$ref` leads to; nothing where that is no mapping."""
    seen: list[str] = []
    while isinstance(item, dict) and isinstance(item.get("$ref"), str) and item["$ref"] not in seen:
        seen.append(item["$ref"])
        try:
            item = _pointers.lookup(document, _pointers.split(seen[-1].removeprefix("#")))
        except LookupError:
            return {}
    return item if isinstance(item, dict) else {}


def select(pattern: str, operations: Collection[Candidate], key: str) -> list[Candidate]:
    """
    Return the operations that *pattern* means.

    Args:
        pattern: An `operationId`, ``METHOD /path`` or ``tag:NAME``; each may be a glob.
        operations: Those of the document.
        key: Where the configuration has it, for the message.

    Raises:
        ConfigError: It means none.
    """
    found = [operation for operation in operations if operation.fits(pattern)]
    if found:
        return found
    if pattern.startswith("tag:"):
        known: Iterable[str] = {f"tag:{tag}" for operation in operations for tag in operation.tags}
    elif " /" in pattern:
        known = {operation.route for operation in operations}
    else:
        known = {operation.id for operation in operations if operation.id}
    msg = f"`{key}`: `{pattern}` is no operation of the document{nearest(pattern, known)}"
    raise ConfigError(msg)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message that names what *name* may be a misspelling of."""
    names = sorted(map(str, known))
    lowered = {item.lower(): item for item in reversed(names)}
    close = get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
    if close:
        return "; did you mean " + " or ".join(f"`{lowered[item]}`" for item in close) + "?"
    return f"; there is {', '.join(f'`{item}`' for item in names[:8])}" if names else ""
