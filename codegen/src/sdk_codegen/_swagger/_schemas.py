"""Schemas and references of Swagger 2 in the words of OpenAPI 3.0."""

from __future__ import annotations

from typing import Any

from .. import _pointers
from .._names import Namespace
from .._pointers import join
from .._schemas import map_schema
from ..errors import MissingReferenceError

__all__ = ["NAMED", "References", "follow"]

NAMED = 2
"""Tokens of a pointer to an entry of a section."""

CHAIN = 50


def follow(document: dict[str, Any], value: Any, pointer: str) -> tuple[Any, list[str]]:
    """
    Return what is behind the `$ref` of *value*, and the tokens of its place.

    Returns:
        *value* itself and no tokens if it is no reference.

    Raises:
        MissingReferenceError: The reference leads nowhere, or back to itself.
    """
    tokens: list[str] = []
    for _ in range(CHAIN):
        target = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(target, str):
            return value, tokens
        tokens = _pointers.split(target.removeprefix("#"))
        try:
            value = _pointers.lookup(document, tokens)
        except LookupError:
            msg = f"`$ref` leads nowhere: `{target}`"
            raise MissingReferenceError(msg, pointer) from None
    msg = f"`$ref` leads back to itself: `{target}`"
    raise MissingReferenceError(msg, pointer)


class References:
    """
    The schemas of a document.

    Attributes:
        added: Schemas that a `$ref` found inside of a path or parameter: the place that it names
            is another one now.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.added: dict[str, Any] = {}
        self._document = document
        self._names: dict[str, str] = {}
        self._given = Namespace(map(str, _names(document)))

    def schema(self, schema: Any, pointer: str) -> Any:
        """Return a schema as OpenAPI 3.0 writes it."""
        return map_schema(schema, pointer, self._modern)

    def _modern(self, schema: Any, pointer: str) -> Any:
        if not isinstance(schema, dict):
            return schema
        changed = dict(schema)
        if isinstance(changed.get("discriminator"), str):
            changed["discriminator"] = {"propertyName": changed["discriminator"]}
        if changed.get("type") == "file":
            changed |= {"type": "string", "format": "binary"}
        nullable = changed.pop("x-nullable", changed.pop("x-isnullable", None)) is True
        if isinstance(changed.get("$ref"), str):
            changed["$ref"] = self._reference(changed["$ref"], pointer)
            if nullable:  # beside a `$ref`, OpenAPI 3.0 ignores it
                changed["allOf"] = [{"$ref": changed.pop("$ref")}]
        if nullable:
            changed["nullable"] = True
        return changed

    def _reference(self, target: str, pointer: str) -> str:
        tokens = _pointers.split(target.removeprefix("#"))
        if tokens[:1] == ["definitions"] or target in ("", "#"):
            return "#" + join("/components/schemas", *tokens[1:]).replace("%", "%25")
        if target not in self._names:
            found, _ = follow(self._document, {"$ref": target}, pointer)
            words = [token for token in tokens if token.isidentifier()]
            self._names[target] = name = self._given.take("_".join(words[-3:]) or "Schema")
            self.added[name] = {}  # before its parts: they may lead back here
            self.added[name] = self.schema(found, join("", *tokens))
        return "#" + join("/components/schemas", self._names[target])


def _names(document: dict[str, Any]) -> dict[str, Any]:
    found = document.get("definitions")
    return found if isinstance(found, dict) else {}
