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
    "Encoding",
    "OAuthFlow",
    "Object",
    "Operation",
    "Pagination",
    "Parameter",
    "Part",
    "Property",
    "Response",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Streaming",
    "Webhook",
]

ContentKind: TypeAlias = Literal["json", "text", "bytes", "events", "lines"]
Encoding: TypeAlias = Literal["json", "form", "multipart", "text", "bytes"]


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
    media_type: str | None = None
    """Of a parameter that is written as JSON."""
    examples: tuple[Any, ...] = attrs.field(default=(), repr=False)
    """What the document shows beside the schema, here and below."""


@attrs.frozen
class Part:
    """How a member of a form is written, where the document says."""

    media_type: str | None
    style: str
    explode: bool


@attrs.frozen
class Body:
    """One kind of body of a request."""

    media_type: str
    encoding: Encoding
    pointer: str
    schema: Schema = attrs.field(repr=False)
    required: bool
    description: str
    parts: Mapping[str, Part] = attrs.field(factory=dict)
    examples: tuple[Any, ...] = attrs.field(default=(), repr=False)


@attrs.frozen
class Content:
    """One way that a response may be written; for streams the type is that of an item."""

    media_type: str
    kind: ContentKind
    pointer: str
    schema: Schema | None = attrs.field(repr=False)
    examples: tuple[Any, ...] = attrs.field(default=(), repr=False)


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
    completed_values: tuple[str, ...] = ()
    switch_value: str | None = None


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
    bodies: tuple[Body, ...]
    """The kinds of body that the operation takes, the one that is sent by default first."""
    responses: tuple[Response, ...]
    errors: tuple[Response, ...]
    security: tuple[tuple[str, ...], ...] | None
    streaming: Streaming | None
    pagination: Pagination | None
    deprecated: bool
    servers: tuple[Server, ...]
    extensions: Mapping[str, Any] = attrs.field(repr=False)

    @property
    def body(self) -> Body | None:
        """The body that is sent by default."""
        return self.bodies[0] if self.bodies else None


@attrs.frozen
class Webhook:
    """A request that the API sends to its user; *schema* is that of its body."""

    name: str
    pointer: str
    schema: Schema = attrs.field(repr=False)
    description: str


@attrs.frozen
class ServerVariable:
    """A variable in the URL of a server."""

    default: str
    enum: tuple[str, ...]
    description: str


@attrs.frozen
class Server:
    """A server; *url* is a template if there are variables."""

    url: str
    description: str
    variables: Mapping[str, ServerVariable] = attrs.field(factory=dict)


@attrs.frozen
class OAuthFlow:
    """An OAuth 2.0 flow."""

    authorization_url: str | None
    token_url: str | None
    refresh_url: str | None
    device_authorization_url: str | None
    scopes: Mapping[str, str]


@attrs.frozen
class SecurityScheme:
    """A security scheme."""

    id: str
    kind: str
    scheme: str | None
    location: str | None
    name: str | None
    flows: Mapping[str, OAuthFlow] = attrs.field(factory=dict)
    open_id_connect_url: str | None = None


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
    webhooks: tuple[Webhook, ...] = ()


def text(value: object) -> str:
    """Return *value* if it is text, stripped; nothing otherwise."""
    return value.strip() if isinstance(value, str) else ""
