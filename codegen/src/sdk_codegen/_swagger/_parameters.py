"""Parameters of Swagger 2: what stays one, and what is part of a body now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._media import essence
from .._pointers import join
from .._repairs import Repair
from ._schemas import References
from ._shapes import mapping

__all__ = ["FORMS", "Parameters", "json_first"]

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")

_OF_PARAMETER = frozenset(
    {"name", "in", "description", "required", "allowEmptyValue", "deprecated", "example"}
)
_STYLES: dict[str, dict[str, dict[str, Any]]] = {
    "query": {
        "csv": {"style": "form", "explode": False},
        "ssv": {"style": "spaceDelimited", "explode": False},
        "pipes": {"style": "pipeDelimited", "explode": False},
        "multi": {"style": "form", "explode": True},
    },
    "path": {"csv": {"style": "simple", "explode": False}},
    "header": {"csv": {"style": "simple", "explode": False}},
    "cookie": {"csv": {"style": "form", "explode": False}},
}
_SEPARATORS = {"csv": "commas", "ssv": "spaces", "tsv": "tabs", "pipes": "vertical bars"}


def json_first(media_types: Sequence[str]) -> list[str]:
    """Order media types: what is JSON comes first, because clients take the first they know."""
    return sorted(dict.fromkeys(media_types), key=lambda name: "json" not in name.lower())


class Parameters:
    """The parameters of a document."""

    def __init__(self, references: References, repairs: list[Repair]) -> None:
        self._references = references
        self._repairs = repairs

    def parameter(self, parameter: dict[str, Any], pointer: str) -> dict[str, Any]:
        """Return a parameter of a query, path or header."""
        changed, schema = _divided(parameter)
        if "schema" in parameter:  # of OpenAPI 3 already
            changed["schema"] = self._references.schema(
                parameter["schema"], join(pointer, "schema")
            )
            return changed
        style = self._style(schema, str(parameter.get("in")), pointer)
        changed["schema"] = self._references.schema(schema, pointer)
        return {**changed, **style}

    def _style(self, schema: dict[str, Any], location: str, pointer: str) -> dict[str, Any]:
        """Return how a list is written; *schema* becomes text where that has no name any more."""
        collection = str(schema.pop("collectionFormat", None) or "csv")
        if schema.get("type") != "array":
            return {}
        items = schema.get("items")
        if isinstance(items, dict) and items.get("type") == "array":
            schema["items"] = {"type": "string", "description": _joined(items)}
            self._repairs.append(Repair(join(pointer, "items"), "a list of lists; read as text"))
        style = _STYLES.get(location, {}).get(collection)
        if style is not None:
            return dict(style)
        text = {"type": "string", "description": _joined({"collectionFormat": collection})}
        schema.clear()
        schema.update(text)
        self._repairs.append(
            Repair(pointer, f"a list as `{collection}` in `{location}`; read as text")
        )
        return {}

    def body(
        self, parameter: dict[str, Any], consumes: Sequence[str], pointer: str
    ) -> dict[str, Any]:
        """Return the request body that a parameter in `body` is."""
        place = join(pointer, "schema")
        schema = self._references.schema(parameter.get("schema", {}), place)
        # A body of this kind is no form (Swagger 2.0, "Parameter Object").
        plain = [name for name in consumes if essence(name) not in FORMS] or [*consumes]
        media: dict[str, Any] = {"schema": schema}
        body = {
            key: value
            for key, value in parameter.items()
            if key == "description" or (key.startswith("x-") and key != "x-examples")
        }
        body["content"] = {
            "application/json" if name == "*/*" else name: dict(media)
            for name in json_first(plain or ["application/json"])
        }
        if parameter.get("required") is True:
            body["required"] = True
        return body

    def form(
        self, parameters: list[tuple[dict[str, Any], str]], consumes: Sequence[str]
    ) -> dict[str, Any]:
        """
        Return the request body that parameters in `formData` are.

        Args:
            parameters: Each with the place where it stands.
            consumes: The media types of the operation.
        """
        properties: dict[str, Any] = {}
        encoding: dict[str, Any] = {}
        required = []
        files = False
        for parameter, pointer in parameters:
            name = str(parameter.get("name"))
            notes, schema = _divided(parameter)
            items = schema.get("items")
            files |= "file" in (
                schema.get("type"),
                (mapping(items, pointer) if isinstance(items, dict) else {}).get("type"),
            )
            if schema.get("type") == "array":
                style = self._style(schema, "query", pointer)
                if style:
                    encoding[name] = style
            else:
                schema.pop("collectionFormat", None)
            if isinstance(notes.get("description"), str):
                schema["description"] = notes["description"]
            properties[name] = self._references.schema(schema, pointer)
            if notes.get("required") is True:
                required.append(name)
        schema = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        declared = [essence(name) for name in consumes if essence(name) in FORMS]
        if files:
            declared = [*FORMS[:1]]
        media: dict[str, Any] = {"schema": schema}
        if encoding:
            media["encoding"] = encoding
        body: dict[str, Any] = {
            "content": {name: dict(media) for name in sorted(set(declared or FORMS[1:]))}
        }
        if required:
            body["required"] = True
        return body


def _divided(parameter: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what belongs to the parameter, and what to its schema."""
    notes: dict[str, Any] = {}
    schema: dict[str, Any] = {}
    for key, value in parameter.items():
        own = key in _OF_PARAMETER or (key.startswith("x-") and key != "x-nullable")
        (notes if own else schema)[key] = value
    return notes, schema


def _joined(items: dict[str, Any]) -> str:
    collection = str(items.get("collectionFormat") or "csv")
    return f"Values separated by {_SEPARATORS.get(collection, collection)}."
