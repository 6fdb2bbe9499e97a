"""`operations.py`: each operation as a value."""

from __future__ import annotations

from typing import Any

from .._annotations import literal, model_annotation
from .._ir import Content, Operation, Response
from .._names import identifier
from .._types import Described, ListOf, MapOf, Named, Plain, union_of
from ._context import Context
from ._signatures import parameter_names

__all__ = ["render_operations", "result"]

SPLIT = 50
"""More operations than this get one module for each group."""


def render_operations(context: Context) -> dict[str, str]:
    """Return `operations.py`, or the modules of `operations/` for a large API."""
    operations = context.api.operations
    if not split(context):
        return {
            "operations.py": context.render(
                "operations.py.jinja",
                dots=".",
                operations=[_values(operation, context) for operation in operations],
            )
        }
    files = {"operations/__init__.py": context.render("empty.py.jinja", words="The operations, by group.")}
    for group in dict.fromkeys(operation.group[0] for operation in operations):
        files[f"operations/{group}.py"] = context.render(
            "operations.py.jinja",
            dots="..",
            operations=[
                _values(operation, context)
                for operation in operations
                if operation.group[0] == group
            ],
        )
    return files


def split(context: Context) -> bool:
    """Say whether each group has a module of operations of its own."""
    return len(context.api.operations) > SPLIT


def result(operation: Operation, context: Context) -> tuple[Described | None, Described | None]:
    """Return what a call gives: at once, and item by item; ``None`` where it gives no such thing."""
    whole: list[Described] = []
    items: list[Described] = []
    empty = not operation.responses
    for response in operation.responses:
        if not response.status.startswith("2"):
            continue
        if not response.contents:
            empty = True
        for content in response.contents:
            if content.kind in ("events", "lines"):
                items.append(_type(content, context))
            elif content.kind == "bytes":
                whole.append(Plain("bytes"))
            else:
                whole.append(Plain("str") if content.kind == "text" else _type(content, context))
    if empty and whole:
        whole.append(Plain("null"))
    if not whole and not items:
        whole.append(Plain("null"))
    return (union_of(whole) if whole else None), (union_of(items) if items else None)


def _type(content: Content, context: Context) -> Described:
    return Plain("any") if content.schema is None else context.types.of(content.pointer)


def result_annotation(described: Described, context: Context, *, prefix: str, builtins: str = "") -> str:
    """Return how a method says what it gives."""
    if described == Plain("bytes"):
        return "bytes"
    return model_annotation(described, context.types, prefix=prefix, builtins=builtins)


def _values(operation: Operation, context: Context) -> dict[str, Any]:
    whole, items = result(operation, context)
    names = parameter_names(operation, context)
    described = whole if whole is not None else items
    assert described is not None
    return {
        "constant": context.constants[operation.id],
        "annotation": result_annotation(described, context, prefix="models."),
        "operation": operation,
        "parameters": [
            (name, parameter) for name, parameter in zip(names, operation.parameters, strict=True)
        ],
        "responses": [
            (response.status.upper() if response.status != "default" else "default", contents)
            for response in operation.responses
            for contents in [[_content(item, context) for item in response.contents]]
        ],
        "errors": [
            (status.upper() if status != "default" else "default", ref)
            for status, ref in _errors(operation.errors, context)
        ],
    }


def _content(content: Content, context: Context) -> tuple[str, str, str | None]:
    if content.schema is None or content.kind in ("text", "bytes"):
        return content.media_type, content.kind, None
    return content.media_type, content.kind, reference(_type(content, context), context)


def _errors(responses: tuple[Response, ...], context: Context) -> list[tuple[str, str]]:
    found = []
    for response in responses:
        for content in response.contents:
            if content.kind == "json" and content.schema is not None:
                ref = reference(_type(content, context), context)
                if ref is not None:
                    found.append((response.status, ref))
                    break
    return found


def reference(described: Described, context: Context) -> str | None:
    """Return the `Ref` that names a type; ``None`` for plain values, which need no decoding."""
    module = literal(f"{context.package}.models")
    match described:
        case Named(name) if name in context.models:
            return f"Ref({module}, {literal(name)})"
        case Named(name):
            return reference(context.types.alias(name), context)
        case ListOf(Named(name)) if name in context.models:
            return f'Ref({module}, {literal(name)}, "list")'
        case MapOf(Named(name)) if name in context.models:
            return f'Ref({module}, {literal(name)}, "dict")'
    return None


def module_of(operation: Operation) -> str:
    """Return the module of `operations/` that holds an operation."""
    return identifier(operation.group[0])
