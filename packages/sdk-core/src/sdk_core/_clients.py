"""What both colours of client share: options, and the making of requests and results."""

from __future__ import annotations

import copy
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from logging import INFO, NullHandler, getLogger
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NoReturn,
    Self,
    TypeAlias,
    Unpack,
)

from . import _encoding, _parameters
from .__about__ import __version__
from ._credentials import policy_for
from ._decoding import choose, contents_for, no_stream, read
from ._deprecation import warn_of
from ._flows import compose
from ._messages import Headers, Request, Response, refuse_unfit
from ._path import policies_of
from ._readers import Reader
from ._servers import base_of, default_of, linked, own_base, without_user
from .errors import APIStatusError, ConfigurationError
from .operations import Body, Content, Operation
from .options import (
    DEFAULT_MAX_RETRIES,
    ClientOptions,
    Timeout,
    refuse_no_policy,
    refuse_unknown_options,
)
from .resources import AsyncResource, SyncResource, without_children
from .responses import StreamingView
from .typing import (
    BodyLike,
    Credential,
    Flow,
    HeadersLike,
    NotGiven,
    Omit,
    PathOptions,
    Policy,
    QueryLike,
    TimeoutLike,
    not_given,
    omit,
)

if TYPE_CHECKING:
    from ._uploads import Upload
    from .operations import SecurityScheme, Server
    from .plugins import Plugin
    from .transports import TransportLike

Mode: TypeAlias = Literal["raw", "streaming"]
Then: TypeAlias = Callable[[Any, Response], Any]
"""Makes the result of a call of what was read from a response, and the response."""

getLogger("sdk_core").addHandler(NullHandler())  # who configures no logging is told nothing
_log = getLogger("sdk_core.calls")


_LEFT_OUT = (Omit, NotGiven)  # the test of a union takes four times that of a tuple


@cache
def _user_agent(name: str) -> str:
    return f"{name}/{__version__} python/{platform.python_version()}"


@refuse_unknown_options
class BaseClient:
    """
    Everything about a client that touches no socket.

    Class attributes:
        servers: The servers that the document names; the first is the default `base_url`.
        security_schemes: How the API can be authenticated to.
        base_url_variable: The variable of the environment that is the `base_url` of a client that
            is given none; it goes before *servers*. Empty: there is none.
        default_max_retries: Repeats of a failed attempt where the caller does not say.
        retried_statuses: The statuses that are worth a repeat; ``None``: those of `Retry`.
        final_codes: What a refusal says, as its code or type, that no repeat will change.
    """

    servers: ClassVar[tuple[Server, ...]] = ()
    security_schemes: ClassVar[Mapping[str, SecurityScheme]] = {}
    base_url_variable: ClassVar[str] = ""
    default_max_retries: ClassVar[int] = DEFAULT_MAX_RETRIES
    retried_statuses: ClassVar[frozenset[int] | None] = None
    final_codes: ClassVar[frozenset[str]] = frozenset()

    _blocking: ClassVar[bool]
    _context: ClassVar[type[Any]]
    _driver: Any
    _lists: ClassVar[str] = (
        ""  # what stands behind the name of a list in a query or a form with files
    )
    _mode: Mode | None = None
    _origin: Self | None = None  # whose connections a copy uses

    def __init__(
        self,
        *,
        base_url: str | None = None,
        credential: Credential | None = None,
        credentials: Mapping[str, Credential] | None = None,
        auth: Policy | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int | NotGiven = not_given,
        deadline: float | None = None,
        default_headers: HeadersLike | None = None,
        default_query: QueryLike | None = None,
        strict: bool = False,
        http_client: Any = None,
        transport: TransportLike | None = None,
        plugins: Sequence[str | Plugin] = (),
        **path: Unpack[PathOptions],
    ) -> None:
        if level := os.environ.get("SDK_LOG"):
            from ._logging import listen  # noqa: PLC0415  # what is off is not loaded

            listen(level)
        given = {
            "timeout": timeout,
            "max_retries": max_retries,
            "deadline": not_given if deadline is None else deadline,
            "default_headers": not_given if default_headers is None else default_headers,
            "default_query": not_given if default_query is None else default_query,
            **path,
        }
        if plugins:
            from .plugins import apply  # noqa: PLC0415  # what is off is not loaded

            given = apply(plugins, given)
        self._options = ClientOptions(max_retries=self.default_max_retries).evolve(**given)
        self._strict = strict
        self._http_client = http_client
        self._transport = transport
        if base_url is None and self.base_url_variable:
            base_url = os.environ.get(self.base_url_variable) or None
        self._set_base_url(default_of(self.servers) if base_url is None else str(base_url))
        self._given_base = base_url is not None
        if auth is not None:
            refuse_no_policy("auth", auth)
        self._auth = policy_for(
            self.security_schemes, auth=auth, credential=credential, credentials=credentials
        )
        self._configure()
        if http_client is not None or transport is not None:
            _ = self._driver  # refuses what is no client here, not at the first call

    def _configure(self) -> None:
        """Derive what every call needs from the options, once."""
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": _user_agent(type(self).__name__),
        }
        if self._basic is not None and self._auth is None:
            headers["authorization"] = self._basic
        self._headers = _merge(headers, self._default_headers())
        around, within = self._policies()
        self._flow: Callable[[Request], Flow[Response]] = compose([*around, *within])
        self._told_flow: Callable[[Request], Flow[Response]] | None = None
        hooks = self._options.hooks
        if self._blocking and hooks is not None and (names := hooks.asynchronous):
            msg = f"`hooks` has async functions ({', '.join(names)}); use the asynchronous client"
            raise ConfigurationError(msg)

    def _flow_of(self, request: Request) -> Flow[Response]:
        """Return the flow that carries *request* out."""
        if request.hooks is None:
            return self._flow(request)
        if self._told_flow is None:
            from ._telling import tell_attempt  # noqa: PLC0415  # what is off is not loaded

            around, within = self._policies()
            self._told_flow = compose([*around, tell_attempt, *within])
        return self._told_flow(request)

    def _policies(self) -> tuple[list[Policy], list[Policy]]:
        """Return the policies around an attempt and those within it, first ones outermost."""
        return policies_of(
            self._options,
            self._auth,
            statuses=self.retried_statuses,
            final_codes=self.final_codes,
            blocking=self._blocking,
        )

    def _default_headers(self) -> Mapping[str, str | Omit]:
        """Return the headers of every request; facades add theirs."""
        return self._options.default_headers

    def _set_base_url(self, base_url: str) -> None:
        address, self._base_query = base_of(base_url)
        self._base_url, self._basic = without_user(address)
        self._given_base = True
        if "_headers" in self.__dict__:
            self._configure()

    def _base_of(self, operation: Operation[Any]) -> tuple[str, str]:
        """Return the address of *operation*, and the query that goes with it."""
        if operation.servers and not self._given_base:
            return own_base(operation, self._base_url)
        return self._base_url, self._base_query

    def _copy(self, **changes: Any) -> Self:
        """Return a client with other options, on the same connections."""
        other = copy.copy(self)
        # Children of the tree were made for this client; the copy makes its own when asked.
        other.__dict__ = without_children(self)
        other._origin = self._origin or self  # noqa: SLF001  # the same class
        other._options = self._options.evolve(**changes)  # noqa: SLF001  # the same class
        other._configure()  # noqa: SLF001  # the same class
        return other

    @property
    def with_raw_response(self) -> Any:
        """The same tree; its methods return an `APIResponse`, whose ``parse()`` gives the rest."""
        return self._view("raw")

    @property
    def with_streaming_response(self) -> Any:
        """The same tree; its methods give a context manager that leaves the body unread."""
        return self._view("streaming")

    def _view(self, mode: Mode) -> Any:
        view = self._copy()
        view._mode = mode  # noqa: SLF001  # the same class
        return StreamingView(view, self._context) if mode == "streaming" else view

    def with_options(
        self,
        *,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int | NotGiven = not_given,
        deadline: float | NotGiven | None = not_given,
        default_headers: HeadersLike | NotGiven = not_given,
        default_query: QueryLike | NotGiven = not_given,
        **path: Unpack[PathOptions],
    ) -> Self:
        """Return a client with other options, on the same connections."""
        return self._copy(
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            default_query=default_query,
            **path,
        )

    @property
    def call_policies(self) -> tuple[Policy, ...]:
        """
        The policies around each call, first one outermost: the option of this name.

        What is set holds for calls that begin, and for copies that are made, from then on.

        Raises:
            ConfigurationError: One that was set is none.
        """
        return self._options.call_policies

    @call_policies.setter
    def call_policies(self, policies: Sequence[Policy]) -> None:
        self._options = self._options.evolve(call_policies=policies)
        self._configure()

    def is_closed(self) -> bool:
        """Return whether `close` has been called."""
        owner = self._origin or self
        return "_driver" in owner.__dict__ and bool(owner._driver.transport.closed)  # noqa: SLF001

    def _build(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None,
        mode: Mode | None,
        *,
        body: Any = omit,
        extra_headers: HeadersLike | None = None,
        extra_query: QueryLike | None = None,
        extra_body: BodyLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        url: str | None = None,
    ) -> Request:
        """Make the request of one call; pure. *url* stands for the operation's address and query."""
        if operation.deprecated:
            warn_of(operation, (BaseClient, SyncResource, AsyncResource))
        base, base_query = self._base_of(operation)
        path, query, headers = operation.path, [base_query], self._headers
        if operation.parameters:
            path, parts, placed = _parameters.place(operation, arguments or {}, self._lists)
            if url is None:
                query += parts
            headers = _merge(headers, placed)
        for extra in (self._options.default_query, extra_query):
            if extra:
                query.append(_encoding.encode_query(extra, lists=self._lists))
        content: bytes | Upload | None = None
        content_type: str | None = None
        items = operation.streaming is not None and operation.streaming.switch is None
        headers = dict(headers)
        if operation.body is not None:
            known, body = body, _filled(body, extra_body)
            if body is not omit and (body != {} or operation.body.required):
                if _is_json(operation.body):
                    content = _encoding.encode_json(body)
                    headers["content-type"] = operation.body.media_type
                else:
                    content, content_type = self._encode(operation, body, known, extra_headers)
                    headers["content-type"] = content_type
            if operation.streaming is not None and operation.streaming.switch is not None:
                given = body.get(operation.streaming.switch) if isinstance(body, dict) else None
                value = operation.streaming.switch_value
                items = given is True if value is None else given == value
        elif operation.streaming is not None and operation.streaming.switch is not None:
            items = _parameters.is_switched(operation, operation.streaming.switch, arguments or {})
        if operation.body is None and extra_body is not None:
            msg = f"`extra_body` was given, but {operation.id} has no body"
            raise ConfigurationError(msg)
        if not items and (accept := _accept(operation)) is not None:
            headers["accept"] = accept
        if items:
            headers["accept"] = "text/event-stream, application/json"
        if operation.method in {"POST", "PATCH"} and self._options.max_retries:
            headers.setdefault("idempotency-key", f"sdk-{os.urandom(16).hex()}")
        if extra_headers:
            headers = _merge(headers, extra_headers)
            if content_type is not None and "content-type" in headers:
                headers["content-type"] = content_type  # what the caller asks for is part of it
        hooks = self._options.hooks
        if _log.isEnabledFor(INFO):
            from ._logging import logged  # noqa: PLC0415  # what is off is not loaded

            hooks = logged(hooks)
        address = base + path
        if url is not None:
            address, query = linked(url, query)
        if search := "&".join(filter(None, query)):
            address += ("&" if "?" in address else "?") + search
        return Request(
            operation.method,
            address,
            Headers.lowered(headers),
            content,
            self._options.timeout if isinstance(timeout, NotGiven) else Timeout.of(timeout),
            items or mode == "streaming",
            items,
            operation,
            hooks=hooks,
        )

    def _encode(
        self,
        operation: Operation[Any],
        body: Any,
        known: Any,
        extra_headers: HeadersLike | None,
    ) -> tuple[bytes | Upload, str]:
        """Return a body that is not simply JSON, and its content type."""
        # Imported by the first body of another kind than JSON.
        from ._bodies import encode_body  # noqa: PLC0415  # as said above

        wanted = _merge({}, extra_headers).get("content-type") if extra_headers else None
        return encode_body(operation, body, known, wanted, self._lists)

    def _read(self, response: Response) -> Any:
        """Return the result that *response*, whose body has been read, holds."""
        operation = response.request.operation
        assert operation is not None
        return read(operation, response, strict=self._strict)

    _parse: Callable[[Response], Any]

    def _then(self, then: Then, response: Response) -> Any:
        """Return what *then* makes of the result that *response* holds."""
        return then(self._parse(response), response)

    @staticmethod
    def _streamable(response: Response) -> tuple[Content, ...]:
        """Return the ways in which the operation of *response* writes a stream."""
        operation = response.request.operation
        assert operation is not None
        contents = contents_for(operation, response.status_code)
        return tuple(content for content in contents if content.kind in {"events", "lines"})

    def _is_doubtful(self, response: Response) -> bool:
        """Return whether a stream was asked for, and the answer does not say that it is one."""
        content_type = response.headers.get("content-type")
        return (
            response.request.stream_items
            and choose(self._streamable(response), content_type, None) is None
        )

    def _reader(self, response: Response) -> Reader:
        """Return the reader for the items that *response* streams."""
        operation = response.request.operation
        assert operation is not None
        contents = self._streamable(response)
        if response.stream is None or not contents:
            raise no_stream(operation, response)
        content = choose(contents, response.headers.get("content-type"), None) or contents[0]
        return Reader(response, content, operation.streaming, strict=self._strict)

    @staticmethod
    def _told(response: Response, kind: Any) -> Any:
        """Return the class of streams for *response*: *kind*, or one that tells the hooks."""
        hooks = response.request.hooks
        if hooks is None:
            return kind
        from . import _telling  # noqa: PLC0415  # what is off is not loaded

        return _telling.told(hooks, kind)

    @staticmethod
    def _fail(response: Response) -> NoReturn:
        """Raise the error for a refusal."""
        raise APIStatusError.of(response)


@lru_cache(maxsize=1024)
def _accept(operation: Operation[Any]) -> str | None:
    """Return the media types of a success that is never JSON; None leaves the default."""
    contents = [
        content
        for status, each in operation.responses.items()
        for content in each
        if status.startswith("2") and content.kind not in {"events", "lines"}
    ]
    if not contents or any(content.kind == "json" for content in contents):
        return None
    return ", ".join(dict.fromkeys(content.media_type for content in contents))


def _merge(headers: Mapping[str, str], changes: Mapping[str, Any]) -> dict[str, str]:
    """Return *headers* (lower case) with *changes* (any case); `omit` takes one away."""
    merged = dict(headers)
    if not isinstance(changes, Mapping):
        msg = f"headers must be a mapping of names to values, not {type(changes).__name__}"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    for name, value in changes.items():
        if isinstance(value, str):
            refuse_unfit(name, value)
            merged[name.lower()] = value
        elif isinstance(value, Omit):
            merged.pop(name.lower(), None)
        elif value is not None:
            msg = f"the header `{name}` must be a string, not {type(value).__name__}"
            raise ConfigurationError(msg)
    return merged


def _filled(body: Any, extra: BodyLike | None) -> Any:
    """Return *body* without what is omitted and with *extra* on top; `omit` if nothing is left."""
    if isinstance(body, dict):
        body = {k: v for k, v in body.items() if not isinstance(v, _LEFT_OUT)}
    if extra is not None:
        if not isinstance(extra, Mapping):
            msg = f"`extra_body` must be a mapping, not {type(extra).__name__}"
            raise ConfigurationError(msg)
        base = {} if body is omit else body
        if not isinstance(base, dict):
            msg = "`extra_body` can only be added to a body that is an object"
            raise ConfigurationError(msg)
        body = {**base, **extra}
        body = {k: v for k, v in body.items() if not isinstance(v, Omit)}
    return omit if isinstance(body, NotGiven) else body


def _is_json(body: Body) -> bool:
    """Return whether *body* is of the one kind that nearly all are."""
    return body.encoding == "json" and not body.alternatives and "*" not in body.media_type
