"""What every renderer needs, computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jinja2 import Environment

from .._annotations import Types, is_enumeration
from .._ir import API, Object, Operation
from .._media import STRUCTURED
from .._names import Namespace, constant_name
from .._settings import Mixin, Retries
from .._types import Described, Named, UnionOf
from ._bodies import Bodies
from ._modules import Modules

__all__ = ["Context"]

GENERATE = "x-sdk-generate"
"""On a component that no operation leads to: ``models``, ``params`` or both, for it and its parts."""


class Context:
    """An API with its types, the names that its parts get, and the templates."""

    def __init__(
        self,
        api: API,
        types: Types,
        env: Environment,
        package: str,
        flavour: str = "pydantic",
        mixins: Mapping[str, Mixin] | None = None,
        retries: Retries | None = None,
    ) -> None:
        self.api = api
        self.types = types
        self.package = package
        self.flavour = flavour
        self.mixins = mixins or {}
        self.retries = retries or Retries()
        self._env = env
        self._bodies: dict[str, Bodies] = {}
        self.forms: set[str] = set()
        """Components that are whole bodies of several parts: their members may be files."""
        sent, read = self._reach()
        self.models = {
            name
            for name in api.components
            if types.is_enum(name)
            or (name in read and (types.is_object(name) or self._named_union(name)))
        }
        self._modules = Modules(types, self.models)
        self.params = self._param_names(sent)
        self.answers: dict[str, Described] = {}
        self._answered: dict[str, list[str]] = {}
        self._given = Namespace(api.components, separator="")
        constants = Namespace()
        self.constants = {
            operation.id: constants.take(constant_name(operation.id))
            for operation in api.operations
        }

    def render(self, template: str, **values: Any) -> str:
        """Render a template."""
        return self._env.get_template(template).render(package=self.package, **values)

    def answer(self, described: Described, name: str) -> str:
        """Give a type of an answer a name among the models; equal answers of an operation share it."""
        answered = self._answered.setdefault(name, [])
        for known in answered:
            if self.answers[known] == described:
                return known
        name = self._given.take(name)
        answered.append(name)
        self.answers[name] = described
        self.models.add(name)
        return name

    def module(self, name: str) -> str:
        """Return the module of a model."""
        return self._modules.of(name)

    def _named_union(self, name: str) -> bool:
        """Say whether a component is a union that deserves to be importable by its name."""
        component = self.api.components[name]
        if self.types.is_recursive(name):
            return True
        if component.inline or isinstance(component, Object):
            return False
        described = self.types.alias(name)
        return (
            isinstance(described, UnionOf)
            and not is_enumeration(described)
            and any(self.types.is_object(item) for item in self.closure(described))
        )

    def closure(self, described: Described) -> set[str]:
        """Return the classes and enumerations that a type is made of, through aliases."""
        return self.types.objects(self.types.expand(described))

    def _param_names(self, sent: set[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        given = Namespace(separator="")
        for exact in (True, False):
            for name in self.api.components:
                if name not in sent or name.endswith("Param") is not exact:
                    continue
                if self.types.is_object(name) or self._named_union(name):
                    wanted = name if exact else f"{name}Param"
                    names[name] = given.take(wanted)
        return {name: names[name] for name in self.api.components if name in names}

    def _reach(self) -> tuple[set[str], set[str]]:
        """
        Return the components that requests are made of, and those that are read.

        What no operation leads to counts as read: the document has it for some reason, which
        `x-sdk-generate` may say.
        """
        sent: set[str] = set()
        read: set[str] = set()
        for operation in self.api.operations:
            for parameter in operation.parameters:
                self._follow(self.types.of(parameter.pointer), sent)
            bodies = self.bodies(operation)
            for member in bodies.members().values():
                for pointer in member.pointers:
                    self._follow(self.types.of(pointer), sent)
            for body in bodies.kinds if not bodies.objects else ():
                if body.encoding in STRUCTURED:
                    self._follow(self.types.of(body.pointer), sent)
                if body.encoding == "multipart":
                    self.forms |= self.closure(self.types.of(body.pointer))
            for response in (*operation.responses, *operation.errors):
                for content in response.contents:
                    if content.schema is not None and content.kind in ("json", "events", "lines"):
                        self._follow(self.types.of(content.pointer), read)
        for webhook in self.api.webhooks:
            self._follow(self.types.of(webhook.pointer), read)
        for name, kinds in self.beside():
            for kind, found in (("params", sent), ("models", read)):
                if kind in kinds:
                    self._follow(Named(name), found)
        return sent, read

    def beside(self) -> Iterator[tuple[str, Sequence[str]]]:
        """Yield the components that no operation leads to, each with what is generated of it."""
        unused = [name for name in self.api.components if name not in self.api.used]
        told: set[str] = set()
        for name in unused:
            kinds = self.api.components[name].schema.get(GENERATE)
            if isinstance(kinds, list):
                yield name, kinds
                self._follow(Named(name), told)
        for name in unused:
            if name not in told:
                yield name, ("models",)

    def _follow(self, described: Described, found: set[str]) -> None:
        """Add to *found* what a type leads to; a way through a large document may be very long."""
        waiting = [described]
        while waiting:
            for name in self.types.objects(waiting.pop()) - found:
                found.add(name)
                component = self.api.components[name]
                if isinstance(component, Object):
                    waiting += [self.types.of(prop.pointer) for prop in component.properties]
                else:
                    waiting.append(self.types.alias(name))

    def bodies(self, operation: Operation) -> Bodies:
        """Return what the body of an operation is to its method."""
        if operation.id not in self._bodies:
            self._bodies[operation.id] = Bodies.of(operation, self.types)
        return self._bodies[operation.id]
