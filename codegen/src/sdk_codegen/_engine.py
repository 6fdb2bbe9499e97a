"""
openapi-python-client as the engine: its parser resolves types, its environment renders templates.

No other module knows it. The engine gets a *skeleton*: every place of the canonical document that
needs a type ("slot"), reduced to what makes one, each once. Nothing that it does not know (media
types, defaults, names, recursion) reaches it. What it drops nevertheless is an error that names the
place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
from jinja2 import Environment, StrictUndefined
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.any import AnyProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.file import FileProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty

from ._cache import Cache
from ._schemas import Schema, ref_name
from ._types import (
    Constant,
    Described,
    ListOf,
    MapOf,
    Named,
    Plain,
    PlainKind,
    dumps,
    loads,
    union_of,
)
from .errors import UnsupportedError

__all__ = ["Node", "environment", "resolve"]

TEMPLATES = Path(__file__).with_name("templates")

REFERENCE = "$ref "
"""Begins the constant that stands for a component; what begins with ``$`` itself, gets another."""

PROPERTIES = 100
"""Of one model of the skeleton."""

PLAIN: dict[type, PlainKind] = {
    AnyProperty: "any",
    BooleanProperty: "bool",
    DateProperty: "date",
    DateTimeProperty: "datetime",
    FileProperty: "bytes",
    FloatProperty: "float",
    IntProperty: "int",
    NoneProperty: "null",
    StringProperty: "str",
    UuidProperty: "str",
}


@attrs.frozen
class Node:
    """
    A component or an operation.

    Attributes:
        pointer: Where the document has it.
        slots: The schemas of its places, by pointer.
        component: The name of the component schema; ``None`` for an operation.
    """

    pointer: str
    slots: Mapping[str, Schema]
    component: str | None = None


def resolve(nodes: Iterable[Node], cache: Cache | None = None) -> dict[str, Described]:
    """
    Return the type of every slot, by pointer.

    Equal schemas are asked once, and those that *cache* knows not at all.

    Raises:
        UnsupportedError: The engine drops a schema; the error names its pointer.
    """
    nodes = list(nodes)
    slots = {
        pointer: (json.dumps(reduced(schema)), node.pointer)
        for node in nodes
        for pointer, schema in node.slots.items()
    }
    questions = dict(slots.values())
    cache = cache or Cache.none()
    known = {question: loads(answer) for question, answer in cache.get("type", questions).items()}
    unknown = {q: place for q, place in questions.items() if q not in known}
    if unknown:
        found = _ask(unknown)
        cache.put("type", {q: dumps(answer) for q, answer in found.items()})
        known |= found
    return {pointer: known[question] for pointer, (question, _) in slots.items()}


def _ask(questions: Mapping[str, str]) -> dict[str, Described]:
    """
    Put *questions* to the engine.

    Args:
        questions: Reduced schemas in JSON, and where the document has the first of each.
    """
    skeleton = _Skeleton(questions)
    data = GeneratorData.from_dict(skeleton.document(), config=_config())
    if isinstance(data, GeneratorError):
        msg = f"the engine refuses the document: {data.header}: {data.detail}"
        raise UnsupportedError(msg)
    answers = _Answers(data.models)
    if lost := [key for key in skeleton.places if key not in answers.models]:
        if len(questions) > 1:  # one of them is at fault
            items = list(questions.items())
            middle = len(items) // 2
            return _ask(dict(items[:middle])) | _ask(dict(items[middle:]))
        reason = next((error.detail for error in data.errors if error.detail), "it drops it")
        msg = f"cannot be expressed: {reason}"
        raise UnsupportedError(msg, skeleton.places[lost[0]])
    return {
        question: answers.slot(key, slot) for question, (key, slot) in skeleton.questions.items()
    }


def environment() -> Environment:
    """Return the engine's template environment, with our templates before its own."""
    data = GeneratorData.from_dict(_Skeleton({}).document(), config=_config())
    if isinstance(data, GeneratorError):  # pragma: no cover - the document is ours
        msg = f"the engine does not start: {data.detail}"
        raise UnsupportedError(msg)
    env = _Package(openapi=data, config=_config(), custom_template_path=TEMPLATES).env
    env.undefined = StrictUndefined
    return env


class _Package(Project):
    """A project of the engine of which only the environment is used; we write the files."""


def _config() -> Config:
    return Config.from_sources(
        ConfigFile(literal_enums=True, post_hooks=[]),
        MetaType.NONE,
        Path("openapi.yaml"),
        "utf-8",
        overwrite=True,
        output_path=None,
    )


def reduced(schema: Schema) -> Any:
    """
    Reduce *schema* to what makes its type, in a notation of our own that is JSON.

    ``{"ref": NAME}`` is a component, ``{"map": SCHEMA}`` an object without named properties,
    ``{"list": SCHEMA}``, ``{"any of": [...]}``; the rest is a schema for the engine as it is.
    """
    name = ref_name(schema)
    if name is not None:
        return {"ref": name}
    if "const" in schema or "enum" in schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        # A type that allows null beside an `enum` that does not means that it is allowed.
        null = [None] if "null" in schema.get("type", ()) and None not in values else []
        return {"any of": [_constant(value) for value in [*values, *null]]}
    if "anyOf" in schema or "oneOf" in schema:
        variants = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
        return {"any of": [reduced(variant) for variant in variants]}
    kind = schema.get("type")
    if isinstance(kind, list):
        return {"any of": [reduced({**schema, "type": item}) for item in kind]}
    if kind == "array":
        items = [*schema.get("prefixItems", []), schema.get("items")]
        inner = [reduced(item) for item in items if item and item != {"not": {}}]
        return {"list": {"any of": inner} if len(inner) > 1 else (inner or [{}])[0]}
    if kind == "object":
        patterns = schema.get("patternProperties")
        value = schema.get("additionalProperties") or (
            {"anyOf": list(patterns.values())} if patterns else None
        )
        return {"map": reduced(value) if isinstance(value, dict) and value != {"not": {}} else {}}
    if kind == "string":
        known = schema.get("format") in ("date", "date-time", "binary", "uuid")
        return {"type": "string", "format": schema["format"]} if known else {"type": "string"}
    return {"type": kind} if kind else {}


def _constant(value: Any) -> Schema:
    if value is None:
        return {"type": "null"}
    return {"const": value} if isinstance(value, str | int | float | bool) else {}


class _Skeleton:
    """
    The document that the engine reads, and the way back from its answers.

    A component is a constant there, made of its name: the engine's work grows with the square of
    the number of models, and where a reference leads makes no difference to its type.

    Attributes:
        questions: Where the answer to each question stands: model and property.
        places: Where the document has what each model holds first.
    """

    def __init__(self, questions: Mapping[str, str]) -> None:
        self.questions: dict[str, tuple[str, str]] = {}
        self.places: dict[str, str] = {}
        self._schemas: dict[str, Schema] = {}
        self._maps: dict[str, str] = {}
        for index, (question, pointer) in enumerate(questions.items()):
            key, slot = f"Slots{index // PROPERTIES}", f"s{index % PROPERTIES}"
            self.questions[question] = (key, slot)
            if key not in self._schemas:
                self.places[key] = pointer
                self._schemas[key] = {"type": "object", "properties": {}}
            self._schemas[key]["properties"][slot] = self._schema(json.loads(question))

    def document(self) -> dict[str, Any]:
        return {
            "openapi": "3.1.0",
            "info": {"title": "skeleton", "version": "1"},
            "paths": {},
            "components": {"schemas": self._schemas},
        }

    def _schema(self, value: Any) -> Schema:
        if "ref" in value:
            return {"const": REFERENCE + value["ref"]}
        if str(value.get("const", "")).startswith(REFERENCE[0]):
            return {"const": REFERENCE[0] + value["const"]}
        if "any of" in value:
            return {"anyOf": [self._schema(item) for item in value["any of"]]}
        if "list" in value:
            return {"type": "array", "items": self._schema(value["list"])}
        if "map" in value:
            return {"$ref": f"#/components/schemas/{self._map(value['map'])}"}
        schema: Schema = value
        return schema

    def _map(self, value: Any) -> str:
        question = json.dumps(value)
        if question not in self._maps:
            key = self._maps[question] = f"Map{len(self._maps)}"
            self._schemas[key] = {}  # the key is taken before the value asks for its own
            self._schemas[key] = {"type": "object", "properties": {"value": self._schema(value)}}
        return self._maps[question]


class _Answers:
    """What the engine made of the skeleton."""

    def __init__(self, models: Iterable[ModelProperty]) -> None:
        self.models = {
            model.name.get_untrusted_value().rpartition("/")[2]: {
                prop.name.get_untrusted_value(): prop
                for prop in (*(model.required_properties or ()), *(model.optional_properties or ()))
            }
            for model in models
        }

    def slot(self, key: str, slot: str) -> Described:
        return self.describe(self.models[key][slot])

    def describe(self, prop: object) -> Described:
        """Return the type that a property of the engine stands for."""
        if isinstance(prop, ModelProperty):
            return MapOf(self.slot(str(prop.class_info.name), "value"))
        if isinstance(prop, ConstProperty):
            return _named_or_constant(prop.value.raw_value)
        if isinstance(prop, ListProperty):
            return ListOf(self.describe(prop.inner_property))
        if isinstance(prop, UnionProperty):
            return union_of(self.describe(inner) for inner in prop.inner_properties)
        return Plain(PLAIN[type(prop)])


def _named_or_constant(value: Any) -> Described:
    if isinstance(value, str) and value.startswith(REFERENCE):
        return Named(value.removeprefix(REFERENCE))
    escaped = isinstance(value, str) and value.startswith(REFERENCE[0])
    return Constant(value[1:] if escaped else value)
