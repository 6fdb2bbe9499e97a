"""`params.py`: what requests are made of, as `TypedDict`s."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from keyword import iskeyword

import attrs

from .._annotations import literal, param_annotation
from .._ir import Object
from ._context import Context
from ._docstrings import docstring, sentence

__all__ = ["is_key", "render_params"]

MODULES = frozenset({"datetime", "models", "params"})
"""What annotations begin with."""


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
            flavour=context.flavour,
            exported=sorted(context.params.values()),
        )
    }


def _dictionary(component: Object, context: Context) -> Dictionary:
    functional = not all(is_key(prop.wire) for prop in component.properties)
    entries = []
    for prop in component.properties:
        if prop.schema.get("readOnly") is True:
            continue
        described = context.types.of(prop.pointer)
        annotation = param_annotation(
            described,
            context.types,
            context.params,
            models="models.",
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


def is_key(name: str) -> bool:
    """Say whether *name* can be a key of a dictionary that is written as a class."""
    # A leading double underscore would be mangled inside a class, and type checkers take what
    # annotations begin with for the key of that name.
    return (
        name.isidentifier()
        and not iskeyword(name)
        and not name.startswith("__")
        and name not in MODULES
    )


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
