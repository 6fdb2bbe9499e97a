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
from ._combined import flatten_all_of
from ._forms import modern_schemas, plain_schemas, string_keys
from ._hoisting import INLINE, hoist_inline
from ._naming import ORIGIN, name_components
from ._references import inline_references, local_references, path_parameters
from ._shapes import well_formed

__all__ = ["INLINE", "ORIGIN", "PASSES", "Document", "Pass", "normalise"]

Document: TypeAlias = dict[str, Any]
Pass: TypeAlias = Callable[[Document], tuple[Document, list[Repair]]]

PASSES: tuple[tuple[str, Pass], ...] = (
    ("string keys", string_keys),
    ("well-formed objects", well_formed),
    ("plain schemas", plain_schemas),
    ("modern schemas", modern_schemas),
    ("local references", local_references),
    ("inlined references", inline_references),
    ("path parameters", path_parameters),
    ("flat allOf", flatten_all_of),
    ("component names", name_components),
    ("hoisted schemas", hoist_inline),
)


def normalise(document: Document) -> tuple[Document, list[Repair]]:
    """Run every pass; return the canonical document and all repairs in order."""
    repairs: list[Repair] = []
    for _, run in PASSES:
        document, made = run(document)
        repairs += made
    return document, repairs
