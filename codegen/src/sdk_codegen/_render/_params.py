"""`params.py`: what requests are made of, as `TypedDict`s."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter
from keyword import iskeyword

import attrs

from .._annotations import literal, param_annotation
from .._ir import Object
from ._context import Context
from ._docstrings import docstring, sentence

__all__ = ["render_params"]


@attrs.frozen
class Dictionary:
    """A `TypedDict`; *functional* where a key is no identifier."""

    name: str
    docstring: str
    entries: tuple[tuple[str, str, str], ...]
    functional: bool


@attrs.frozen
class Union:
    """A union by name."""

    name: str
    docstring: str
    annotation: str


def render_params(context: Context) -> dict[str, str]:
    """Return `params.py`; nothing where requests are made of plain values only."""
    if not context.params:
        return {}
    dictionaries = []
    unions = []
    for name in context.params:
        component = context.api.components[name]
        if isinstance(component, Object):
            dictionaries.append(_dictionary(component, context))
    # An alias is evaluated where it stands, so that it can name only what stands before it.
    defined = {
        name: text
        for name, text in context.params.items()
        if isinstance(context.api.components[name], Object)
    }
    for name in _ordered(context):
        component = context.api.components[name]
        words = component.schema.get("description")
        described = context.types.alias(name)
        # What leads back to itself is for type checkers only, and so is what is made of it.
        quoted = any(map(context.types.is_recursive, {name, *context.closure(described)}))
        names = context.params if quoted else defined
        annotation = param_annotation(described, context.types, names, runtime=True)
        unions.append(
            Union(
                context.params[name],
                docstring(sentence(words) if isinstance(words, str) else "", 0),
                literal(annotation) if quoted else annotation,
            )
        )
        defined[name] = context.params[name]
    return {
        "params.py": context.render(
            "params.py.jinja",
            dictionaries=dictionaries,
            unions=unions,
            enums=_enumerations(dictionaries, context),
            exported=sorted(context.params.values()),
        )
    }


def _enumerations(dictionaries: list[Dictionary], context: Context) -> list[str]:
    """Return the enumerations that annotations name; they are among the models."""
    annotations = " ".join(entry[1] for item in dictionaries for entry in item.entries)
    words = set(re.findall(r"\w+", annotations))
    return sorted(name for name in context.models & words if context.types.is_enum(name))


def _dictionary(component: Object, context: Context) -> Dictionary:
    functional = not all(_is_key(prop.wire) for prop in component.properties)
    entries = []
    for prop in component.properties:
        if prop.schema.get("readOnly") is True:
            continue
        described = context.types.of(prop.pointer)
        annotation = param_annotation(
            described,
            context.types,
            context.params,
            models="",
            runtime=functional,
            binary="FileTypes" if component.name in context.forms else "str",
        )
        if functional:
            # Evaluated before all classes exist: a name inside is a forward reference.
            annotation = literal(annotation)
        annotation = f"{'Required' if prop.required else 'NotRequired'}[{annotation}]"
        told = sentence(prop.description)
        entries.append((prop.wire, annotation, "" if functional else docstring(told, 4)))
    words = component.schema.get("description")
    return Dictionary(
        context.params[component.name],
        docstring(
            sentence(words) if isinstance(words, str) else f"The schema `{component.name}`.", 4
        ),
        tuple(entries),
        functional,
    )


def _is_key(wire: str) -> bool:
    # A leading double underscore would be mangled inside a class.
    return wire.isidentifier() and not iskeyword(wire) and not wire.startswith("__")


def _ordered(context: Context) -> list[str]:
    """Return the unions so that each comes after those that it is made of."""
    unions = [
        name for name in context.params if not isinstance(context.api.components[name], Object)
    ]
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in unions:
        parts = sorted(context.types.objects(context.types.alias(name)))
        sorter.add(name, *(part for part in parts if part in unions and part != name))
    try:
        return list(sorter.static_order())
    except CycleError:
        return unions
