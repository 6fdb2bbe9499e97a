"""The arguments of a method."""

from __future__ import annotations

import attrs

from .._annotations import param_annotation
from .._ir import Operation, Property
from .._names import identifier, unique
from .._schemas import Schema
from ._context import Context
from ._docstrings import sentence

__all__ = ["Argument", "arguments", "parameter_names"]

RESERVED = frozenset(
    {"cast", "extra_body", "extra_headers", "extra_query", "operations", "self", "timeout"}
)
"""What every method has already, or uses inside."""


@attrs.frozen
class Argument:
    """
    One argument.

    Attributes:
        source: ``parameter``, ``property`` of a flattened body, or ``body`` as a whole.
        positional: Whether it may be given by position.
    """

    name: str
    wire: str
    source: str
    annotation: str
    required: bool
    positional: bool
    words: str


def parameter_names(operation: Operation) -> list[str]:
    """Return the Python names of an operation's parameters."""
    taken: list[str] = []
    for parameter in operation.parameters:
        name = identifier(parameter.wire, RESERVED)
        if name in taken:
            name = f"{name}_{parameter.location}"
        taken.append(unique(name, taken))
    return taken


def arguments(operation: Operation, context: Context) -> list[Argument]:
    """Return the arguments of an operation's method: by position first, then required, then not."""
    found = []
    taken = parameter_names(operation)
    for name, parameter in zip(taken, operation.parameters, strict=True):
        where = "header" if parameter.location == "header" else f"{parameter.location} parameter"
        words = (
            parameter.description
            or _described(parameter.schema)
            or f"The {where} `{parameter.wire}`."
        )
        found.append(
            Argument(
                name=name,
                wire=parameter.wire,
                source="parameter",
                annotation=_annotation(parameter.pointer, context),
                required=parameter.required,
                positional=parameter.location == "path",
                words=_words(words, parameter.schema, parameter.deprecated),
            )
        )
    if operation.body is not None:
        flat = context.flattened(operation)
        if flat is not None:
            for prop in flat.properties:
                if prop.schema.get("readOnly") is not True:
                    found.append(_property(prop, operation, context, taken))
                    taken.append(found[-1].name)
        else:
            found.append(_whole(operation, context, unique("body", taken)))
    return sorted(found, key=lambda item: (not item.positional, not item.required))


def _property(prop: Property, operation: Operation, context: Context, taken: list[str]) -> Argument:
    assert operation.body is not None
    name = identifier(prop.wire, RESERVED)
    if name in taken:
        name = unique(f"{name}_body", taken)
    return Argument(
        name=name,
        wire=prop.wire,
        source="property",
        annotation=_annotation(prop.pointer, context),
        required=prop.required and operation.body.required,
        positional=False,
        words=_words(
            prop.description or f"The member `{prop.wire}` of the body.",
            prop.schema,
            prop.schema.get("deprecated") is True,
        ),
    )


def _whole(operation: Operation, context: Context, name: str) -> Argument:
    body = operation.body
    assert body is not None
    annotation = {"text": "str", "bytes": "bytes"}.get(body.encoding) or _annotation(
        body.pointer, context
    )
    return Argument(
        name=name,
        wire="",
        source="body",
        annotation=annotation,
        required=body.required,
        positional=False,
        words=sentence(body.description or _described(body.schema) or "The body"),
    )


def _annotation(pointer: str, context: Context) -> str:
    return param_annotation(
        context.types.of(pointer),
        context.types,
        context.params,
        prefix="params.",
        models="models.",
        iterable=True,
    )


def _described(schema: Schema) -> str:
    words = schema.get("description")
    return words if isinstance(words, str) else ""


def _words(words: str, schema: Schema, deprecated: bool) -> str:
    words = sentence(words)
    default = schema.get("default")
    if (
        default is not None
        and "default" not in words.lower()
        and not isinstance(default, dict | list)
    ):
        words = f"{words} Default: `{default}`.".strip()
    if deprecated and "deprecated" not in words.lower():
        words = f"Deprecated. {words}".strip()
    return words
