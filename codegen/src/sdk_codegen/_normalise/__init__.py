"""
From any OpenAPI 3 document to one canonical form, in named passes.

A pass is a function ``document -> (document, repairs)``: it returns a new document and says what
it had to change that the document's author may want to know. After the last pass

- every key is a string and every schema a mapping in the shape of OpenAPI 3.1;
- every operation holds its own parameters, body and responses, without `$ref`;
- a `$ref` of a schema leads to a component schema, and only annotations stand beside it;
- no schema has an `allOf`;
- every object with properties and every enumeration is a component schema, and the name of every
  component schema is a name of a class that is unique without regard to case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from .._repairs import Repair
from ..errors import ShapeError
from ._children import any_child
from ._circles import refuse_circles
from ._combined import flatten_all_of
from ._distinct import distinct_operations, function_names
from ._forms import modern_schemas, string_keys
from ._hoisting import INLINE, hoist_inline
from ._inherited import inherited_security, inherited_servers
from ._naming import ORIGIN, name_components
from ._plain import plain_schemas
from ._references import inline_references, local_references, path_parameters
from ._shapes import well_formed
from ._usable import known_statuses, usable_parameters

__all__ = ["INLINE", "ORIGIN", "PASSES", "Document", "Pass", "apply", "normalise"]

Document: TypeAlias = dict[str, Any]
Pass: TypeAlias = Callable[[Document], tuple[Document, list[Repair]]]

PASSES: tuple[tuple[str, Pass], ...] = (
    ("string keys", string_keys),
    ("well-formed objects", well_formed),
    ("local references", local_references),  # before anything that they lead to is moved
    ("plain schemas", plain_schemas),
    ("modern schemas", modern_schemas),
    ("inlined references", inline_references),
    ("inherited servers", inherited_servers),
    ("inherited security", inherited_security),
    ("usable parameters", usable_parameters),
    ("known statuses", known_statuses),
    ("path parameters", path_parameters),
    ("function names", function_names),
    ("operation names", distinct_operations),
    ("no circles", refuse_circles),
    ("children of parents", any_child),
    ("flat allOf", flatten_all_of),
    ("component names", name_components),
    ("hoisted schemas", hoist_inline),
)


def normalise(document: Document) -> tuple[Document, list[Repair]]:
    """
    Run every pass; return the canonical document and all repairs in order.

    Raises:
        SpecError: The document says what cannot be meant in one way.
    """
    repairs: list[Repair] = []
    for name, run in PASSES:
        document, made = apply(name, run, document)
        repairs += made
    return document, repairs


def apply(name: str, run: Pass, document: Document) -> tuple[Document, list[Repair]]:
    """
    Run one pass.

    Raises:
        SpecError: The document says what cannot be meant in one way.
    """
    try:
        return run(document)
    except RecursionError:
        msg = f"schemas lead to one another through too many references ({name})"
        raise ShapeError(msg) from None
