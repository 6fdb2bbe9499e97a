"""The arguments of a method."""

from __future__ import annotations

import attrs

from .._annotations import param_annotation
from .._ir import Body, Operation
from .._names import identifier, unique
from .._schemas import Schema
from .._types import Described, union_of
from ._bodies import Bodies, Member
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
        source: ``parameter``; ``property``, a member of a body; ``body``, which is one argument;
            or ``raw``, a body that may stand in the place of its members.
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
                annotation=_annotation(context.types.of(parameter.pointer), context),
                required=parameter.required,
                positional=parameter.location == "path",
                words=_words(words, parameter.schema, parameter.deprecated),
            )
        )
    bodies = context.bodies(operation)
    for member in bodies.members().values():
        found.append(_member(member, context, taken))
        taken.append(found[-1].name)
    if bodies.raw is not None:
        found.append(_raw(bodies.raw, unique("content", taken)))
    elif bodies.kinds and not bodies.objects:
        found.append(_whole(bodies, context, unique("body", taken)))
    return sorted(found, key=lambda item: (not item.positional, not item.required))


def _member(member: Member, context: Context, taken: list[str]) -> Argument:
    prop = member.first
    name = identifier(prop.wire, RESERVED)
    if name in taken:
        name = unique(f"{name}_body", taken)
    described = union_of(context.types.of(pointer) for pointer in member.pointers)
    return Argument(
        name=name,
        wire=prop.wire,
        source="property",
        annotation=_annotation(described, context, "FileTypes" if member.file else "str"),
        required=member.required,
        positional=False,
        words=_words(
            prop.description or f"The member `{prop.wire}` of the body.",
            prop.schema,
            prop.schema.get("deprecated") is True,
        ),
    )


def _raw(body: Body, name: str) -> Argument:
    return Argument(
        name=name,
        wire="",
        source="raw",
        annotation="str" if body.encoding == "text" else "BinaryTypes",
        required=False,
        positional=False,
        words=f"The whole body as `{body.media_type}`, instead of its members.",
    )


def _whole(bodies: Bodies, context: Context, name: str) -> Argument:
    body = bodies.kinds[0]
    return Argument(
        name=name,
        wire="",
        source="body",
        annotation=_annotation(bodies.whole(context.types), context),
        required=body.required,
        positional=False,
        words=sentence(body.description or _described(body.schema) or "The body"),
    )


def _annotation(described: Described, context: Context, binary: str = "str") -> str:
    return param_annotation(
        described,
        context.types,
        context.params,
        prefix="params.",
        models="models.",
        iterable=True,
        binary=binary,
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
