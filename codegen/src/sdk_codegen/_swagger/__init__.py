"""
Swagger 2.0 in the words of OpenAPI 3.0, so that everything later knows one language.

What has no words there is reported: lists separated by tabs, a second body.
"""

from __future__ import annotations

from typing import Any

from .._pointers import join
from .._repairs import Repair
from .._schemas import METHODS
from ._operations import Operations
from ._places import original_place
from ._schemas import References
from ._security import security_schemes, servers
from ._shapes import mapping, texts

__all__ = ["modern_document", "original_place"]

_CONVERTED = frozenset(
    {
        "basePath", "consumes", "definitions", "host", "parameters", "paths", "produces",
        "responses", "schemes", "securityDefinitions", "swagger",
    }
)  # fmt: skip


def modern_document(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Return a Swagger 2.0 document as OpenAPI 3.0, and what changed its meaning.

    Args:
        document: In one piece: every `$ref` is local.

    Returns:
        The new document, and repairs with pointers into the old one.

    Raises:
        MissingReferenceError: A `$ref` leads nowhere.
        ShapeError: A list stands where a mapping belongs, or the like.
    """
    repairs: list[Repair] = []
    references = References(document)
    operations = Operations(document, references, repairs)
    parameters, bodies = operations.shared_parameters()
    responses = operations.shared_responses()
    paths: dict[str, Any] = {}
    for path, item in mapping(document.get("paths"), "/paths").items():
        place = join("/paths", path)
        paths[path] = item if path.startswith("x-") else operations.path_item(item, place)
    _own_servers(document, paths)
    definitions = mapping(document.get("definitions"), "/definitions")
    schemas = {
        name: references.schema(schema, join("/definitions", name))
        for name, schema in definitions.items()
    }
    components = {
        "schemas": {**schemas, **references.added},
        "parameters": parameters,
        "requestBodies": bodies,
        "responses": responses,
        "securitySchemes": security_schemes(document),
    }
    kept = {key: value for key, value in document.items() if key not in _CONVERTED}
    return {
        "openapi": "3.0.3",
        **kept,
        "servers": servers(document),
        "paths": paths,
        "components": {name: section for name, section in components.items() if section},
    }, repairs


def _own_servers(document: dict[str, Any], paths: dict[str, Any]) -> None:
    """Give operations that are reached by other schemes than the rest servers of their own."""
    common = set(texts(document.get("schemes")))
    for path, item in mapping(document.get("paths"), "/paths").items():
        for method in METHODS:
            operation = item.get(method) if isinstance(item, dict) else None
            schemes = texts(operation.get("schemes")) if isinstance(operation, dict) else []
            if schemes and not common & set(schemes):
                own = servers(document, schemes)
                if own and own != servers(document):
                    paths[path][method]["servers"] = own
