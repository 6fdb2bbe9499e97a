"""
Strict JSON schemas of pydantic's types, as structured outputs and strict functions ask for them.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas says what a server
takes: every object closed, every member required, no `oneOf`. What a type cannot say in these terms,
such as a dictionary with any keys, is refused here, before it is sent.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias, TypeGuard
from weakref import WeakKeyDictionary

import pydantic
from pydantic.errors import PydanticInvalidForJsonSchema

from sdk_core.errors import ConfigurationError

__all__ = [
    "adapter_of",
    "is_basemodel_type",
    "name_of",
    "strict_schema_of",
    "to_strict_json_schema",
]

Schema: TypeAlias = dict[str, Any]

_IMPOSSIBLE: Mapping[str, str] = {
    "not": "a negation",
    "if": "a condition",
    "patternProperties": "members that a pattern names",
    "prefixItems": "a tuple whose items differ",
}
_HINT = (
    "a strict schema cannot say that; use a model with the members that you expect, "
    "or a list of such models, or pass a JSON schema of your own as a dictionary"
)

_schemas: WeakKeyDictionary[Any, Schema] = WeakKeyDictionary()


def to_strict_json_schema(model: type[Any] | pydantic.TypeAdapter[Any]) -> Schema:
    """
    Return the strict JSON schema of *model*, which the caller may change.

    Args:
        model: A pydantic model, a dataclass, a ``TypedDict``, or a `pydantic.TypeAdapter`.

    Raises:
        ConfigurationError: A strict schema cannot say what the type says; the message names the
            place.
        TypeError: It is no type that pydantic knows.
    """
    return copy.deepcopy(strict_schema_of(model))


def strict_schema_of(wanted: Any) -> Schema:
    """Return the strict JSON schema of *wanted*, which is made once and not to be changed."""
    try:
        found = _schemas.get(wanted)
    except TypeError:  # no hash, or no weak references
        return _strict(wanted)
    if found is None:
        found = _schemas[wanted] = _strict(wanted)
    return found


def adapter_of(wanted: Any) -> pydantic.TypeAdapter[Any]:
    """Return the adapter of a type that is no model."""
    if isinstance(wanted, pydantic.TypeAdapter):
        return wanted
    return _adapter(wanted) if isinstance(wanted, Hashable) else pydantic.TypeAdapter(wanted)


@lru_cache(maxsize=128)  # bounded, because an adapter keeps its type alive
def _adapter(wanted: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(wanted)


def is_basemodel_type(typ: object) -> TypeGuard[type[pydantic.BaseModel]]:
    """Say whether *typ* is a class of pydantic models."""
    return isinstance(typ, type) and issubclass(typ, pydantic.BaseModel)


def name_of(wanted: Any) -> str:
    """Return a name for *wanted* that servers take: letters, digits, ``_`` and ``-``, at most 64."""
    name = getattr(wanted, "__name__", None) or "response"
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64]


def _strict(wanted: Any) -> Schema:
    try:
        if is_basemodel_type(wanted):
            schema = wanted.model_json_schema()
        else:
            schema = adapter_of(wanted).json_schema()
    except PydanticInvalidForJsonSchema as exc:
        msg = f"`{name_of(wanted)}` has no JSON schema: {exc.message}"
        raise ConfigurationError(msg) from exc
    except pydantic.PydanticSchemaGenerationError as exc:
        msg = f"{wanted!r} is no type that pydantic can read"
        raise TypeError(msg) from exc
    name = name_of(wanted)
    closed: Schema = _closed(schema, schema)
    _Check(closed).whole(closed, name)
    return closed


def _closed(schema: Any, root: Schema, inside: tuple[str, ...] = ()) -> Any:
    """
    Return *schema*, and all that is in it, with every object closed; changes it.

    Args:
        schema: Any part of *root*.
        root: The whole, which holds what is referred to.
        inside: The references in whose place *schema* is being put.
    """
    if not isinstance(schema, dict):
        return schema  # `true`, which `_Check` refuses
    for group in ("$defs", "definitions", "properties"):
        if isinstance(members := schema.get(group), dict):
            for name, member in members.items():
                members[name] = _closed(member, root, inside)
    if "items" in schema:
        schema["items"] = _closed(schema["items"], root, inside)
    if "oneOf" in schema:  # the members exclude each other by their tags
        schema["anyOf"] = schema.pop("oneOf")
        schema.pop("discriminator", None)
    for union in ("anyOf", "allOf"):
        if union in schema:
            schema[union] = [_closed(member, root, inside) for member in schema[union]]
    if len(schema.get("allOf", ())) == 1:
        (only,) = schema.pop("allOf")
        schema = {**only, **schema}
    if schema.get("default", ...) is None:  # null says so, too
        del schema["default"]
    schema.pop("uniqueItems", None)  # of a set, which takes what comes twice
    if "properties" in schema:
        # An open model is a closed one here: its own members are all that the schema can name.
        schema["required"] = list(schema["properties"])
        schema["additionalProperties"] = False
    if len(schema) > 1 and isinstance(ref := schema.get("$ref"), str):
        # A reference may have nothing beside it, so what it refers to takes its place.
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if ref in inside:  # not without end
            return {"anyOf": [{"$ref": ref}], **beside}
        named = copy.deepcopy(_resolved(ref, root))
        return _closed({**named, **beside}, root, (*inside, ref))
    return schema


def _resolved(ref: str, root: Schema) -> Schema:
    found: Any = root
    for step in ref.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    resolved: Schema = found
    return resolved


class _Check:
    """Refuses what a strict schema cannot say, and tells where in the type it is."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._seen: set[str] = set()

    def whole(self, schema: Schema, name: str) -> None:
        """Check the schema of a whole type, which has to be an object."""
        outer = _resolved(schema["$ref"], schema) if "$ref" in schema else schema
        if outer.get("type") != "object":
            msg = (
                f"`{name}` is no object, as the outermost type must be; make it a member of a model"
            )
            raise ConfigurationError(msg)
        self._at(schema, name)

    def _at(self, schema: Any, path: str) -> None:
        if not isinstance(schema, dict) or not schema.keys() - {"title", "description", "default"}:
            self._refuse(path, "any value")
        if ref := schema.get("$ref"):
            if ref not in self._seen:
                self._seen.add(ref)
                self._at(_resolved(ref, self._root), path)
            return
        for key, what in _IMPOSSIBLE.items():
            if key in schema:
                self._refuse(path, what)
        if len(schema.get("allOf", ())) > 1:
            self._refuse(path, "several types at once")
        if schema.get("type") == "object" and "properties" not in schema:
            if schema.get("additionalProperties") is not False:
                self._refuse(path, "a dictionary with any keys")
        elif schema.get("type") == "array" and "items" not in schema:
            self._refuse(path, "a list of anything")
        for name, member in schema.get("properties", {}).items():
            self._at(member, f"{path}.{name}")
        if "items" in schema:
            self._at(schema["items"], f"{path}[]")
        for member in schema.get("anyOf", ()):
            self._at(member, path)

    def _refuse(self, path: str, what: str) -> None:
        msg = f"`{path}` is {what}, and {_HINT}"
        raise ConfigurationError(msg)
