"""
Operations: an API call as a value.

Generated packages hold one `Operation` for each operation of their OpenAPI document. It says how
arguments become a request and how a response is read, and does neither itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

import attrs

from ._values import Shown, Value
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .errors import APIStatusError

__all__ = [
    "Body",
    "Content",
    "OAuthFlow",
    "Operation",
    "Pagination",
    "Parameter",
    "Part",
    "Ref",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Streaming",
]

T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")  # of a variable in the URL of a server

Location: TypeAlias = Literal["path", "query", "header", "cookie"]
Style: TypeAlias = Literal[
    "simple",
    "label",
    "matrix",
    "form",
    "deepObject",
    "spaceDelimited",
    "pipeDelimited",
    "cookie",
]


class Ref:
    """
    Name a type without importing it.

    Args:
        module: Where the type is importable from, such as ``"sdk_inference_api.models"``.
        name: The name in that module.
        container: ``"list"`` or ``"dict"`` when the value is a list of the type, or a mapping
            from strings to it.
    """

    # A plain class, not attrs: decoding caches its decoder here, once for each operation.
    __slots__ = ("container", "decoder", "module", "name", "target")

    def __init__(
        self, module: str, name: str, container: Literal["list", "dict"] | None = None
    ) -> None:
        self.module = module
        self.name = name
        self.container = container
        self.decoder: Any = None
        self.target: Any = None

    @classmethod
    def to(cls, wanted: type[Any]) -> Ref:
        """Return a reference to a type that is at hand."""
        ref = cls(wanted.__module__, getattr(wanted, "__qualname__", repr(wanted)))
        ref.target = wanted
        return ref

    def resolve(self) -> Any:
        """Import and return the type."""
        wanted = self.target
        if wanted is None:
            wanted = getattr(import_module(self.module), self.name)
        if self.container == "list":
            return GenericAlias(list, (wanted,))
        return GenericAlias(dict, (str, wanted)) if self.container == "dict" else wanted

    def __repr__(self) -> str:
        suffix = f", {self.container!r}" if self.container else ""
        return f"Ref({self.module!r}, {self.name!r}{suffix})"


@attrs.frozen(repr=False, eq=False)
class Parameter(Value):
    """
    One parameter of an operation (OpenAPI 3.2, Parameter Object).

    Attributes:
        name: The argument's name in Python.
        wire: Its name in the request.
        location: Where it goes.
        style: How a list or an object is written.
        explode: Whether each item of a list gets a name of its own.
        media_type: ``application/json`` where the value is written as JSON whatever its type;
            *style* and *explode* mean nothing then.
    """

    name: str
    wire: str
    location: Location
    required: bool = False
    style: Style = "form"
    explode: bool = True
    media_type: str | None = None


@attrs.frozen(repr=False, eq=False)
class Part(Value):
    """
    How one member of a form is written (OpenAPI 3.2, Encoding Object).

    Attributes:
        media_type: Of a part of a multipart body; ``None`` lets the value decide: files are
            ``application/octet-stream``, objects ``application/json``, the rest plain text.
        style: How a list or an object is written in an urlencoded form.
        explode: Whether each item of a list gets a name of its own.
    """

    media_type: str | None = None
    style: Style = "form"
    explode: bool = True


@attrs.frozen(repr=False, eq=False)
class Body(Value):
    """
    How a request's body is encoded.

    Attributes:
        media_type: What the wire says.
        encoding: The way.
        parts: The members of a form, ``form`` or ``multipart``, that are not written as usual.
        members: The names of the body's members on the wire, where an operation takes several
            kinds of body; the first kind that has every member that was given is sent.
        alternatives: The other kinds of body that the operation takes.
    """

    media_type: str = "application/json"
    encoding: Literal["json", "form", "multipart", "text", "bytes"] = "json"
    required: bool = False
    parts: Mapping[str, Part] = attrs.field(factory=dict)
    members: frozenset[str] | None = None
    alternatives: tuple[Body, ...] = ()


@attrs.frozen(repr=False, eq=False)
class Content(Value):
    """
    One way a response may be written.

    Attributes:
        media_type: Without parameters; ``*`` may stand for a part.
        kind: ``events`` are server-sent events, ``lines`` JSON lines; for these two *type* is the
            type of one item.
        type: ``None`` for JSON of any shape, and for kinds without a model.
    """

    media_type: str
    kind: Literal["json", "text", "bytes", "events", "lines"]
    type: Ref | None = None


@attrs.frozen(repr=False, eq=False)
class Streaming(Value):
    """
    How an operation streams.

    Attributes:
        switch: The property of the body that asks for a stream, or the parameter of the query where
            there is no body; ``None`` if it always streams.
        terminator: Data of the event that ends a stream, such as ``[DONE]``.
        completed_by: A pointer into an item, with ``*`` for each element of a list: once each of
            these values has been seen non-null, an answer is finished even if its terminator
            never comes.
        completed_values: The values that end an answer; any value if there are none.
        unterminated: Whether the terminator may be missing where the server ends the answer in an
            orderly way.
        switch_value: The value of the switch that asks for a stream, ``None`` for ``True``.
    """

    switch: str | None = None
    terminator: str | None = None
    completed_by: str | None = None
    completed_values: tuple[str, ...] = ()
    unterminated: bool = False
    switch_value: str | None = None


@attrs.frozen(repr=False, eq=False)
class Pagination(Value):
    """
    How an operation pages, in the published shape of ``x-speakeasy-pagination``.

    Attributes:
        type: ``cursor``, ``offsetLimit``, ``page`` or ``url``; ours beside these: ``link``, where
            the header ``Link`` leads to the next page (RFC 8288).
        inputs: What changes from page to page: ``name`` on the wire, ``in`` (``parameters`` or
            ``requestBody``), ``type`` (``cursor``, ``offset``, ``page`` or ``limit``), and
            ``default``, which the server takes where nothing is sent: pages count from 1, offsets
            from 0, unless it says otherwise.
        outputs: JSONPaths into a page: ``results``, ``nextCursor``, ``nextUrl``, ``numPages``,
            ``hasMore``.
    """

    type: str
    inputs: tuple[Mapping[str, str], ...] = ()
    outputs: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(repr=False, eq=False)
class ServerVariable(Value):
    """A variable in the URL of a server; *enum*, where not empty, are its only values."""

    default: str
    enum: tuple[str, ...] = ()
    description: str = ""


@attrs.frozen(repr=False, eq=False)
class Server(Value):
    """A server that the document names; *url* is a template if there are variables."""

    url: str
    description: str = ""
    variables: Mapping[str, ServerVariable] = attrs.field(factory=dict)

    def at(self, /, **variables: str | int) -> str:
        """
        Return the URL with its *variables* filled; those that are not given have their default.

        Raises:
            ConfigurationError: There is no such variable, or it has other values, or no default.
        """
        known = dict.fromkeys([*self.variables, *_PLACEHOLDER.findall(self.url)])
        for name, value in variables.items():
            if name not in known:
                from difflib import get_close_matches  # noqa: PLC0415  # for who has misspelt one

                close = get_close_matches(name, known, n=1)
                names = ", ".join(f"`{each}`" for each in known) or "none"
                hint = f"did you mean `{close[0]}`?" if close else f"it has {names}"
                msg = f"`{name}` is no variable of the server {self.url!r}; {hint}"
                raise ConfigurationError(msg)
            enum = self.variables[name].enum if name in self.variables else ()
            if enum and str(value) not in enum:
                msg = f"`{name}` must be one of {', '.join(map(repr, enum))}, not {value!r}"
                raise ConfigurationError(msg)

        def fill(match: re.Match[str]) -> str:
            name = match[1]
            if name in variables:
                return str(variables[name])
            if name in self.variables:
                return self.variables[name].default
            msg = f"`{name}` of the server {self.url!r} has no default; give `base_url`"
            raise ConfigurationError(msg)

        return _PLACEHOLDER.sub(fill, self.url)


@attrs.frozen(repr=False, eq=False)
class OAuthFlow(Value):
    """An OAuth 2.0 flow of a security scheme (OpenAPI 3.2, OAuth Flow Object)."""

    authorization_url: str | None = None
    token_url: str | None = None
    refresh_url: str | None = None
    device_authorization_url: str | None = None
    scopes: Mapping[str, str] = attrs.field(factory=dict)


@attrs.frozen(repr=False, eq=False)
class SecurityScheme(Value):
    """A security scheme of the document (OpenAPI 3.2, Security Scheme Object)."""

    kind: Literal["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"]
    scheme: str | None = None
    location: Literal["query", "header", "cookie"] | None = None
    name: str | None = None
    flows: Mapping[str, OAuthFlow] = attrs.field(factory=dict)
    open_id_connect_url: str | None = None


@attrs.frozen(repr=False, eq=False)
class Operation(Shown, Generic[T]):
    """
    An API call as a value; ``T`` is what a caller gets when it succeeds.

    Attributes:
        path: A template such as ``/models/{model}``, relative to the client's base URL.
        responses: By status, ``2XX`` or ``default``: the ways the response may be written.
        errors: By status, ``4XX`` or ``default``: the model of an error's body.
        security: Alternatives (any of) of schemes used together (all of); empty: public;
            ``None``: the document does not say.
        servers: Where the operation is, if not where the rest of the API is.
        raises: By code, type or status of an error: what is raised instead of the usual class;
            what a service says of its operations.
    """

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: Mapping[str, tuple[Content, ...]] = attrs.field(factory=dict)
    errors: Mapping[str, Ref] = attrs.field(factory=dict)
    security: tuple[tuple[str, ...], ...] | None = None
    streaming: Streaming | None = None
    pagination: Pagination | None = None
    deprecated: bool = False
    servers: tuple[Server, ...] = ()
    raises: Mapping[int | str, type[APIStatusError]] = attrs.field(factory=dict)

    @property
    def public(self) -> bool:
        """Whether the operation takes no credential at all."""
        return self.security is not None and not any(self.security)
