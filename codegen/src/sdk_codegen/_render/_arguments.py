"""`arguments.py`: what methods take by name, as `TypedDict`s."""

from __future__ import annotations

from typing import Any

from .._annotations import literal
from .._ir import Operation
from .._names import Namespace, class_name
from ._context import Context
from ._docstrings import docstring
from ._operations import module_of, result, split
from ._params import is_key
from ._signatures import Argument, arguments
from ._switches import switch_of

__all__ = ["render_arguments"]


def render_arguments(context: Context) -> dict[str, str]:
    """Return `arguments.py`, or the modules of `arguments/` for a large API."""
    names = Namespace(separator="")
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in context.api.operations:
        # What an operation is about comes by position; what that is a part of, by name too.
        found = [
            item
            for place, item in enumerate(arguments(operation, context))
            if place or not item.positional
        ]
        if not all(item.positional for item in found):
            name = names.take(f"{class_name(operation.id)}Params")
            groups.setdefault(module_of(operation), []).append(
                _dictionary(operation, name, found, context)
            )
    if not split(context):
        items = [item for members in groups.values() for item in members]
        return {"arguments.py": _module(items, ".", context)} if items else {}
    files = {
        "arguments/__init__.py": context.render(
            "empty.py.jinja", words="What methods take by name, by group."
        )
    }
    for group, members in groups.items():
        files[f"arguments/{group}.py"] = _module(members, "..", context)
    return files


def _module(items: list[dict[str, Any]], dots: str, context: Context) -> str:
    exported = []
    for item in items:
        suffixes = ("", "Base", "NonStreaming", "Streaming") if item["switch"] else ("",)
        exported += [f"{item['name']}{suffix}" for suffix in suffixes]
    return context.render(
        "arguments.py.jinja",
        items=items,
        dots=dots,
        exported=sorted(exported),
        flavour=context.flavour,
    )


def _dictionary(
    operation: Operation, name: str, found: list[Argument], context: Context
) -> dict[str, Any]:
    switch = (
        switch_of(operation, found, context) if None not in result(operation, context) else None
    )
    functional = not all(is_key(item.name) for item in found)
    rest = [item for item in found if switch is None or item.name != switch.name]
    asking = next((item for item in found if switch and item.name == switch.name), None)
    method = ".".join(("client", *operation.group, operation.name))
    return {
        "name": name,
        "docstring": docstring(f"Arguments of ``{method}``.", 4),
        "functional": functional,
        "entries": [
            (item.name, _qualified(item.annotation, item.required, functional)) for item in rest
        ],
        "switch": switch,
        "off": switch and asking and _qualified(switch.off, asking.required, functional=False),
    }


def _qualified(annotation: str, required: bool, functional: bool) -> str:
    inner = literal(annotation) if functional else annotation
    return f"{'Required' if required else 'NotRequired'}[{inner}]"
