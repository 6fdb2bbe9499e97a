"""Where an operation is in the client's tree, and what its method is called."""

from __future__ import annotations

import re
from typing import Any

from ._names import identifier
from ._operations import operation_name
from .errors import NamingError

__all__ = ["RESERVED_METHODS", "Place", "Places"]

Place = tuple[tuple[str, ...], str]

RESERVED_GROUPS = frozenset(
    {
        "call",
        "close",
        "is_closed",
        "request",
        "security_schemes",
        "servers",
        "with_options",
        "with_raw_response",
        "with_streaming_response",
    }
)
"""What a client has itself."""

RESERVED_METHODS = frozenset({"with_raw_response", "with_streaming_response"})
"""What a resource has itself."""


class Places:
    """Gives each operation its place, and no place twice."""

    def __init__(self, reserved_groups: frozenset[str] = RESERVED_GROUPS) -> None:
        self._reserved = reserved_groups
        self._methods: dict[Place, str] = {}
        self._groups: dict[tuple[str, ...], str] = {}

    def place(self, operation: dict[str, Any], path: str, method: str, pointer: str) -> Place:
        """
        Return group and method name.

        Raises:
            NamingError: Another operation has that place, or a group has the name of a method.
        """
        declared_group, declared_name = _declared(operation)
        group: tuple[str, ...] = tuple(
            self._segment(part, index) for index, part in enumerate(declared_group)
        )
        if not group:
            group = (self._segment(_tag(operation) or _first_segment(path), 0),)
        name = identifier(
            declared_name or operation_name(operation, path, method), RESERVED_METHODS
        )
        place = (group, name)
        dotted = ".".join((*group, name))
        if place in self._methods:
            msg = (
                f"`{dotted}` is taken by {self._methods[place]}; "
                "set `x-sdk-group` or `x-sdk-method` to tell them apart"
            )
            raise NamingError(
                msg,
                pointer,
            )
        self._methods[place] = f"#{pointer}"
        for length in range(1, len(group) + 1):
            self._groups.setdefault(group[:length], f"#{pointer}")
        for (owner, taken), where in self._methods.items():
            if (*owner, taken) in self._groups:
                msg = (
                    f"`{'.'.join((*owner, taken))}` is both a group "
                    f"({self._groups[(*owner, taken)]}) and a method ({where}); rename one with "
                    "`x-sdk-group` or `x-sdk-method`"
                )
                raise NamingError(
                    msg,
                    pointer,
                )
        return place

    def _segment(self, text: str, depth: int) -> str:
        return identifier(text, self._reserved if depth == 0 else RESERVED_METHODS)


def _declared(operation: dict[str, Any]) -> tuple[list[str], str | None]:
    """Return what the extensions say: ours first, then Fern's, then Speakeasy's."""
    group: str | list[object] = next(
        (
            operation[key]
            for key in ("x-sdk-group", "x-fern-sdk-group-name", "x-speakeasy-group")
            if operation.get(key)
        ),
        [],
    )
    parts = group.split(".") if isinstance(group, str) else [str(part) for part in group]
    name = next(
        (
            operation[key]
            for key in ("x-sdk-method", "x-fern-sdk-method-name", "x-speakeasy-name-override")
            if operation.get(key)
        ),
        None,
    )
    return [part for part in parts if part], name


def _tag(operation: dict[str, Any]) -> str | None:
    tags = operation.get("tags")
    return str(tags[0]) if isinstance(tags, list) and tags else None


def _first_segment(path: str) -> str:
    """Return the first part of a path that names a thing, not a version or a parameter."""
    for part in path.split("/"):
        if part and "{" not in part and not re.fullmatch(r"api|v\d+\w*", part, re.IGNORECASE):
            return part
    return "default"
