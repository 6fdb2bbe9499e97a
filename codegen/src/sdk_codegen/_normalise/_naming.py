"""Component schemas get the name of the class that they become."""

from __future__ import annotations

from typing import Any

from .._names import Namespace, class_name
from .._pointers import join
from .._repairs import Repair
from .._schemas import map_schemas, ref_name, reference

__all__ = ["ORIGIN", "name_components"]

ORIGIN = "x-sdk-codegen-origin"
"""On a component schema: the pointer where the document has it, or what it was made for."""


def name_components(document: dict[str, Any]) -> tuple[dict[str, Any], list[Repair]]:
    """
    Give every component schema the name of its class, unique without regard to case.

    Modules are named after classes, and some file systems do not tell ``Foo.py`` from ``foo.py``.
    Names that are class names already keep theirs, whatever else the document holds.
    """
    schemas = document["components"]["schemas"]
    names: dict[str, str] = {}
    given = Namespace(separator="")
    for exact in (True, False):
        for name in schemas:
            if (class_name(name) == name) is exact:
                names[name] = given.take(class_name(name))
    repairs = [
        Repair(join("/components/schemas", name), f"`{name}` is called `{names[name]}`")
        for name in schemas
        if names[name] != class_name(name)
    ]

    def rename(schema: dict[str, Any], _pointer: str) -> dict[str, Any]:
        name = ref_name(schema)
        if name is not None and names[name] != name:
            schema = {**schema, "$ref": reference(names[name])}
        mapping = (schema.get("discriminator") or {}).get("mapping")
        if isinstance(mapping, dict):
            renamed = {
                value: names.get(ref_name({"$ref": target}) or target, target)
                for value, target in mapping.items()
                if isinstance(target, str)
            }
            schema = {**schema, "discriminator": {**schema["discriminator"], "mapping": renamed}}
        return schema

    document = map_schemas(document, rename)
    components = document["components"]
    renamed = {
        names[name]: {**schema, ORIGIN: _origin(name, schema)}
        for name, schema in components["schemas"].items()
    }
    return {**document, "components": {**components, "schemas": renamed}}, repairs


def _origin(name: str, schema: dict[str, Any]) -> str:
    """Return what an earlier pass says, where that is the place of another schema."""
    parent = ref_name({"$ref": f"#{schema.get(ORIGIN)}"})
    return join("/components/schemas", name if parent is None else parent)
