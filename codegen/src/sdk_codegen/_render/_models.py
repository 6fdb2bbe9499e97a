"""`models/`: the classes that are read, and the names of types; `_modules` says what stands together."""

from __future__ import annotations

from typing import Any

import attrs

from .._annotations import literal, model_annotation
from .._ir import Component, Object
from .._names import RESERVED_FIELDS, Namespace, identifier
from ._context import Context
from ._docstrings import docstring, sentence

__all__ = ["render_models"]


@attrs.frozen
class Field:
    """A field of a class; *default* is what stands behind its annotation."""

    name: str
    annotation: str
    default: str
    docstring: str


TEMPLATES = {"pydantic": "models.py.jinja", "attrs": "attrs_models.py.jinja"}
RUNTIMES = {"pydantic": "sdk_core.models", "attrs": "sdk_core.attrs_models"}


def render_models(context: Context) -> dict[str, str]:
    """Return the files of `models/`, by path in the package."""
    exported = [(context.module(name), name) for name in sorted(context.models)]
    inside: dict[str, list[str]] = {}
    for module, name in exported:
        inside.setdefault(module, []).append(name)
    files = {
        f"models/{module}.py": _module(names, context) for module, names in sorted(inside.items())
    }
    files["models/__init__.py"] = context.render(
        "models_init.py.jinja", exported=exported, flavour=context.flavour
    )
    return files


def _module(names: list[str], context: Context) -> str:
    """Return the module that holds *names*: classes with enumerations, or one name of a type."""
    components = [context.api.components.get(name) for name in names]
    classes = [component for component in components if isinstance(component, Object)]
    aliases = [
        _alias(name, component, context)
        for name, component in zip(names, components, strict=True)
        if not isinstance(component, Object)
    ]
    if not classes:
        return context.render(
            "aliases.py.jinja", aliases=aliases, runtime=RUNTIMES[context.flavour]
        )
    made = [_class(component, context) for component in classes]
    used = {name for each in made for name in each["used"]}
    return context.render(
        TEMPLATES[context.flavour],
        aliases=aliases,
        classes=made,
        imports=[(context.module(name), name) for name in sorted(used.difference(names))],
    )


def _class(component: Object, context: Context) -> dict[str, Any]:
    types = context.types
    names = _field_names(component)
    fields = []
    used: set[str] = set()
    for prop in component.properties:
        if prop.schema.get("writeOnly") is True:
            continue
        name = names[prop.wire]
        described = types.of(prop.pointer)
        used |= types.objects(types.expand(described))
        annotation = model_annotation(described, types)
        nullable = annotation == "Any" or annotation.endswith("None")
        given = None if prop.required or nullable else _given(prop.schema)
        if not prop.required and not nullable and given is None:
            annotation += " | None"
        wire = None if name == prop.wire else prop.wire
        words = sentence(prop.description)
        if prop.schema.get("deprecated") is True and "deprecated" not in words.lower():
            words = f"Deprecated. {words}".strip()
        value = None if prop.required else literal(given)
        default = _default(context.flavour, wire, value)
        fields.append(Field(name, annotation, default, docstring(words, 4)))
    return {
        "name": component.name,
        "docstring": docstring(_words(component), 4),
        "fields": fields,
        "used": used,
    }


def _given(schema: dict[str, Any]) -> str | float | list[Any] | None:
    """Return the value that stands for a property that did not come, if it is plain or no items."""
    value = schema.get("default")
    if value == [] and schema.get("type") == "array":
        return []
    kind = {str: "string", bool: "boolean", int: "integer", float: "number"}.get(type(value))
    fits = kind == schema.get("type") or (kind, schema.get("type")) == ("integer", "number")
    return value if fits and not schema.keys() & {"format", "contentEncoding"} else None


def _default(flavour: str, wire: str | None, value: str | None) -> str:
    """
    Return what stands behind an annotation.

    Args:
        flavour: Of the models.
        wire: The name in JSON, where it is another.
        value: The default as it is written; required fields have none.
    """
    if wire is None and value == "[]" and flavour == "attrs":
        return " = attrs.field(factory=list)"
    if wire is None:
        return "" if value is None else f" = {value}"
    given = "" if value is None else f"default={value}, "
    if value == "[]" and flavour == "attrs":
        given = "factory=list, "
    if flavour == "attrs":
        return f' = attrs.field({given}metadata={{"wire": {literal(wire)}}})'
    return f" = Field({given}alias={literal(wire)})"


def _field_names(component: Object) -> dict[str, str]:
    """Return the names of the fields; what is a name already is not renamed for another's sake."""
    names: dict[str, str] = {}
    taken = Namespace()
    for exact in (True, False):
        for prop in component.properties:
            name = identifier(prop.wire, RESERVED_FIELDS)
            if (name == prop.wire) is exact:
                names[prop.wire] = taken.take(name)
    return names


def _alias(name: str, component: Component | None, context: Context) -> dict[str, Any]:
    types = context.types
    if component is None:
        described, words = context.answers[name], "What an operation answers with."
    else:
        described, words = types.alias(name), _words(component)
    used = types.objects(types.expand(described))
    return {
        "name": name,
        "annotation": model_annotation(described, types),
        "docstring": docstring(words, 0),
        "imports": [(context.module(other), other) for other in sorted(used - {name})],
        "recursive": component is not None and types.is_recursive(name),
    }


def _words(component: Component) -> str:
    words = component.schema.get("description")
    if isinstance(words, str) and words.strip():
        return sentence(words)
    return f"The schema `{component.origin.rpartition('/')[2]}`."
