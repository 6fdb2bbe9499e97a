"""What the engine is asked: every place of the document that needs a type."""

from __future__ import annotations

from collections.abc import Iterator

from ._engine import Node
from ._ir import API, Object
from ._schemas import Schema

__all__ = ["nodes"]


def nodes(api: API) -> Iterator[Node]:
    """Yield a node for each component and each operation."""
    for name, component in api.components.items():
        slots: dict[str, Schema] = {}
        if isinstance(component, Object):
            slots.update({prop.pointer: prop.schema for prop in component.properties})
        else:
            slots[component.pointer] = component.schema
        yield Node(component.origin, slots, name)
    for operation in api.operations:
        slots = {parameter.pointer: parameter.schema for parameter in operation.parameters}
        slots.update({body.pointer: body.schema for body in operation.bodies})
        for response in (*operation.responses, *operation.errors):
            for content in response.contents:
                if content.schema is not None:
                    slots[content.pointer] = content.schema
        yield Node(operation.pointer, slots)
    for webhook in api.webhooks:
        yield Node(webhook.pointer, {webhook.pointer: webhook.schema})
