"""What became of the operations of a document: which method, where, with which arguments."""

from __future__ import annotations

from typing import Any

import attrs

from ._analysis import Analysis, naming
from ._annotations import Types
from ._engine import environment
from ._ir import Operation
from ._render._context import Context
from ._render._operations import result
from ._render._resources import Resource, tree
from ._render._signatures import Argument, arguments
from ._types import Constant, Described, ListOf, MapOf, Named, Plain

__all__ = ["Became", "context_of", "methods"]


@attrs.frozen
class Became:
    """
    The method that an operation became.

    Attributes:
        operation: The operation.
        file: The module, relative to the project.
        class_name: The class of the synchronous client; the other one begins with ``Async``.
        arguments: What the method takes, beside the options that every method has.
        result: The annotation of what it returns.
    """

    operation: Operation
    file: str
    class_name: str
    arguments: tuple[Argument, ...]
    result: str

    @property
    def route(self) -> str:
        """Return the operation as ``METHOD /path``."""
        return f"{self.operation.method} {self.operation.path}"

    @property
    def call(self) -> str:
        """Return what the user writes, without arguments."""
        return ".".join(("client", *self.operation.group, self.operation.name))

    @property
    def signature(self) -> str:
        """Return the call with its required arguments; dots stand for those that may be left out."""
        names = [item.name for item in self.arguments if item.required]
        if len(names) < len(self.arguments):
            names.append("...")
        return f"{self.call}({', '.join(names)})"

    def as_json(self) -> dict[str, Any]:
        """Return it as values of JSON."""
        return {
            "id": self.operation.id,
            "pointer": self.operation.pointer,
            "operation": self.route,
            "call": self.call,
            "file": self.file,
            "class": self.class_name,
            "arguments": [
                {
                    "name": item.name,
                    "wire": item.wire,
                    "source": item.source,
                    "type": item.annotation,
                    "required": item.required,
                }
                for item in self.arguments
            ],
            "result": self.result,
            "deprecated": self.operation.deprecated,
        }


def context_of(analysis: Analysis) -> Context:
    """Return what the renderers work with."""
    settings = analysis.settings
    with naming(settings, analysis.loaded):
        types = Types(analysis.api, analysis.types)
        return Context(analysis.api, types, environment(), settings.package, settings.models)


def methods(analysis: Analysis, context: Context | None = None) -> dict[str, Became]:
    """Return the method of every operation, by the pointer of the operation."""
    context = context or context_of(analysis)
    found: dict[str, Became] = {}
    waiting = list(tree(context).values())
    while waiting:
        resource = waiting.pop()
        waiting += resource.children.values()
        for operation in resource.operations:
            found[operation.pointer] = Became(
                operation,
                _file(resource, analysis.settings.package),
                resource.class_name,
                tuple(arguments(operation, context)),
                _result(operation, context),
            )
    return {operation.pointer: found[operation.pointer] for operation in analysis.api.operations}


def _file(resource: Resource, package: str) -> str:
    place = "/".join(resource.path)
    return f"src/{package}/resources/{place}{'/__init__.py' if resource.children else '.py'}"


def _result(operation: Operation, context: Context) -> str:
    whole, items = result(operation, context)
    parts = [] if whole is None else [_words(whole)]
    if items is not None:
        parts.append(f"Stream[{_words(items)}]")
    return " | ".join(parts)


PLAIN = {
    "any": "Any",
    "null": "None",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "body": "bytes",
}


def _words(described: Described) -> str:
    """Return a type as a person writes it, without what tells the variants of a union apart."""
    if isinstance(described, Plain):
        return PLAIN.get(described.kind, described.kind)
    if isinstance(described, Constant):
        return repr(described.value)
    if isinstance(described, Named):
        return described.name
    if isinstance(described, ListOf):
        return f"list[{_words(described.item)}]"
    if isinstance(described, MapOf):
        return f"dict[str, {_words(described.value)}]"
    return " | ".join(dict.fromkeys(_words(member) for member in described.members))
