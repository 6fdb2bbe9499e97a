"""The operations of a document, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._pointers import join
from ._schemas import METHODS

__all__ = ["iter_operations", "operation_name", "operation_pointer"]


def iter_operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any], str]]:
    """
    Yield path, method, operation and pointer of each operation, in the document's order.

    The document's references are inlined already: a path item holds operations only.
    """
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation, operation_pointer(path, method)


def operation_pointer(path: str, method: str) -> str:
    """Return where the document has an operation; methods of its own are in a map of their own."""
    own = () if method in METHODS else ("additionalOperations",)
    return join("/paths", path, *own, method)


def operation_name(operation: dict[str, Any], path: str, method: str) -> str:
    """Return the `operationId`, or a name made of method and path."""
    name = operation.get("operationId")
    return name if isinstance(name, str) and name else f"{method} {path}"
