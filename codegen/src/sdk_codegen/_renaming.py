"""Names of component schemas that the configuration chooses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._names import class_name
from ._normalise import ORIGIN
from ._pointers import join
from ._repairs import Repair
from ._schemas import map_schemas, ref_name, reference
from ._selecting import nearest
from ._settings import Settings
from .errors import ConfigError

__all__ = ["rename_canonical"]


def rename_canonical(
    document: dict[str, Any], settings: Settings
) -> tuple[dict[str, Any], list[Repair]]:
    """
    Rename component schemas of the canonical document.

    Raises:
        ConfigError: There is no such schema, or the new name is taken or no name of a class.
    """
    if not settings.schemas:
        return document, []
    schemas = document["components"]["schemas"]
    names = _names(schemas, settings.schemas)

    def rename(schema: dict[str, Any], _pointer: str) -> dict[str, Any]:
        changed = dict(schema)
        name = ref_name(schema)
        if name in names:
            changed["$ref"] = reference(names[name])
        mapping = (schema.get("discriminator") or {}).get("mapping")
        if isinstance(mapping, dict):
            changed["discriminator"] = {
                **schema["discriminator"],
                "mapping": {value: names.get(name, name) for value, name in mapping.items()},
            }
        return changed

    document = map_schemas(document, rename)
    components = document["components"]
    renamed = {names.get(name, name): schema for name, schema in components["schemas"].items()}
    return {**document, "components": {**components, "schemas": renamed}}, []


def _names(schemas: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return the new names by the canonical ones."""
    # A union of a parent and its children comes after the parent, and has its origin.
    origins = {schema.get(ORIGIN): name for name, schema in reversed([*schemas.items()])}
    names: dict[str, str] = {}
    for old, new in wanted.items():
        name = origins.get(join("/components/schemas", old), old)
        if name not in schemas:
            known = [*schemas, *(str(origin).rpartition("/")[2] for origin in origins if origin)]
            msg = f"`naming.schemas`: there is no schema `{old}`{nearest(old, known)}"
            raise ConfigError(msg)
        if class_name(new) != new:
            msg = (
                f"`naming.schemas`: `{new}` cannot be the name of a class; `{class_name(new)}` can"
            )
            raise ConfigError(msg)
        names[name] = new
    taken: dict[str, str] = {}
    for name in schemas:
        final = names.get(name, name)
        other = taken.setdefault(final.lower(), name)
        if other != name:
            msg = f"`naming.schemas`: `{final}` would be the name of both `{other}` and `{name}`"
            raise ConfigError(msg)
    return names
