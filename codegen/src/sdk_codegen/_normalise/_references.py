"""References: every `$ref` leads somewhere, and only schemas keep theirs."""

from __future__ import annotations

import re
from typing import Any

from .. import _pointers
from .._names import Namespace, class_name
from .._operations import iter_operations
from .._pointers import join
from .._repairs import Repair
from .._schemas import METHODS, map_schema, map_schemas, reference
from ..errors import MissingReferenceError, ShapeError, UnsupportedError

__all__ = ["inline_references", "local_references", "path_parameters"]

SCHEMA_DEPTH = 3  # tokens of /components/schemas/NAME

REFERENCES = 100
"""Other references that one reference may lead through."""


def local_references(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Give a component of its own to what a schema's `$ref` finds elsewhere in the document."""
    added: dict[str, Any] = {}
    names: dict[str, str] = {}
    given = Namespace(_components(document), separator="")

    def local(schema: Any, pointer: str) -> Any:
        target = schema.get("$ref") if isinstance(schema, dict) else None
        if target is None:
            return schema
        tokens = _tokens(target, pointer)
        found = resolve(document, target, pointer)
        if tokens[:2] == ["components", "schemas"] and len(tokens) == SCHEMA_DEPTH:
            return {**schema, "$ref": reference(tokens[2])}
        if target not in names:
            parts = [token for token in tokens[2:] if token not in _STRUCTURE] or tokens
            names[target] = given.take(class_name(" ".join(parts)))
            added[names[target]] = {}  # before its parts: they may lead back here
            added[names[target]] = map_schema(found, join("", *tokens), local)
        return {**schema, "$ref": reference(names[target])}

    document = map_schemas(document, local)
    if added:
        components = dict(document.get("components") or {})
        components["schemas"] = {**components.get("schemas", {}), **added}
        document = {**document, "components": components}
    return document, []


_STRUCTURE = frozenset({"properties", "schema", "content", "items", "responses", "requestBody"})


def _components(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = (document.get("components") or {}).get("schemas") or {}
    return schemas


def _tokens(target: Any, pointer: str) -> list[str]:
    if not isinstance(target, str):
        msg = f"`$ref` must be text, not {target!r}"
        raise ShapeError(msg, pointer)
    if not target.startswith("#"):
        msg = f"`$ref` leads to another file, `{target}`; bundle the document into one file first"
        raise UnsupportedError(
            msg,
            pointer,
        )
    return _pointers.split(target[1:])


def resolve(document: dict[str, Any], target: str, pointer: str) -> Any:
    """
    Return what the `$ref` at *pointer* leads to; its own way may lead through others.

    Raises:
        MissingReferenceError: It leads nowhere.
        UnsupportedError: It leads into another file.
    """
    value: Any = document
    tokens, followed = _tokens(target, pointer), 0
    while tokens:
        try:
            value, tokens = _pointers.lookup(value, tokens[:1]), tokens[1:]
        except LookupError:
            further = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(further, str) or followed == REFERENCES:
                msg = f"`$ref` leads nowhere: `{target}`"
                raise MissingReferenceError(msg, pointer) from None
            followed += 1
            tokens, value = [*_tokens(further, pointer), *tokens], document
    return value


def inline_references(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Write parameters, bodies, responses and path items where they are used."""

    def follow(value: Any, pointer: str) -> dict[str, Any]:
        seen = []
        while isinstance(value, dict) and "$ref" in value:
            target = value["$ref"]
            if target in seen:
                msg = f"`$ref` leads back to itself: `{target}`"
                raise MissingReferenceError(msg, pointer)
            seen.append(target)
            beside = {key: item for key, item in value.items() if key in ("summary", "description")}
            found = resolve(document, target, pointer)
            value = {**found, **beside} if isinstance(found, dict) else found
        if not isinstance(value, dict):
            msg = f"is {value!r} where a mapping belongs"
            raise UnsupportedError(msg, pointer)
        inlined: dict[str, Any] = value
        return inlined

    def carrier(place: Any, pointer: str) -> dict[str, Any]:
        value = dict(follow(place, pointer))
        for section in ("content", "headers"):
            if section in value:
                entries = value[section] if isinstance(value[section], dict) else {}
                # In OpenAPI 3.2 a media type may be a `$ref`, too.
                value[section] = {
                    name: follow(entry, join(pointer, section, name))
                    for name, entry in entries.items()
                }
        return value

    def operation(place: Any, pointer: str, shared: list[dict[str, Any]]) -> dict[str, Any]:
        value = dict(follow(place, pointer))
        own = [
            carrier(item, join(pointer, "parameters", index))
            for index, item in enumerate(value.get("parameters") or [])
        ]
        mine = {(item.get("in"), item.get("name")) for item in own}
        value["parameters"] = [
            item for item in shared if (item.get("in"), item.get("name")) not in mine
        ] + own
        if "requestBody" in value:
            value["requestBody"] = carrier(value["requestBody"], join(pointer, "requestBody"))
        value["responses"] = {
            status: carrier(item, join(pointer, "responses", status))
            for status, item in (value.get("responses") or {}).items()
            if not status.startswith("x-")
        }
        value.pop("callbacks", None)  # what a server calls is no part of a client
        return value

    def path_item(item: Any, pointer: str) -> dict[str, dict[str, Any]]:
        found = follow(item, pointer)
        shared = [
            carrier(entry, join(pointer, "parameters", index))
            for index, entry in enumerate(found.get("parameters") or [])
        ]
        more = found.get("additionalOperations")
        operations = {
            method: operation(found[method], join(pointer, method), shared)
            for method in found
            if method in METHODS
        } | {
            method: operation(value, join(pointer, "additionalOperations", method), shared)
            for method, value in (more if isinstance(more, dict) else {}).items()
        }
        for value in operations.values():
            if found.get("servers") and not value.get("servers"):
                value["servers"] = found["servers"]
        return operations

    sections = {
        section: {
            name: path_item(item, join("", section, name))
            for name, item in (document.get(section) or {}).items()
            if not name.startswith("x-") or section == "webhooks"
        }
        for section in ("paths", "webhooks")
    }
    components = document.get("components") or {}
    kept = {key: components[key] for key in ("schemas", "securitySchemes") if key in components}
    document = {**document, **sections, "components": {"schemas": {}, **kept}}
    return document, []


def path_parameters(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """Make the path parameters of an operation those that its path has."""
    repairs: list[Repair] = []
    paths: dict[str, Any] = {}
    for path, method, operation, pointer in iter_operations(document):
        wanted = re.findall(r"{([^{}]+)}", path)
        kept = []
        for item in operation["parameters"]:
            if item.get("in") == "path" and item.get("name") not in wanted:
                repairs.append(
                    Repair(pointer, f"the path has no `{{{item.get('name')}}}`; ignored")
                )
            else:
                kept.append(item)
        declared = {item.get("name") for item in kept if item.get("in") == "path"}
        missing = [name for name in dict.fromkeys(wanted) if name not in declared]
        repairs += [
            Repair(pointer, f"the path has `{{{name}}}`, but no such parameter; read as a string")
            for name in missing
        ]
        added = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in missing
        ]
        paths.setdefault(path, {})[method] = {**operation, "parameters": added + kept}
    return {**document, "paths": paths}, repairs
