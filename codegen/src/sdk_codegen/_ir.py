"""
The intermediate representation: what a document says, as values.

It holds what the engine loses (streaming, discriminators, security, errors, extensions); types are
looked up by the pointers of its places ("slots").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from ._schemas import Schema

__all__ = [
    "API",
    "Alias",
    "Body",
    "Component",
    "Content",
    "Object",
    "Operation",
    "Pagination",
    "Parameter",
    "Property",
    "Response",
    "SecurityScheme",
    "Server",
    "Streaming",
]

ContentKind: TypeAlias = Literal["json", "text", "bytes", "events", "lines"]


@attrs.frozen
class Property:
    """A property of an object."""

    wire: str
    pointer: str
    schema: Schema = attrs.field(repr=False)
    required: bool

    description: str


@attrs.frozen
class Object:
    """A component schema with named properties: a class."""

    name: str
    pointer: str
    origin: str
    inline: bool
    schema: Schema = attrs.field(repr=False)
    properties: tuple[Property, ...]


@attrs.frozen
class Alias:
    """A component schema of any other shape: a name for a type."""

    name: str
    pointer: str
    origin: str
    inline: bool
    schema: Schema = attrs.field(repr=False)


Component: TypeAlias = Object | Alias


@attrs.frozen
class Parameter:
    """A parameter of an operation."""

    wire: str
    location: str
    pointer: str
    schema: Schema = attrs.field(repr=False)
    required: bool
    style: str
    explode: bool
    description: str
    deprecated: bool


@attrs.frozen
class Body:
    """The body of a request, in the first of its media types that we can write."""

    media_type: str
    encoding: Literal["json", "form", "text", "bytes"]
    pointer: str
    schema: Schema = attrs.field(repr=False)
    required: bool
    description: str


@attrs.frozen
class Content:
    """One way that a response may be written; for streams the type is that of an item."""

    media_type: str
    kind: ContentKind
    pointer: str
    schema: Schema | None = attrs.field(repr=False)


@attrs.frozen
class Response:
    """What a status brings."""

    status: str
    description: str
    contents: tuple[Content, ...]


@attrs.frozen
class Streaming:
    """`x-sdk-streaming`."""

    switch: str | None = None
    terminator: str | None = None
    completed_by: str | None = None


@attrs.frozen
class Pagination:
    """`x-speakeasy-pagination`."""

    type: str
    inputs: tuple[Mapping[str, str], ...]
    outputs: Mapping[str, str]


@attrs.frozen
class Operation:
    """One operation, with everything that it needs."""

    id: str
    pointer: str
    method: str
    path: str
    group: tuple[str, ...]
    name: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    errors: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...] | None
    streaming: Streaming | None
    pagination: Pagination | None
    deprecated: bool
    extensions: Mapping[str, Any] = attrs.field(repr=False)


@attrs.frozen
class Server:
    """A server."""

    url: str
    description: str


@attrs.frozen
class SecurityScheme:
    """A security scheme."""

    id: str
    kind: str
    scheme: str | None
    location: str | None
    name: str | None


@attrs.frozen
class API:
    """A document."""

    title: str
    version: str
    description: str
    servers: tuple[Server, ...]
    security_schemes: tuple[SecurityScheme, ...]
    operations: tuple[Operation, ...]
    components: Mapping[str, Component]
    used: frozenset[str]
    """The components that operations lead to."""
    groups: Mapping[tuple[str, ...], str]
    """The words of the document about a group, where it has any."""


def text(value: object) -> str:
    """Return *value* if it is text, stripped; nothing otherwise."""
    return value.strip() if isinstance(value, str) else ""
