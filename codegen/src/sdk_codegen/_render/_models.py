"""`models/`: a module for each class that is read, and for each name of a type."""

from __future__ import annotations

from typing import Any

import attrs

from .._annotations import Types, literal, model_annotation
from .._ir import Component, Object
from .._names import RESERVED_FIELDS, identifier, unique
from .._types import Described, ListOf, MapOf, Named, UnionOf
from ._context import Context
from ._docstrings import docstring, sentence

__all__ = ["render_models"]


@attrs.frozen
class Field:
    """One line of a class, and its docstring."""

    declaration: str
    docstring: str


def render_models(context: Context) -> dict[str, str]:
    """Return the files of `models/`, by path in the package."""
    files = {}
    exported = []
    for name in sorted(context.models):
        module = context.module(name)
        exported.append((module, name))
        component = context.api.components.get(name)
        if isinstance(component, Object):
            text = context.render("model.py.jinja", **_class(component, context))
        elif component is not None:
            described = context.types.alias(name)
            text = context.render(
                "alias.py.jinja", **_alias(name, described, _words(component), context)
            )
        else:
            words = "What an operation answers with."
            text = context.render(
                "alias.py.jinja", **_alias(name, context.answers[name], words, context)
            )
        files[f"models/{module}.py"] = text
    files["models/__init__.py"] = context.render("models_init.py.jinja", exported=exported)
    return files


def _class(component: Object, context: Context) -> dict[str, Any]:
    types = context.types
    names = _field_names(component)
    fields = []
    used: set[str] = set()
    for prop in component.properties:
        name = names[prop.wire]
        described = types.of(prop.pointer)
        used |= _used(types.expand(described), types)
        annotation = model_annotation(described, types)
        alias = "" if name == prop.wire else literal(prop.wire)
        if prop.required:
            value = f" = Field(alias={alias})" if alias else ""
        else:
            if annotation != "Any" and not annotation.endswith("None"):
                annotation += " | None"
            value = f" = Field(default=None, alias={alias})" if alias else " = None"
        words = sentence(prop.description)
        if prop.schema.get("deprecated") is True and "deprecated" not in words.lower():
            words = f"Deprecated. {words}".strip()
        fields.append(Field(f"{name}: {annotation}{value}", docstring(words, 4)))
    return {
        "name": component.name,
        "docstring": docstring(_words(component), 4),
        "fields": fields,
        "imports": [(context.module(name), name) for name in sorted(used - {component.name})],
    }


def _field_names(component: Object) -> dict[str, str]:
    """Return the names of the fields; what is a name already is not renamed for another's sake."""
    names: dict[str, str] = {}
    for exact in (True, False):
        for prop in component.properties:
            name = identifier(prop.wire, RESERVED_FIELDS)
            if (name == prop.wire) is exact:
                names[prop.wire] = unique(name, names.values())
    return names


def _alias(name: str, described: Described, words: str, context: Context) -> dict[str, Any]:
    used = _used(context.types.expand(described), context.types)
    return {
        "name": name,
        "annotation": model_annotation(described, context.types),
        "docstring": docstring(words, 0),
        "imports": [(context.module(other), other) for other in sorted(used - {name})],
    }


def _words(component: Component) -> str:
    words = component.schema.get("description")
    if isinstance(words, str) and words.strip():
        return sentence(words)
    return f"The schema `{component.origin.rpartition('/')[2]}`."


def _used(described: Described, types: Types) -> set[str]:
    match described:
        case Named(name):
            return {name}
        case ListOf(inner) | MapOf(inner):
            return _used(inner, types)
        case UnionOf(members):
            return set().union(*(_used(member, types) for member in members))
    return set()
