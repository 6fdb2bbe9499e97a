"""
Which module of `models/` holds which class: what is read together stands together.

A file costs whole blocks on disk and time to open, however little it holds; the classes in it cost
nothing until they are named (`sdk_core.deferred`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from .._annotations import Types
from .._ir import Object
from .._names import identifier, unique
from .._types import Described, Named

__all__ = ["Modules"]

LONGEST = 300
"""Lines of the classes of a module, as far as they can be told; imports and enumerations come on top."""

ENUMERATIONS = "enumerations"
"""The module of those that no answer holds."""

RESERVED = frozenset({"annotations"})


class Modules:
    """
    The modules of the models.

    What only one class leads to stands with that class, and what the same classes lead to stands
    together. A union by name has a module of its own, because it imports its members.

    Args:
        types: All types of the document.
        models: The components that are models.
    """

    def __init__(self, types: Types, models: Iterable[str]) -> None:
        self._types = types
        self._owners: dict[str, set[str]] = {name: set() for name in models}
        self._alone = self._answered()
        for name in self._owners:
            for part in (self._parts(name) & self._owners.keys()) - {name}:
                self._owners[part].add(name)
        classes = sorted(name for name in self._owners if types.is_object(name))
        self._home = {name: name for name in self._owners}
        self._lines = {name: self._length(name) for name in classes}
        while self._gather(classes):
            pass
        self._module = {name: identifier(self._of(name), RESERVED) for name in classes}
        self._place_enumerations()

    def of(self, name: str) -> str:
        """Return the module of a model; what is no component has one of its own."""
        return self._module.get(name) or identifier(name, RESERVED)

    def _answered(self) -> set[str]:
        """Return what operations and webhooks name: each begins a module."""
        api = self._types.api
        pointers = [webhook.pointer for webhook in api.webhooks]
        for operation in api.operations:
            for response in (*operation.responses, *operation.errors):
                pointers += [each.pointer for each in response.contents if each.schema is not None]
        found: set[str] = set()
        for pointer in pointers:
            for name in self._types.objects(self._types.of(pointer)):
                known = name in self._owners
                found |= {name} if known else self._named(Named(name))
        return found

    def _named(self, described: Described) -> set[str]:
        return self._types.objects(self._types.expand(described))

    def _parts(self, name: str) -> set[str]:
        component = self._types.api.components[name]
        if not isinstance(component, Object):
            return self._named(self._types.alias(name))
        found: set[str] = set()
        for prop in component.properties:
            if prop.schema.get("writeOnly") is not True:
                found |= self._named(self._types.of(prop.pointer))
        return found

    def _length(self, name: str) -> int:
        """Return about how many lines a class has."""
        component = self._types.api.components[name]
        assert isinstance(component, Object)
        lines = 6 + _lines(component.schema.get("description"))
        for prop in component.properties:
            members = len(self._named(self._types.of(prop.pointer)))
            lines += 1 + (1 + _lines(prop.description) if prop.description else 0)
            lines += 8 + 2 * members if members > 1 else 0
        return lines

    def _of(self, name: str) -> str:
        """Return the class that the module of *name* is called after."""
        while self._home[name] != name:
            name = self._home[name] = self._home[self._home[name]]
        return name

    def _gather(self, classes: list[str]) -> bool:
        """Move classes to their owners, and those of the same owners together; say whether any moved."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        for name in classes:
            members[self._of(name)].append(name)
        moved = False
        together: dict[frozenset[str], str] = {}
        for home in sorted(members):
            inside = members[home]
            if not self._alone.isdisjoint(inside):
                continue
            owners = frozenset(
                self._of(owner) for name in inside for owner in self._owners[name]
            ) - {self._of(home)}
            if not owners:
                continue
            (*_, last) = owners
            if len(owners) == 1 and self._types.is_object(last):
                moved |= self._move(home, last)
            elif not self._move(home, together.setdefault(owners, home)):
                together[owners] = home  # it begins the next one
            else:
                moved = True
        return moved

    def _move(self, home: str, to: str) -> bool:
        """Let the module of one class become a part of another's, if that is not too long then."""
        home, to = self._of(home), self._of(to)
        if home == to or self._lines[home] + self._lines[to] > LONGEST:
            return False
        self._home[home] = to
        self._lines[to] += self._lines[home]
        return True

    def _place_enumerations(self) -> None:
        # They are made with their module: one for all would cost whoever meets one of them.
        together: dict[frozenset[str], str] = {}
        unowned = unique(ENUMERATIONS, map(identifier, self._owners))
        for name in sorted(self._owners):
            if self._types.is_enum(name):
                owners = frozenset(self._of(owner) for owner in self._owners[name])
                (*_, last) = owners or [name]
                if len(owners) == 1 and self._types.is_object(last):
                    self._module[name] = self._module[last]
                else:
                    first = together.setdefault(owners, name)
                    self._module[name] = identifier(first, RESERVED) if owners else unowned


def _lines(words: object) -> int:
    """Return about how many lines a description has; paragraphs are set apart."""
    return sum(1 + len(line) // 90 for line in str(words).splitlines())
