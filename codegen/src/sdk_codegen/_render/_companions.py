"""The methods beside an operation's own: iterating over all pages, and writing to a file."""

from __future__ import annotations

import re
from collections.abc import Collection

import attrs

from .._annotations import Types
from .._ir import Object, Operation
from .._names import unique
from .._types import Described, ListOf, Named, Plain, UnionOf, union_of
from ._context import Context
from ._docstrings import docstring, entry
from ._operations import result

__all__ = ["Companions"]


@attrs.frozen
class Companions:
    """
    The further methods of an operation.

    Attributes:
        iterate: The name of the method that iterates over the items of all pages.
        item: The type of an item; ``None`` where the document does not say.
        to_file: The name of the method that writes the answer to a file.
        file: The name of that method's argument for the file.
    """

    iterate: str | None
    iterate_docstring: str
    item: Described | None
    to_file: str | None
    to_file_docstring: str
    file: str

    @classmethod
    def of(
        cls, operation: Operation, context: Context, taken: Collection[str], arguments: list[str]
    ) -> Companions:
        """
        Return the companions of an operation.

        Args:
            operation: The operation.
            context: What everything is rendered from.
            taken: The names of the resource's methods and children.
            arguments: The names of the method's arguments.
        """
        pages = operation.pagination is not None
        file = any(
            content.kind == "bytes"
            for response in operation.responses
            for content in response.contents
        )
        name = unique("file", [*arguments, "progress"])
        return cls(
            iterate=unique(f"iter_{operation.name}", taken) if pages else None,
            iterate_docstring=_iterate_words(operation),
            item=_item(operation, context) if pages else None,
            to_file=unique(f"{operation.name}_to_file", taken) if file else None,
            to_file_docstring=_to_file_words(operation, name),
            file=name,
        )


def _iterate_words(operation: Operation) -> str:
    return docstring(
        f"Iterate over the items of all pages of `{operation.name}`, which takes the same "
        "arguments; each page is asked for when it is needed.",
        8,
    )


def _to_file_words(operation: Operation, file: str) -> str:
    entries = [
        entry(file, "Where to write; it is there only once it is whole.", 8),
        entry("progress", "Called with the bytes written and the whole size, if known.", 8),
    ]
    return docstring(
        f"Write what `{operation.name}` answers with to a file while it comes.",
        8,
        ["\n".join(["Args:", *entries])],
    )


def _item(operation: Operation, context: Context) -> Described | None:
    """Follow the path of the results, such as ``$.data``, through the type of the answer."""
    assert operation.pagination is not None
    described, _ = result(operation, context)
    path = operation.pagination.outputs.get("results", "$")
    for name in re.findall(r"[^.$\[\]*'\"]+", path):
        described = _member(described, name, context.types)
    described = _plain(described, context.types)
    return described.item if isinstance(described, ListOf) else None


def _member(described: Described | None, wire: str, types: Types) -> Described | None:
    described = _plain(described, types)
    if not isinstance(described, Named):
        return None
    component = types.api.components[described.name]
    if not isinstance(component, Object):
        return None
    return next(
        (types.of(prop.pointer) for prop in component.properties if prop.wire == wire), None
    )


def _plain(described: Described | None, types: Types) -> Described | None:
    """Return a type without its aliases and without null."""
    expanded = None if described is None else types.expand(described)
    if isinstance(expanded, UnionOf):
        return union_of(member for member in expanded.members if member != Plain("null"))
    return expanded
