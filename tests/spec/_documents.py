"""The two documents, read so that nothing in them can hide from the tests."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from sdk_server import spec

SPEC = Path(__file__).parents[2] / "spec"
NAMES = ("inference", "platform")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


class StrictLoader(yaml.SafeLoader):
    """Read YAML, and refuse what PyYAML lets pass: a key written twice, a key that is no text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping of a node."""
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key_node.tag != "tag:yaml.org,2002:str":
                msg = f"the key {key!r} is no text, {key_node.start_mark}"
                raise ValueError(msg)
            if key in seen:
                msg = f"the key `{key}` is written twice, {key_node.start_mark}"
                raise ValueError(msg)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


@dataclass(frozen=True)
class Place:
    """A part of a document and where it stands."""

    pointer: str
    value: Any


@dataclass(frozen=True)
class Document:
    """One of the two documents."""

    name: str
    raw: dict[str, Any] = field(repr=False)
    _validators: dict[str, jsonschema_rs.Validator] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return what *value* refers to, or itself."""
        while "$ref" in value:
            found: Any = self.raw
            for part in value["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            value = found
        return value

    def operations(self) -> Iterator[Place]:
        """Yield every operation, with ``GET /models`` for a pointer."""
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    operation = {"parameters": [], **item[method]}
                    operation["parameters"] += item.get("parameters", [])
                    yield Place(f"{method.upper()} {path}", operation)

    def webhooks(self) -> Iterator[Place]:
        """Yield what the service sends to its users, with its name for a pointer."""
        for name, item in self.raw.get("webhooks", {}).items():
            yield Place(name, self.resolve(item)["post"])

    def contents(self, operation: Place) -> Iterator[Place]:
        """Yield every media type object of an operation, its request's first."""
        if "requestBody" in operation.value:
            body = self.resolve(operation.value["requestBody"])
            for media_type, content in body["content"].items():
                yield Place(f"{operation.pointer} request {media_type}", content)
        for status, answer in operation.value["responses"].items():
            for media_type, content in self.resolve(answer).get("content", {}).items():
                yield Place(f"{operation.pointer} {status} {media_type}", content)

    def schemas(self) -> Iterator[Place]:
        """Yield every schema, those within others too."""
        for name, schema in self.raw["components"]["schemas"].items():
            yield from _parts(Place(name, schema))

    def validator(self, schema: dict[str, Any]) -> jsonschema_rs.Validator:
        """Return a validator that asserts formats and JSON within strings, as schemathesis does."""
        key = json.dumps(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {**schema, "components": self.raw["components"]},
                validate_formats=True,
                keywords={"contentMediaType": _json_text(self)},
            )
        return self._validators[key]

    def faults(self, schema: dict[str, Any], value: object) -> list[str]:
        """Return what is wrong with *value*, nothing if it follows the schema."""
        return [
            f"{'/'.join(map(str, error.instance_path))}: {error.message}"
            for error in self.validator(schema).iter_errors(value)
        ]


@cache
def load(name: str) -> Document:
    """Return the document *name*; the files of its areas are part of it."""
    for part in parts(name):
        yaml.load(part.read_text(encoding="utf-8"), StrictLoader)
    return Document(name, spec.read(SPEC / f"{name}.yaml"))


def parts(name: str) -> list[Path]:
    """Return the file of the document *name* and those of its areas."""
    return [SPEC / f"{name}.yaml", *sorted((SPEC / name).glob("*.yaml"))]


def _parts(schema: Place) -> Iterator[Place]:
    yield schema
    for key, value in schema.value.get("properties", {}).items():
        yield from _parts(Place(f"{schema.pointer}.{key}", value))
    for keyword in ("anyOf", "oneOf", "allOf"):
        for index, value in enumerate(schema.value.get(keyword, [])):
            yield from _parts(Place(f"{schema.pointer}/{keyword}/{index}", value))
    for keyword in ("items", "additionalProperties", "contentSchema"):
        if isinstance(schema.value.get(keyword), dict):
            yield from _parts(Place(f"{schema.pointer}/{keyword}", schema.value[keyword]))


def _json_text(document: Document) -> type[jsonschema_rs.KeywordValidator]:
    """Return what asserts `contentSchema`; JSON Schema 2020-12, section 8 leaves it to users."""

    class JSONText:
        def __init__(self, parent: dict[str, Any], value: str, _path: object) -> None:
            assert "application/json" == value
            self.content = document.validator(parent["contentSchema"])

        def validate(self, instance: object) -> None:
            assert isinstance(instance, str)
            self.content.validate(json.loads(instance))

    return JSONText
