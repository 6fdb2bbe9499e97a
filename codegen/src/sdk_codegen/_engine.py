"""
openapi-python-client as the engine: its parser resolves types, its environment renders templates.

No other module knows it. The engine gets a *skeleton*: the canonical document reduced to what makes
a type, as one object schema for each component and each operation ("node"), one property for each
place that needs a type ("slot"). So a reference is always to an object, which the engine resolves
even through recursion, and nothing that it does not know (media types, defaults, names) reaches it.
What it drops nevertheless is an error that names the place.
"""

from __future__ import annotations

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

from ._schemas import Schema, ref_name
from ._types import Constant, Described, ListOf, MapOf, Named, Plain, PlainKind, union_of
from .errors import UnsupportedError

__all__ = ["Node", "environment", "resolve"]

TEMPLATES = Path(__file__).with_name("templates")

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


def resolve(nodes: Iterable[Node]) -> dict[str, Described]:
    """
    Return the type of every slot, by pointer.

    Raises:
        UnsupportedError: The engine drops a schema; the error names its pointer.
    """
    skeleton = _Skeleton(list(nodes))
    data = GeneratorData.from_dict(skeleton.document(), config=_config())
    if isinstance(data, GeneratorError):
        msg = f"the engine refuses the document: {data.header}: {data.detail}"
        raise UnsupportedError(msg)
    answers = _Answers(
        {model.name.get_untrusted_value().rpartition("/")[2]: model for model in data.models},
        {key: node.component for key, node in skeleton.keys.items() if node.component},
    )
    types: dict[str, Described] = {}
    for key, node in skeleton.keys.items():
        if key not in answers.models:
            reason = next(
                (error.detail for error in data.errors if key in f"{error.header} {error.detail}"),
                "the engine drops it",
            )
            msg = f"cannot be expressed: {reason}"
            raise UnsupportedError(msg, node.pointer)
        for index, pointer in enumerate(node.slots):
            types[pointer] = answers.slot(key, f"s{index}")
    return types


def environment() -> Environment:
    """Return the engine's template environment, with our templates before its own."""
    data = GeneratorData.from_dict(_Skeleton([]).document(), config=_config())
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


class _Skeleton:
    """The document that the engine reads, and the way back from its answers."""

    def __init__(self, nodes: list[Node]) -> None:
        self.keys = {f"Node{index}": node for index, node in enumerate(nodes)}
        self._named = {node.component: key for key, node in self.keys.items() if node.component}
        self._maps: dict[str, Schema] = {}

    def document(self) -> dict[str, Any]:
        schemas = {
            key: {
                "type": "object",
                "properties": {
                    f"s{index}": self.schema(schema)
                    for index, schema in enumerate(node.slots.values())
                },
            }
            for key, node in self.keys.items()
        }
        return {
            "openapi": "3.1.0",
            "info": {"title": "skeleton", "version": "1"},
            "paths": {},
            "components": {"schemas": schemas | self._maps},
        }

    def schema(self, schema: Schema) -> Schema:
        """Reduce *schema* to what makes its type."""
        name = ref_name(schema)
        if name is not None:
            return {"$ref": f"#/components/schemas/{self._named[name]}"}
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else schema["enum"]
            # A type that allows null beside an `enum` that does not means that it is allowed.
            null = [None] if "null" in schema.get("type", ()) and None not in values else []
            return self._constants([*values, *null])
        if "anyOf" in schema or "oneOf" in schema:
            variants = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
            return {"anyOf": [self.schema(variant) for variant in variants]}
        kind = schema.get("type")
        if isinstance(kind, list):
            return {"anyOf": [self.schema({**schema, "type": item}) for item in kind]}
        if kind == "array":
            items = [*schema.get("prefixItems", []), schema.get("items")]
            inner = [self.schema(item) for item in items if item and item != {"not": {}}]
            return {
                "type": "array",
                "items": {"anyOf": inner} if len(inner) > 1 else (inner or [{}])[0],
            }
        if kind == "object":
            patterns = schema.get("patternProperties")
            more = {"anyOf": list(patterns.values())} if patterns else None
            return self._map(schema.get("additionalProperties") or more)
        if kind == "string":
            text = {"type": "string"}
            known = schema.get("format") in ("date", "date-time", "binary", "uuid")
            return {**text, "format": schema["format"]} if known else text
        return {"type": kind} if kind else {}

    def _constants(self, values: list[Any]) -> Schema:
        variants: list[Schema] = []
        for value in values:
            if value is None:
                variants.append({"type": "null"})
            elif isinstance(value, str | int | float | bool):
                variants.append({"const": value})
            else:
                variants.append({})
        return {"anyOf": variants}

    def _map(self, value: Any) -> Schema:
        key = f"Map{len(self._maps)}"
        self._maps[key] = {}  # the key is taken before the value asks for its own
        usable = isinstance(value, dict) and value != {"not": {}}
        self._maps[key] = {
            "type": "object",
            "properties": {"value": self.schema(value) if usable else {}},
        }
        return {"$ref": f"#/components/schemas/{key}"}


class _Answers:
    """What the engine made of the skeleton."""

    def __init__(self, models: Mapping[str, ModelProperty], components: Mapping[str, str]) -> None:
        self.models = models
        self._components = components
        self._slots = {
            key: {
                prop.name.get_untrusted_value(): prop
                for prop in (*(model.required_properties or ()), *(model.optional_properties or ()))
            }
            for key, model in models.items()
        }

    def slot(self, key: str, slot: str) -> Described:
        return self.describe(self._slots[key][slot])

    def describe(self, prop: object) -> Described:
        """Return the type that a property of the engine stands for."""
        if isinstance(prop, ModelProperty):
            key = str(prop.class_info.name)
            if key in self._components:
                return Named(self._components[key])
            return MapOf(self.slot(key, "value"))
        if isinstance(prop, ConstProperty):
            return Constant(prop.value.raw_value)
        if isinstance(prop, ListProperty):
            return ListOf(self.describe(prop.inner_property))
        if isinstance(prop, UnionProperty):
            return union_of(self.describe(inner) for inner in prop.inner_properties)
        return Plain(PLAIN[type(prop)])
