"""Where an operation is in the client's tree, and what its method is called."""

from __future__ import annotations

import re
from typing import Any

import attrs

from ._names import identifier, words
from ._operations import operation_name
from .errors import NamingError

__all__ = ["RESERVED_METHODS", "Place", "Places", "Wish", "function_name", "tag_parts", "wish"]

Place = tuple[tuple[str, ...], str]

DECORATORS = frozenset({"cached_property", "overload", "property"})
"""What generated classes decorate their methods with: no name in the same class may hide it."""

RESERVED_GROUPS = DECORATORS | frozenset(
    {
        "base_url_variable",
        "call",
        "call_policies",
        "close",
        "default_max_retries",
        "final_codes",
        "is_closed",
        "request",
        "retried_statuses",
        "security_schemes",
        "servers",
        "with_options",
        "with_raw_response",
        "with_streaming_response",
    }
)
"""What a client has or uses itself."""

ANNOTATIONS = frozenset(
    {"bool", "builtins", "bytes", "datetime", "float", "int", "models", "object", "params", "str"}
)
"""What annotations of methods begin with; ``list`` and ``dict`` are written another way."""

RESERVED_METHODS = DECORATORS | ANNOTATIONS | {"with_raw_response", "with_streaming_response"}
"""What a resource has or uses itself."""


@attrs.frozen
class Wish:
    """
    The place that an operation asks for.

    Attributes:
        group: The names on the way to the method.
        name: The name of the method.
        declared: Whether `x-sdk-method` says so; what is derived may be told apart otherwise.
    """

    group: tuple[str, ...]
    name: str
    declared: bool

    def __str__(self) -> str:
        return ".".join((*self.group, self.name))

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """The group and those that it is in."""
        return [self.group[:length] for length in range(1, len(self.group) + 1)]


def wish(
    operation: dict[str, Any],
    path: str,
    method: str,
    reserved_groups: frozenset[str] = RESERVED_GROUPS,
) -> Wish:
    """Return the place that extensions name, or else one made of tag and `operationId`, or path."""
    declared_group, declared_name = _declared(operation)
    parts = declared_group or tag_parts(_tag(operation)) or [_first_segment(path)]
    return Wish(
        group=tuple(
            identifier(part, RESERVED_METHODS if index else reserved_groups)
            for index, part in enumerate(parts)
        ),
        name=identifier(declared_name or operation_name(operation, path, method), RESERVED_METHODS),
        declared=bool(operation.get("x-sdk-method")),
    )


def function_name(operation: dict[str, Any], path: str, method: str) -> str | None:
    """
    Return the name of the function that an `operationId` begins with, as frameworks write it.

    Some make ids of the function, the path and the method, so that ``list_pets_v1_pets_get`` is
    ``list_pets`` of ``GET /v1/pets``; the client has the rest already.

    Args:
        operation: The operation.
        path: Its path.
        method: Its method, in lower case.

    Returns:
        The name; ``None`` if the id is made another way, or an extension names the method.
    """
    id_ = operation.get("operationId")
    if not isinstance(id_, str) or _declared(operation)[1]:
        return None
    spelled = "_".join(words(id_)).lower()
    rest = "_".join((*words(path), method)).lower()
    if words(path):
        function = spelled.removesuffix(f"_{rest}")
    else:  # of the root, nothing is left but the slash: `root__get`
        function = "_".join(words(id_.removesuffix(f"__{method}"))).lower()
    return None if function in ("", spelled) else function


class Places:
    """Gives each operation its place, and no place twice."""

    def __init__(self, reserved_groups: frozenset[str] = RESERVED_GROUPS) -> None:
        self._reserved = reserved_groups
        self._methods: dict[tuple[str, ...], str] = {}
        self._groups: dict[tuple[str, ...], str] = {}

    def place(self, operation: dict[str, Any], path: str, method: str, pointer: str) -> Place:
        """
        Return group and method name.

        Raises:
            NamingError: Another operation has that place, or a group has the name of a method.
        """
        wanted = wish(operation, path, method, self._reserved)
        own = (*wanted.group, wanted.name)
        if own in self._methods:
            msg = (
                f"`{wanted}` is taken by {self._methods[own]}; "
                "set `x-sdk-group` or `x-sdk-method` to tell them apart"
            )
            raise NamingError(msg, pointer)
        self._methods[own] = f"#{pointer}"
        for group in wanted.groups:
            self._groups.setdefault(group, f"#{pointer}")
        for both in (own, *wanted.groups):
            if both in self._methods and both in self._groups:
                msg = (
                    f"`{'.'.join(both)}` is both a group ({self._groups[both]}) and a method "
                    f"({self._methods[both]}); rename one with `x-sdk-group` or `x-sdk-method`"
                )
                raise NamingError(msg, pointer)
        return wanted.group, wanted.name


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


def tag_parts(tag: str | None) -> list[str]:
    """Return the groups that a tag is: several where dots join names, as in ``beta.agents``."""
    if not tag:
        return []
    parts = tag.split(".")
    return parts if all(map(str.isidentifier, parts)) else [tag]


def _tag(operation: dict[str, Any]) -> str | None:
    tags = operation.get("tags")
    return str(tags[0]) if isinstance(tags, list) and tags else None


def _first_segment(path: str) -> str:
    """Return the first part of a path that names a thing, not a version or a parameter."""
    for part in path.split("/"):
        if part and "{" not in part and not re.fullmatch(r"api|v\d+\w*", part, re.IGNORECASE):
            return part
    return "default"
