"""The argument that asks for a stream."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from .._annotations import literal
from .._fitting import resolve
from .._ir import Operation
from ..errors import UnsupportedError
from ._context import Context
from ._signatures import Argument

__all__ = ["Switch", "switch_of"]


@attrs.frozen
class Switch:
    """
    The argument that asks for a stream, with its annotations.

    Attributes:
        name: Of the argument.
        off: The annotation where it asks for none.
        on: The annotation where it asks for one.
        either: The annotation where it may.
    """

    name: str
    off: str
    on: str
    either: str


def switch_of(operation: Operation, found: Iterable[Argument], context: Context) -> Switch | None:
    """
    Return what asks for a stream among the arguments that were *found*.

    Raises:
        UnsupportedError: The document names a switch that is no argument, or not one of two ways.
    """
    streaming = operation.streaming
    if streaming is None or streaming.switch is None:
        return None
    sources = ("property",) if operation.bodies else ("parameter",)
    for argument in found:
        if argument.source in sources and argument.wire == streaming.switch:
            return _switch(operation, argument, streaming.switch_value, context)
    what = "property of the body" if operation.bodies else "parameter"
    msg = f"`switch` of `x-sdk-streaming` is `{streaming.switch}`, which is no {what}"
    raise UnsupportedError(msg, f"{operation.pointer}/x-sdk-streaming")


def _switch(
    operation: Operation, argument: Argument, value: object | None, context: Context
) -> Switch:
    if value is None:
        null = " | None" if "None" in argument.annotation else ""
        return Switch(argument.name, f"Literal[False]{null}", "Literal[True]", "bool")
    member = context.bodies(operation).members().get(argument.wire)
    schemas = {name: component.schema for name, component in context.api.components.items()}
    known = resolve(member.first.schema, schemas).get("enum") or [] if member else []
    others = [literal(item) for item in known if item != value]
    if value not in known or not others:
        msg = f"`{argument.wire}` of `x-sdk-streaming` has no enumeration of `{value}` and others"
        raise UnsupportedError(msg, f"{operation.pointer}/x-sdk-streaming/switch")
    return Switch(
        argument.name,
        f"Literal[{', '.join(others)}]",
        f"Literal[{literal(value)}]",
        argument.annotation,
    )
