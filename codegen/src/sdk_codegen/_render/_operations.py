"""`operations.py`: each operation as a value."""

from __future__ import annotations

from typing import Any

import attrs

from .._annotations import literal, model_annotation
from .._ir import Content, Operation, Response
from .._types import Described, Plain, union_of
from ._calls import body, server
from ._context import Context
from ._references import References
from ._signatures import parameter_names

__all__ = ["render_operations", "result"]

SPLIT = 50
"""More operations than this get one module for each group."""


def render_operations(context: Context) -> dict[str, str]:
    """Return `operations.py`, or the modules of `operations/` for a large API."""
    operations = context.api.operations
    if not split(context):
        return {"operations.py": _module(list(operations), ".", context)}
    files = {
        "operations/__init__.py": context.render(
            "empty.py.jinja", words="The operations as values, by group."
        )
    }
    groups: dict[str, list[Operation]] = {}
    for operation in operations:
        groups.setdefault(module_of(operation), []).append(operation)
    for group, members in groups.items():
        files[f"operations/{group}.py"] = _module(members, "..", context)
    return files


def _module(operations: list[Operation], dots: str, context: Context) -> str:
    references = References(context)
    values = [_values(operation, context, references) for operation in operations]
    return context.render(
        "operations.py.jinja",
        dots=dots,
        operations=values,
        references=references.shared(),
        source=references.source,
    )


def split(context: Context) -> bool:
    """Say whether each group has a module of operations of its own."""
    return len(context.api.operations) > SPLIT


def result(operation: Operation, context: Context) -> tuple[Described | None, Described | None]:
    """Return what a call gives: at once, and item by item; ``None`` where it gives no such thing."""
    whole: list[Described] = []
    items: list[Described] = []
    empty = not operation.responses
    for response in operation.responses:
        if response.status[0] in "13":
            continue
        if not response.contents:
            empty = True
        for content in response.contents:
            if content.kind in ("events", "lines"):
                items.append(_type(content, context))
            elif content.kind == "bytes":
                whole.append(Plain("body"))
            else:
                whole.append(Plain("str") if content.kind == "text" else _type(content, context))
    if empty and whole:
        whole.append(Plain("null"))
    if not whole and not items:
        whole.append(Plain("null"))
    return (union_of(whole) if whole else None), (union_of(items) if items else None)


def _type(content: Content, context: Context) -> Described:
    return Plain("any") if content.schema is None else context.types.of(content.pointer)


def _values(operation: Operation, context: Context, references: References) -> dict[str, Any]:
    whole, items = result(operation, context)
    names = parameter_names(operation)
    described = whole if whole is not None else items
    assert described is not None
    return {
        "constant": context.constants[operation.id],
        "annotation": model_annotation(described, context.types, prefix="models."),
        "operation": operation,
        "body": _body(operation, context),
        "servers": [server(item) for item in operation.servers],
        "streaming": _streaming(operation),
        "parameters": [
            (name, parameter) for name, parameter in zip(names, operation.parameters, strict=True)
        ],
        "responses": [
            (
                _status(response),
                [_content(operation, item, context, references) for item in response.contents],
            )
            for response in operation.responses
        ],
        "errors": _errors(operation, context, references),
    }


def _status(response: Response) -> str:
    return response.status if response.status == "default" else response.status.upper()


def _body(operation: Operation, context: Context) -> str | None:
    """Return the source of an operation's `Body`."""
    members = context.bodies(operation).names()
    kinds = list(operation.bodies)
    if not kinds:
        return None
    return body(kinds[0], members, [body(kind, members, []) for kind in kinds[1:]])


def _streaming(operation: Operation) -> str:
    """Return the arguments of `Streaming`, those that say something."""
    streaming = operation.streaming
    values = attrs.asdict(streaming) if streaming else {}
    return ", ".join(
        f"{name}={literal(value)}" for name, value in values.items() if value not in (None, ())
    )


def _content(
    operation: Operation, content: Content, context: Context, references: References
) -> tuple[str, str, str | None]:
    if content.schema is None or content.kind in ("text", "bytes"):
        return content.media_type, content.kind, None
    suffix = "Item" if content.kind in ("events", "lines") else "Response"
    described = _type(content, context)
    return content.media_type, content.kind, references.to(described, operation.id, suffix)


def _errors(
    operation: Operation, context: Context, references: References
) -> list[tuple[str, str]]:
    found = []
    for response in operation.errors:
        for content in response.contents:
            if content.kind == "json" and content.schema is not None:
                suffix = f"Error{'' if response.status == 'default' else response.status}"
                ref = references.to(_type(content, context), operation.id, suffix)
                if ref is not None:
                    found.append((_status(response), ref))
                    break
    return found


def module_of(operation: Operation) -> str:
    """Return the module of `operations/` that holds an operation."""
    return operation.group[0]
