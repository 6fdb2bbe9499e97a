"""What both colours of client share: options, and the making of requests and results."""

from __future__ import annotations

import copy
import os
import platform
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NoReturn, Self, TypeAlias
from urllib.parse import urlsplit

from . import _encoding
from .__about__ import __version__
from ._decoding import choose, contents_for, no_stream, read
from ._flows import compose
from ._messages import Headers, Request, Response
from ._readers import Reader
from .errors import APIStatusError, ConfigurationError
from .operations import Body, Content, Operation, Ref, Streaming
from .options import ClientOptions, Timeout, refuse_unknown_options
from .policies import ApiKey, Bearer, Redirect, Retry
from .resources import AsyncResource, SyncResource
from .responses import StreamingView
from .typing import (
    BodyLike,
    Flow,
    HeadersLike,
    NotGiven,
    Omit,
    Policy,
    QueryLike,
    TimeoutLike,
    TokenProvider,
    not_given,
    omit,
)

if TYPE_CHECKING:
    from .operations import SecurityScheme, Server

Mode: TypeAlias = Literal["raw", "streaming"]


# Schemes that end in a bearer token, however it is got.
_BEARERS = frozenset({"oauth2", "openIdConnect"})


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
    """

    servers: ClassVar[tuple[Server, ...]] = ()
    security_schemes: ClassVar[Mapping[str, SecurityScheme]] = {}

    _context: ClassVar[type[Any]]
    _driver: Any
    _lists: ClassVar[str] = ""  # what stands behind the name of a list in the query
    _mode: Mode | None = None
    _origin: Self | None = None  # whose connections a copy uses

    def __init__(
        self,
        *,
        base_url: str | None = None,
        credential: str | TokenProvider | None = None,
        auth: Policy | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        max_retries: int | NotGiven = not_given,
        deadline: float | None = None,
        default_headers: HeadersLike | None = None,
        default_query: QueryLike | None = None,
        strict: bool = False,
        http_client: Any = None,
    ) -> None:
        if base_url is None:
            if not self.servers:
                msg = "`base_url` is required: this API names no server"
                raise ConfigurationError(msg)
            base_url = self.servers[0].url
        self._options = ClientOptions(
            deadline=deadline, default_headers=default_headers, default_query=default_query
        ).evolve(timeout=timeout, max_retries=max_retries)
        self._strict = strict
        self._http_client = http_client
        self._set_base_url(str(base_url))
        self._auth = auth if credential is None else self._authentication(credential)
        self._configure()
        if http_client is not None:
            _ = self._driver  # refuses what is no client here, not at the first call

    def _authentication(self, secret: str | TokenProvider) -> Policy:
        """Return the policy that puts *secret* where the API's first scheme for one says."""
        if secret == "":
            msg = "`credential` is empty"
            raise ConfigurationError(msg)
        schemes = self.security_schemes.values()
        for scheme in schemes:
            if scheme.kind == "apiKey" and scheme.location == "header" and scheme.name:
                return ApiKey(secret, header=scheme.name.lower())
            if scheme.kind == "http" and (scheme.scheme or "").lower() == "bearer":
                return Bearer(secret)
        if schemes and not any(scheme.kind in _BEARERS for scheme in schemes):
            msg = (
                "`credential` has no place in this API's security schemes; give a policy as `auth`"
            )
            raise ConfigurationError(msg)
        return Bearer(secret)

    def _configure(self) -> None:
        """Derive what every call needs from the options, once."""
        headers = {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate",
            "user-agent": _user_agent(type(self).__name__),
        }
        self._headers = _merge(headers, self._default_headers())
        options = self._options
        policies: list[Policy] = [Redirect()]
        if self._auth is not None:
            policies.insert(0, self._auth)
        if options.max_retries or options.deadline is not None:
            policies.insert(0, Retry(options.max_retries, options.deadline))
        self._flow: Callable[[Request], Flow[Response]] = compose(policies)

    def _default_headers(self) -> Mapping[str, str | Omit]:
        """Return the headers of every request; facades add theirs."""
        return self._options.default_headers

    def _set_base_url(self, base_url: str) -> None:
        shown = base_url.partition("?")[0].rpartition("@")[2]  # a password may stand before it
        try:
            parts = urlsplit(base_url)
            _ = parts.port
            _refuse_spaces(parts.netloc)
        except ValueError:
            msg = f"`base_url` has no valid host and port: {shown!r}"
            raise ConfigurationError(msg) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"`base_url` must be an absolute http(s) URL, not {shown!r}"
            if shown and "://" not in base_url:
                msg += f"; did you mean 'http://{shown}'?"
            raise ConfigurationError(msg)
        self._base_url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._base_query = parts.query

    def _copy(self, **changes: Any) -> Self:
        """Return a client with other options, on the same connections."""
        other = copy.copy(self)
        # Children of the tree were made for this client; the copy makes its own when asked.
        other.__dict__ = {
            name: value
            for name, value in self.__dict__.items()
            if not isinstance(value, SyncResource | AsyncResource)
        }
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
    ) -> Self:
        """Return a client with other options, on the same connections."""
        return self._copy(
            timeout=timeout,
            max_retries=max_retries,
            deadline=deadline,
            default_headers=default_headers,
            default_query=default_query,
        )

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
    ) -> Request:
        """Make the request of one call; pure."""
        path, query, headers = operation.path, [self._base_query], self._headers
        if operation.parameters:
            path, parts, placed = _encoding.place(operation, arguments or {})
            query += parts
            headers = _merge(headers, placed)
        for extra in (self._options.default_query, extra_query):
            if extra:
                query.append(_encoding.encode_query(extra, lists=self._lists))
        content: bytes | None = None
        items = operation.streaming is not None and operation.streaming.switch is None
        headers = dict(headers)
        if operation.body is not None:
            body = _filled(body, extra_body)
            if body is not omit and (body != {} or operation.body.required):
                content = _encode(operation, body)
                headers["content-type"] = operation.body.media_type
            if operation.streaming is not None and operation.streaming.switch is not None:
                items = isinstance(body, dict) and body.get(operation.streaming.switch) is True
        elif extra_body is not None:
            msg = f"`extra_body` was given, but {operation.id} has no body"
            raise ConfigurationError(msg)
        if not items and (accept := _accept(operation)) is not None:
            headers["accept"] = accept
        if items:
            headers["accept"] = "text/event-stream, application/json"
        if operation.method == "POST" and self._options.max_retries:
            headers.setdefault("idempotency-key", f"sdk-{os.urandom(16).hex()}")
        if extra_headers:
            headers = _merge(headers, extra_headers)
        url = self._base_url + path
        if search := "&".join(filter(None, query)):
            url += ("&" if "?" in path else "?") + search
        return Request(
            operation.method,
            url,
            Headers.lowered(headers),
            content,
            self._options.timeout if isinstance(timeout, NotGiven) else Timeout.of(timeout),
            items or mode == "streaming",
            items,
            operation,
        )

    def _read(self, response: Response) -> Any:
        """Return the result that *response*, whose body has been read, holds."""
        operation = response.request.operation
        assert operation is not None
        return read(operation, response, strict=self._strict)

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
    def _fail(response: Response) -> NoReturn:
        """Raise the error for a refusal."""
        raise APIStatusError.of(response)


def _refuse_spaces(host: str) -> None:
    if any(map(str.isspace, host)):  # no resolver knows it, and its words would not say why
        raise ValueError(host)


@lru_cache(maxsize=1024)
def _accept(operation: Operation[Any]) -> str | None:
    """Return the media types of a success that is never JSON; None leaves the default."""
    contents = [c for s, each in operation.responses.items() if s.startswith("2") for c in each]
    if not contents or any(content.kind in {"json", "events", "lines"} for content in contents):
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
        body = {k: v for k, v in body.items() if not isinstance(v, Omit | NotGiven)}
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


def _encode(operation: Operation[Any], body: Any) -> bytes:
    assert operation.body is not None
    encoding = operation.body.encoding
    if encoding == "json":
        return _encoding.encode_json(body)
    if encoding == "form":
        return _encoding.encode_form(body)
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    msg = f"the body of {operation.id} must be bytes or a string, not {type(body).__name__}"
    raise ConfigurationError(msg)


def ad_hoc(method: str, path: str, cast_to: Any, *, has_body: bool, stream: bool) -> Operation[Any]:
    """Return an operation that no document names, for the calls by path."""
    ref = None if cast_to in {object, dict, list, Any, None} else Ref.to(cast_to)
    contents: tuple[Content, ...] = (
        Content("application/json", "json", ref),
        Content("text/event-stream", "events", ref),
        Content("application/x-ndjson", "lines", ref),
        Content("*/*", "bytes"),
    )
    if cast_to is str:
        contents = (Content("*/*", "text"),)
    elif cast_to is bytes:
        contents = (Content("*/*", "bytes"),)
    elif cast_to in {None, type(None)}:
        contents = ()
    method = method.upper()
    return Operation(
        id=f"{method} {path}",
        method=method,
        path=path if path.startswith("/") else f"/{path}",
        body=Body(required=True) if has_body else None,
        responses={"204": (), "205": (), "2XX": contents},
        streaming=Streaming(terminator="[DONE]") if stream else None,
    )
