"""What every renderer needs, computed once."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from .._annotations import Types, is_enumeration
from .._ir import API, Object, Operation
from .._names import constant_name, identifier, unique
from .._types import Described, Named, UnionOf

__all__ = ["Context"]

MODULES_OF_MODELS = frozenset({"annotations"})


class Context:
    """An API with its types, the names that its parts get, and the templates."""

    def __init__(self, api: API, types: Types, env: Environment, package: str) -> None:
        self.api = api
        self.types = types
        self.package = package
        self._env = env
        sent, read = self._reach()
        self.models = {
            name
            for name in api.components
            if types.is_enum(name)
            or (name in read and (types.is_object(name) or self._named_union(name)))
        }
        self.params = self._param_names(sent)
        self.answers: dict[str, Described] = {}
        self.constants: dict[str, str] = {}
        for operation in api.operations:
            self.constants[operation.id] = unique(
                constant_name(operation.id), self.constants.values()
            )

    def render(self, template: str, **values: Any) -> str:
        """Render a template."""
        return self._env.get_template(template).render(package=self.package, **values)

    def answer(self, described: Described, name: str) -> str:
        """Give a type of an answer a name among the models; equal answers of an operation share it."""
        for known, other in self.answers.items():
            if known.startswith(name) and other == described:
                return known
        name = unique(name, {*self.api.components, *self.answers}, "")
        self.answers[name] = described
        self.models.add(name)
        return name

    def module(self, name: str) -> str:
        """Return the module of a model."""
        return identifier(name, MODULES_OF_MODELS)

    def _named_union(self, name: str) -> bool:
        """Say whether a component is a union that deserves to be importable by its name."""
        component = self.api.components[name]
        if component.inline or isinstance(component, Object):
            return False
        described = self.types.alias(name)
        return (
            isinstance(described, UnionOf)
            and not is_enumeration(described)
            and any(self.types.is_object(item) for item in self._closure(described))
        )

    def _closure(self, described: Described) -> set[str]:
        """Return the classes and enumerations that a type is made of, through aliases."""
        return self.types.objects(self.types.expand(described))

    def _param_names(self, sent: set[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        for exact in (True, False):
            for name in self.api.components:
                if name not in sent or name.endswith("Param") is not exact:
                    continue
                if self.types.is_object(name) or self._named_union(name):
                    wanted = name if exact else f"{name}Param"
                    names[name] = unique(wanted, names.values(), "")
        return {name: names[name] for name in self.api.components if name in names}

    def _reach(self) -> tuple[set[str], set[str]]:
        """
        Return the components that requests are made of, and those that are read.

        What no operation leads to counts as read: the document has it for some reason.
        """
        sent: set[str] = set()
        read: set[str] = set()
        for operation in self.api.operations:
            for parameter in operation.parameters:
                self._follow(self.types.of(parameter.pointer), sent)
            if operation.body and operation.body.encoding in ("json", "form", "multipart"):
                body = self.types.of(operation.body.pointer)
                flat = self.flattened(operation)
                if flat is None:
                    self._follow(body, sent)
                else:
                    for prop in flat.properties:
                        self._follow(self.types.of(prop.pointer), sent)
            for response in (*operation.responses, *operation.errors):
                for content in response.contents:
                    if content.schema is not None and content.kind in ("json", "events", "lines"):
                        self._follow(self.types.of(content.pointer), read)
        for name in self.api.components:
            if name not in self.api.used:
                self._follow(Named(name), read)
        return sent, read

    def _follow(self, described: Described, found: set[str]) -> None:
        for name in self.types.objects(described) - found:
            found.add(name)
            component = self.api.components[name]
            if isinstance(component, Object):
                for prop in component.properties:
                    self._follow(self.types.of(prop.pointer), found)
            else:
                self._follow(self.types.alias(name), found)

    def flattened(self, operation: Operation) -> Object | None:
        """Return the object whose properties become arguments of the method, if there is one."""
        body = operation.body
        if body is None or body.encoding not in ("json", "form", "multipart"):
            return None
        described = self.types.expand(self.types.of(body.pointer))
        if not isinstance(described, Named):
            return None
        component = self.api.components[described.name]
        return component if isinstance(component, Object) else None
