"""What the kinds of body of an operation are to its method: arguments, or one argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from .._ir import Body, Object, Operation, Property
from .._media import STRUCTURED
from .._types import Described, Named, Plain, union_of

if TYPE_CHECKING:
    from .._annotations import Types

__all__ = ["Bodies", "Member"]


@attrs.frozen
class Member:
    """
    A member of a body that is an object.

    Attributes:
        pointers: Of its type, one for each kind of body that has it.
        file: Whether one of these kinds is a form that can carry a file.
    """

    first: Property
    pointers: tuple[str, ...]
    required: bool
    file: bool


@attrs.frozen
class Bodies:
    """
    The kinds of body of an operation.

    Attributes:
        objects: Those whose members become arguments of the method, with their classes; empty
            where the body is one argument.
        raw: The one beside these that has no members.
    """

    kinds: tuple[Body, ...]
    objects: tuple[tuple[Body, Object], ...]
    raw: Body | None

    @classmethod
    def of(cls, operation: Operation, types: Types) -> Bodies:
        """Sort the kinds of body of *operation*."""
        found = []
        raw = None
        for body in operation.bodies:
            if body.encoding not in STRUCTURED:
                raw = body
                continue
            described = types.expand(types.of(body.pointer))
            component = (
                types.api.components[described.name] if isinstance(described, Named) else None
            )
            if not isinstance(component, Object):
                return cls(operation.bodies, (), None)
            found.append((body, component))
        return cls(operation.bodies, tuple(found), raw if found else None)

    def members(self) -> dict[str, Member]:
        """Return the members of all kinds by their names on the wire, in the document's order."""
        found: dict[str, list[tuple[Body, Property]]] = {}
        for body, component in self.objects:
            for prop in component.properties:
                if prop.schema.get("readOnly") is not True:
                    found.setdefault(prop.wire, []).append((body, prop))
        everywhere = len(self.objects) if self.raw is None else 0
        return {
            wire: Member(
                first=places[0][1],
                pointers=tuple(prop.pointer for _, prop in places),
                required=len(places) == everywhere
                and all(body.required and prop.required for body, prop in places),
                file=any(body.encoding == "multipart" for body, _ in places),
            )
            for wire, places in found.items()
        }

    def names(self) -> dict[str, list[str]]:
        """Return the members of each kind, by its pointer, where there are several kinds."""
        if len(self.kinds) == 1:
            return {}
        return {
            body.pointer: [prop.wire for prop in component.properties]
            for body, component in self.objects
        }

    def whole(self, types: Types) -> Described:
        """Return the type of the body as one argument."""
        return union_of(
            types.of(body.pointer)
            if body.encoding in STRUCTURED
            else Plain("str" if body.encoding == "text" else "body")
            for body in self.kinds
        )
