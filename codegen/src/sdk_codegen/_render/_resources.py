"""`resources/`: the tree of groups, with a typed method for each operation in both colours."""

from __future__ import annotations

import itertools
from typing import Any

import attrs

from .._annotations import model_annotation
from .._ir import Operation
from .._mixins import bases
from .._names import class_name
from ._companions import Companions
from ._context import Context
from ._docstrings import docstring, entry, sentence
from ._operations import module_of, result, split
from ._signatures import Argument, arguments
from ._switches import switch_of

__all__ = ["Resource", "render_resources", "tree"]

ERRORS = {
    "400": "BadRequestError",
    "401": "AuthenticationError",
    "403": "PermissionDeniedError",
    "404": "NotFoundError",
    "409": "ConflictError",
    "422": "UnprocessableEntityError",
    "429": "RateLimitError",
}

OPTIONS = (
    (
        "extra_headers",
        "HeadersLike | None",
        "None",
        "Headers of this call, beside the client's own.",
    ),
    ("extra_query", "QueryLike | None", "None", "More parameters of the query."),
    ("extra_body", "BodyLike | None", "None", "More members of the body."),
    ("timeout", "TimeoutLike | NotGiven", "not_given", "Seconds, instead of the client's timeout."),
)


IMPORTED = frozenset(
    {
        *("Any", "AsyncIterator", "AsyncResource", "AsyncStream", "BaseAsyncClient", "BinaryTypes"),
        *("BodyLike", "FileTypes", "HeadersLike", "Iterable", "Iterator", "Literal", "Mapping"),
        *("NotGiven", "OAuthFlow", "Omit", "Path", "PathLike", "Progress", "QueryLike"),
        *("SecurityScheme", "Sequence", "Server", "ServerVariable", "Stream", "SyncClient"),
        *("SyncResource", "TimeoutLike"),
    }
)
"""What modules of resources and of the client import: a group's class is called otherwise."""


@attrs.define
class Resource:
    """A group: its class, where it is, its operations and its children."""

    path: tuple[str, ...]
    class_name: str
    operations: list[Operation]
    children: dict[str, Resource]

    @property
    def module(self) -> str:
        """Return the module under `resources`, such as ``chat.completions``."""
        return ".".join(self.path)


def tree(context: Context) -> dict[str, Resource]:
    """Return the resources at the top, by name."""
    top: dict[str, Resource] = {}
    scopes: dict[tuple[str, ...], set[str]] = {(): {*IMPORTED, "Client", "AsyncClient"}}
    for operation in context.api.operations:
        level = top
        ancestors: list[str] = ["Client"]
        for length in range(1, len(operation.group) + 1):
            path = operation.group[:length]
            if path[-1] not in level:
                name = _class_name(path, ancestors, scopes[path[:-1]])
                scopes[path] = {*IMPORTED, name, f"Async{name}"}
                level[path[-1]] = Resource(path, name, [], {})
            resource = level[path[-1]]
            ancestors.append(resource.class_name)
            level = resource.children
        resource.operations.append(operation)
    return top


def _class_name(path: tuple[str, ...], ancestors: list[str], scope: set[str]) -> str:
    """
    Return a name that is free in *scope*, the module that has the group as an attribute.

    Each group has two classes there: ``Jobs`` brings ``AsyncJobs``, which a group ``async_jobs``
    would be called as well.
    """
    short, full = class_name(path[-1]), class_name("_".join(path))
    names = (f"{full}Group{number}" for number in itertools.count(2))
    name = next(
        name
        for name in itertools.chain((short, full, f"{full}Group"), names)
        if name not in ancestors and not {name, f"Async{name}"} & scope
    )
    scope |= {name, f"Async{name}"}
    return name


def render_resources(context: Context) -> dict[str, str]:
    """Return the files of `resources/`."""
    files = {
        "resources/__init__.py": context.render("empty.py.jinja", words="The groups of operations.")
    }
    level = list(tree(context).values())
    while level:
        resource = level.pop(0)
        level += resource.children.values()
        place = "/".join(resource.path)
        path = f"resources/{place}/__init__.py" if resource.children else f"resources/{place}.py"
        files[path] = _render(resource, context)
    return files


def _render(resource: Resource, context: Context) -> str:
    dots = "." * (len(resource.path) + (2 if resource.children else 1))
    modules = {module_of(operation) for operation in resource.operations}
    names = {operation.name for operation in resource.operations} | set(resource.children)
    methods = [_method(operation, context, names) for operation in resource.operations]
    return context.render(
        "resource.py.jinja",
        resource=resource,
        bases=bases(context.mixins.get(resource.module)),
        module_docstring=docstring(f"The operations of ``client.{resource.module}``.", 0),
        docstring=docstring(_words(resource, context), 4),
        async_docstring=docstring(f"The asynchronous twin of `{resource.class_name}`.", 4),
        methods=methods,
        dots=dots,
        operations_import=f"from {dots}operations import {modules.pop()} as operations"
        if split(context) and modules
        else f"from {dots} import operations",
        builtins=any("builtins." in method["text"] for method in methods),
    )


def _words(resource: Resource, context: Context) -> str:
    words = context.api.groups.get(resource.path)
    if words:
        return sentence(words)
    return f"The operations of ``client.{resource.module}``."


def _method(operation: Operation, context: Context, names: set[str]) -> dict[str, Any]:
    found = arguments(operation, context)
    hidden = "builtins." if names & {"list", "dict"} else ""
    companions = Companions.of(operation, context, names, [item.name for item in found])
    whole, items = result(operation, context)
    switch = switch_of(operation, found, context)
    texts = [
        model_annotation(described, context.types, prefix="models.", builtins=hidden)
        if described is not None
        else None
        for described in (whole, items)
    ]
    return {
        "name": operation.name,
        "constant": context.constants[operation.id],
        "positional": [item for item in found if item.positional],
        "keywords": [item for item in found if not item.positional],
        "parameters": [item for item in found if item.source == "parameter"],
        "properties": [item for item in found if item.source == "property"],
        "whole_body": next((item.name for item in found if item.source == "body"), None),
        "raw": next((item.name for item in found if item.source == "raw"), None),
        "body": operation.body is not None,
        "options": [option for option in OPTIONS if option[0] != "extra_body" or operation.body],
        "switch": switch if texts[0] and texts[1] else None,
        "whole": texts[0],
        "item": texts[1],
        "docstring": docstring(_summary(operation), 8, _sections(operation, found, texts)),
        "companions": companions,
        "item_of_pages": "Any"
        if companions.item is None
        else model_annotation(companions.item, context.types, prefix="models.", builtins=hidden),
        "text": repr((found, texts)),
    }


def _summary(operation: Operation) -> str:
    words = [sentence(operation.summary), operation.description]
    if operation.description.startswith(operation.summary):
        words = words[1:]
    if operation.deprecated:
        words.append("Deprecated.")
    text = "\n\n".join(word for word in words if word)
    return text or f"`{operation.method} {operation.path}`."


def _sections(
    operation: Operation,
    found: list[Argument],
    texts: list[str | None],
) -> list[str]:
    sections = []
    options = [option for option in OPTIONS if option[0] != "extra_body" or operation.body]
    entries = [entry(item.name, item.words, 8) for item in found]
    entries += [entry(name, words, 8) for name, _, _, words in options]
    sections.append("\n".join(["Args:", *entries]))
    words = next((r.description for r in operation.responses if r.status.startswith("2")), "")
    if words and (texts[0] or texts[1]) not in (None, "None"):
        sections.append(
            "\n".join(["Returns:", entry("", sentence(words), 8).replace("    : ", "    ", 1)])
        )
    raised = []
    for response in operation.errors:
        name = ERRORS.get(response.status) or (
            "InternalServerError" if response.status.startswith("5") else "APIStatusError"
        )
        raised.append(entry(name, sentence(response.description), 8))
    raised.append(entry("APIConnectionError", "The server cannot be reached.", 8))
    sections.append("\n".join(["Raises:", *dict.fromkeys(raised)]))
    return sections
