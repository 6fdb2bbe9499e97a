"""What users of a generated package see: methods, arguments, results, models."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Mapping

import attrs
from jinja2 import Environment

from .. import _ir as ir
from .._annotations import Types
from .._names import RESERVED_FIELDS, identifier
from .._render._context import Context
from .._render._operations import result
from .._render._signatures import arguments, parameter_names
from .._schemas import Schema
from .._types import Described, ListOf, MapOf, Named, Plain, UnionOf, union_of

__all__ = ["Argument", "Method", "Surface", "origin", "substitute", "words"]


@attrs.frozen
class Argument:
    """An argument of a method."""

    name: str
    wire: str
    described: Described
    required: bool
    positional: bool
    deprecated: bool
    pointer: str
    words: tuple[str, ...]


@attrs.frozen
class Method:
    """
    A method of the client.

    Attributes:
        name: Its place, such as ``client.chat.completions.create``.
        whole: What it returns; ``None`` if it only streams.
        items: What it streams; ``None`` if it does not.
    """

    name: str
    operation: ir.Operation
    arguments: Mapping[str, Argument]
    whole: Described | None
    items: Described | None

    @property
    def title(self) -> str:
        """What reports call the method."""
        return f"{self.name}()"

    @property
    def route(self) -> tuple[str, str]:
        """Method and path, without the names of what is in the path."""
        return self.operation.method, re.sub(r"\{[^}]*\}", "{}", self.operation.path)


class Surface:
    """
    What the package of a document offers.

    Attributes:
        sent: The components that requests are made of.
        read: Those that answers are made of, and those that nothing leads to.
    """

    def __init__(self, api: ir.API, slots: Mapping[str, Described]) -> None:
        self.api = api
        self.types = Types(api, slots)
        # Only its decisions about names are of interest: nothing is rendered.
        self.context = Context(api, self.types, Environment(autoescape=True), "package")
        self.sent: set[str] = set()
        self.read: set[str] = set()
        self._exported = {
            "models": {
                name: f"models.{name}" for name in api.components if name in self.context.models
            },
            "params": {name: f"params.{python}" for name, python in self.context.params.items()},
        }
        self.methods = tuple(self._method(operation) for operation in api.operations)
        for webhook in api.webhooks:
            self._reach(self.types.of(webhook.pointer), self.read)
        for name, kinds in self.context.beside():
            for kind, found in (("params", self.sent), ("models", self.read)):
                if kind in kinds:
                    self._reach(Named(name), found)

    def exported(self, module: str) -> Mapping[str, str]:
        """Return the components that a module exports, and their names in Python."""
        return self._exported[module]

    def visible(self, name: str) -> bool:
        """Say whether users can name a component."""
        return name in self.context.models or name in self.context.params

    def field(self, module: str, wire: str) -> str:
        """Return the name of a property in Python; the keys of dictionaries are as on the wire."""
        return identifier(wire, RESERVED_FIELDS) if module == "models" else wire

    def expand(
        self, described: Described, kept: Container[str], trail: tuple[str, ...] = ()
    ) -> Described:
        """Return *described* with what is no class, and not *kept*, replaced by what it stands for."""

        def expanded(name: str) -> Described:
            if self.types.is_object(name) or name in kept:
                return Named(name)
            if name in trail:
                return Plain("any")  # as in annotations, which cannot be infinite
            return self.expand(self.types.alias(name), kept, (*trail, name))

        return substitute(described, expanded)

    def _method(self, operation: ir.Operation) -> Method:
        whole, items = result(operation, self.context)
        for described in (whole, items):
            if described is not None:
                self._reach(described, self.read)
        for response in operation.errors:
            for content in response.contents:
                if content.schema is not None:
                    self._reach(self.types.of(content.pointer), self.read)
        found = {argument.name: argument for argument in self._arguments(operation)}
        for argument in found.values():
            self._reach(argument.described, self.sent)
        name = ".".join(("client", *operation.group, operation.name))
        return Method(name, operation, found, whole, items)

    def _arguments(self, operation: ir.Operation) -> Iterator[Argument]:
        parameters = dict(zip(parameter_names(operation), operation.parameters, strict=True))
        bodies = self.context.bodies(operation)
        members = bodies.members()
        owners = {
            prop.pointer: component
            for _, component in bodies.objects
            for prop in component.properties
        }
        for argument in arguments(operation, self.context):
            schema: Schema = {}
            deprecated = False
            if argument.source == "parameter":
                parameter = parameters[argument.name]
                described = self.types.of(parameter.pointer)
                pointer, schema = parameter.pointer, parameter.schema
                deprecated = parameter.deprecated
            elif argument.source == "property":
                member = members[argument.wire]
                described = union_of(self.types.of(pointer) for pointer in member.pointers)
                schema = member.first.schema
                pointer = origin(owners[member.first.pointer], member.first)
            elif argument.source == "body":
                described, pointer = bodies.whole(self.types), bodies.kinds[0].pointer
            else:
                assert bodies.raw is not None
                described = Plain("str" if bodies.raw.encoding == "text" else "body")
                pointer = bodies.raw.pointer
            yield Argument(
                argument.name,
                argument.wire,
                described,
                argument.required,
                argument.positional,
                deprecated or schema.get("deprecated") is True,
                pointer,
                (argument.words, *words(schema)),
            )

    def _reach(self, described: Described, found: set[str]) -> None:
        waiting = [described]
        while waiting:
            for name in self.types.objects(waiting.pop()) - found:
                found.add(name)
                component = self.api.components[name]
                if isinstance(component, ir.Object):
                    waiting += [self.types.of(prop.pointer) for prop in component.properties]
                else:
                    waiting.append(self.types.alias(name))


def substitute(described: Described, replace: Callable[[str], Described]) -> Described:
    """Return *described* with each component that it names replaced."""
    match described:
        case Named(name):
            return replace(name)
        case ListOf(item):
            return ListOf(substitute(item, replace))
        case MapOf(value):
            return MapOf(substitute(value, replace))
        case UnionOf(members):
            return union_of(substitute(member, replace) for member in members)
    return described


def origin(component: ir.Component, prop: ir.Property) -> str:
    """Return where the document itself has a property of a component."""
    return component.origin + prop.pointer.removeprefix(component.pointer)


def words(schema: Schema) -> tuple[str, ...]:
    """Return what a schema says to its readers only."""
    keys = ("title", "description", "default", "example", "examples")
    return tuple(repr(schema.get(key)) for key in keys)
