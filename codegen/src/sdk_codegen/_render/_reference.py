"""`docs/`: every method of the client, with its arguments, its result and code that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from .._annotations import model_annotation
from .._ir import Operation
from ._context import Context
from ._docstrings import sentence
from ._exchanges import Described
from ._markdown import cell, code, prose
from ._operations import result, split
from ._resources import ERRORS, Resource, tree
from ._signatures import Argument
from ._snippets import snippet

__all__ = ["render_reference"]

WIDTH = 100


@attrs.frozen
class Page:
    """The reference of some resources."""

    path: str
    title: str
    resources: tuple[Resource, ...]


def render_reference(context: Context, operations: Mapping[str, Described]) -> dict[str, str]:
    """
    Return the reference: one page, or for a large API an index and a page for each group.

    Args:
        context: What everything is rendered from.
        operations: By `operationId`.
    """
    top = tree(context)
    if not split(context):
        pages = [Page("docs/reference.md", "Reference", tuple(top.values()))]
    else:
        pages = [
            Page(f"docs/reference/{name}.md", f"client.{name}", (resource,))
            for name, resource in top.items()
        ]
    files = {page.path: "\n".join(_page(page, context, operations)) for page in pages}
    if split(context):
        files["docs/reference.md"] = "\n".join(_index(pages, operations))
    return files


def _page(page: Page, context: Context, operations: Mapping[str, Described]) -> list[str]:
    lines = [f"# {cell(page.title) if page.title == 'Reference' else code(page.title)}", ""]
    for resource in page.resources:
        for each in _flat(resource):
            lines += [f"## {code(f'client.{each.module}')}", ""]
            if words := context.api.groups.get(each.path):
                lines += [prose(words), ""]
            for operation in each.operations:
                lines += _entry(operations[operation.id], context)
    return lines


def _flat(resource: Resource) -> list[Resource]:
    return [resource, *(inner for child in resource.children.values() for inner in _flat(child))]


def _index(pages: list[Page], operations: Mapping[str, Described]) -> list[str]:
    """Return the lines of a page that leads to all others."""
    lines = ["# Reference", ""]
    for page in pages:
        name = page.path.removeprefix("docs/")
        lines += [
            f"## [{code(page.title)}]({name})",
            "",
            "| method | operation | |",
            "|---|---|---|",
        ]
        for resource in page.resources:
            for each in _flat(resource):
                for operation in each.operations:
                    place = operations[operation.id].place
                    lines.append(
                        f"| [{code(operation.name)}]({name}#{place}) "
                        f"| {code(f'{operation.method} {operation.path}', table=True)} "
                        f"| {cell(operation.summary)} |"
                    )
        lines.append("")
    return lines


def _entry(described: Described, context: Context) -> list[str]:
    """Return the lines about one method; its place is the anchor as well."""
    operation, place, found = described.operation, described.place, described.arguments
    lines = [
        f'<a id="{place}"></a>',
        "",
        f"### {code(f'client.{place}')}",
        "",
        code(f"{operation.method} {operation.path}"),
        "",
    ]
    if operation.deprecated:
        lines += ["**Deprecated.**", ""]
    words = [sentence(operation.summary), operation.description]
    if operation.description.startswith(operation.summary):
        words = words[1:]
    lines += [line for word in words if word for line in (prose(word), "")]
    lines += ["```text", *_signature(described, context), "```", ""]
    if found:
        lines += ["| argument | type | | where | description |", "|---|---|---|---|---|"]
        lines += [_row(item, operation) for item in found]
        lines.append("")
    lines += _outcome(operation, context)
    lines += ["```python", snippet(described, context), "```", ""]
    return lines


def _signature(described: Described, context: Context) -> list[str]:
    found = described.arguments
    texts = [
        item.name if item.required else f"{item.name}=..." for item in found if item.positional
    ]
    keywords = [
        item.name if item.required else f"{item.name}=..." for item in found if not item.positional
    ]
    if keywords:
        texts += ["*", *keywords]
    name, gives = f"client.{described.place}", _result(described.operation, context)
    line = f"{name}({', '.join(texts)}) -> {gives}"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name}(", *(f"    {text}," for text in texts), f") -> {gives}"]


def _result(operation: Operation, context: Context) -> str:
    whole, items = result(operation, context)
    texts = [
        model_annotation(whole, context.types, prefix="models.") if whole is not None else "",
        f"Stream[{model_annotation(items, context.types, prefix='models.')}]"
        if items is not None
        else "",
    ]
    return " | ".join(text for text in texts if text)


def _row(item: Argument, operation: Operation) -> str:
    places: dict[str, str] = {}
    if item.source == "parameter":
        places = {parameter.wire: parameter.location for parameter in operation.parameters}
    where = places.get(item.wire, "body")
    named = "" if item.wire in ("", item.name) else f" {code(item.wire, table=True)}"
    required = "required" if item.required else ""
    return (
        f"| {code(item.name)} | {code(item.annotation, table=True)} | {required} "
        f"| {where}{named} | {cell(item.words)} |"
    )


def _outcome(operation: Operation, context: Context) -> list[str]:
    """Return what comes back, and which errors the document knows."""
    words = next((r.description for r in operation.responses if r.status.startswith("2")), "")
    lines = [
        f"Returns {code(_result(operation, context))}{': ' + cell(words) if words else ''}",
        "",
    ]
    raised: dict[str, Any] = {}
    for response in operation.errors:
        name = ERRORS.get(response.status) or (
            "InternalServerError" if response.status.startswith("5") else "APIStatusError"
        )
        raised[f"- {code(response.status)} {code(name)}: {cell(response.description)}"] = None
    return [*lines, *(["Raises", "", *raised, ""] if raised else [])]
