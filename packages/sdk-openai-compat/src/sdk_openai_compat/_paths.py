"""Calls by path: ``client.post("/some/path", cast_to=object, body={...})``, as openai has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from sys import modules
from typing import TYPE_CHECKING, Any, overload

import attrs

from sdk_core.clients import BaseClient, ad_hoc
from sdk_core.errors import ConfigurationError, UnknownOptionError
from sdk_core.operations import Body
from sdk_core.typing import (
    BinaryTypes,
    FileTypes,
    HeadersLike,
    NotGiven,
    QueryLike,
    TimeoutLike,
    not_given,
    omit,
)

from ._options import RequestOptions

if TYPE_CHECKING:
    from ._openai._models import FinalRequestOptions
    from ._replacements import Call


class _Address(str):
    """A base URL for libraries that read openai's in this way: ``client._base_url._uri_reference``."""

    __slots__ = ()

    @property
    def _uri_reference(self) -> str:
        return str(self)


class Paths(BaseClient):
    """
    ``get``, ``post``, ``put``, ``patch``, ``delete`` and ``request``.

    One class for both colours: what ``call`` returns, a result or an awaitable of one, is what
    these return.
    """

    def _set_base_url(self, base_url: str) -> None:
        super()._set_base_url(base_url)
        self._base_url = _Address(self._base_url)

    def get(
        self,
        path: str,
        *,
        cast_to: Any,
        options: RequestOptions | None = None,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """
        Call GET *path* and return the answer as *cast_to*.

        Args:
            path: Relative to `base_url`.
            cast_to: A model, ``str``, ``bytes``, ``object`` for JSON as it is, ``type(None)`` for
                nothing, or ``httpx.Response`` for the answer itself.
            options: See `RequestOptions`.
            stream: Return a `Stream` of *cast_to*.
            stream_cls: The class of that stream, where it is one of your own.
        """
        return self._by_path("GET", path, cast_to, options, stream=stream, stream_cls=stream_cls)

    def post(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        content: BinaryTypes | None = None,
        files: _Files | None = None,
        options: RequestOptions | None = None,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        """
        Call POST *path* and return the answer as *cast_to*; see `get` for what is not said here.

        Args:
            path: Relative to `base_url`.
            cast_to: As for `get`.
            body: Sent as JSON.
            content: The body as it is, instead.
            files: Files by name, or pairs of a name and a file: with the members of *body* a form.
            options: See `RequestOptions`.
            stream: As for `get`.
            stream_cls: As for `get`.
        """
        return self._by_path(
            "POST",
            path,
            cast_to,
            options,
            body,
            content,
            files,
            stream=stream,
            stream_cls=stream_cls,
        )

    def put(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        content: BinaryTypes | None = None,
        files: _Files | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Call PUT *path*; see `post`."""
        return self._by_path("PUT", path, cast_to, options, body, content, files)

    def patch(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        content: BinaryTypes | None = None,
        files: _Files | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Call PATCH *path*; see `post`."""
        return self._by_path("PATCH", path, cast_to, options, body, content, files)

    def delete(
        self,
        path: str,
        *,
        cast_to: Any,
        body: Any = None,
        content: BinaryTypes | None = None,
        options: RequestOptions | None = None,
    ) -> Any:
        """Call DELETE *path*; see `post`."""
        return self._by_path("DELETE", path, cast_to, options, body, content)

    @overload
    def request(
        self,
        method: str,
        path: str,
        *,
        cast_to: Any = object,
        body: object = omit,
        query: QueryLike | None = None,
        headers: HeadersLike | None = None,
        timeout: TimeoutLike | NotGiven = not_given,
        stream: bool = False,
    ) -> Any: ...
    @overload
    def request(
        self,
        cast_to: Any,
        options: FinalRequestOptions,
        *,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any: ...
    def request(self, *args: Any, **kwargs: Any) -> Any:
        """
        Call a path that the client has no method for.

        In the form of `sdk_core.clients.SyncClient.request`, or in openai's: *cast_to*, and all
        that is sent in *options*. Where this method has been replaced, on a client or on a class,
        every call of every resource goes through the replacement, in openai's form.
        """
        if "options" not in kwargs and (len(args) < 2 or isinstance(args[1], str)):
            core: Any = super()
            return core.request(*args, **kwargs)
        return self._as_openai(*args, **kwargs)

    if not TYPE_CHECKING:  # to checkers it is the method of the client that this is mixed into

        @property
        def call(self) -> Any:
            """Carry an operation out; see `sdk_core.clients.SyncClient.call`."""
            # No method around the core's, which would pass all arguments on once more: every call of
            # every resource goes through here.
            openai = modules.get("openai")
            foreign = openai is not None and not hasattr(openai, "_own")
            if foreign or "request" in self.__dict__ or type(self).request is not _request:
                from ._replacements import detour  # noqa: PLC0415  # few programs need it

                return partial(detour, self, super().call, foreign, _request)
            return super().call

    def _as_openai(
        self,
        cast_to: Any,
        options: FinalRequestOptions,
        *,
        stream: bool = False,
        stream_cls: Any = None,
    ) -> Any:
        from ._replacements import changed  # noqa: PLC0415  # as above

        client = self
        if options.max_retries is not None:
            client = self._copy(max_retries=options.max_retries)
        call = changed(options, cast_to)
        if call is None:
            return client._by_path(  # noqa: SLF001  # the same class
                options.method,
                options.url,
                cast_to,
                _request_options(options),
                options.json_data,
                options.content,
                options.files,
                stream=stream,
                stream_cls=stream_cls,
                replaced=False,
            )
        return client._carry_out(call, stream_cls)  # noqa: SLF001  # the same class

    def _by_path(
        self,
        method: str,
        path: str,
        cast_to: Any,
        options: RequestOptions | None,
        body: Any = None,
        content: BinaryTypes | None = None,
        files: _Files | None = None,
        *,
        stream: bool = False,
        stream_cls: Any = None,
        replaced: bool = True,
    ) -> Any:
        given = options or RequestOptions()
        arguments = _spread(given, body)
        kind = None
        if content is not None or files is not None:
            arguments["body"], kind = _not_json(arguments["body"], content, files)
        client: Any = (
            self._copy(max_retries=given["max_retries"]) if "max_retries" in given else self
        )
        if whole := _is_http_response(cast_to):
            client, cast_to = client.with_raw_response, object
        has_body = arguments["body"] is not omit
        operation = ad_hoc(method, path, cast_to, has_body=has_body, stream=stream)
        if kind is not None:
            operation = attrs.evolve(operation, body=kind)
        arguments["mode"] = client._mode  # noqa: SLF001  # the same class
        if replaced and stream_cls is None:
            answer = client.call(operation, **arguments)
        else:
            from ._replacements import call_of, is_replaced, through  # noqa: PLC0415  # as above

            call = call_of(operation, None, arguments)
            if replaced and is_replaced(client, _request):
                answer = through(client, call, stream_cls)
            else:
                answer = client._carry_out(call, stream_cls)  # noqa: SLF001  # the same class
        return _unwrapped(answer) if whole else answer

    def _carry_out(self, call: Call, stream_cls: Any) -> Any:
        """Carry *call* out, whatever stands in the place of ``request``."""
        from ._replacements import as_stream, is_own_stream  # noqa: PLC0415  # as above

        if not is_own_stream(self, stream_cls):
            return as_stream(self, call, stream_cls)
        core: Any = super()
        return core.call(call.operation, call.arguments, **call.given)


_request = Paths.request
_Files = Mapping[str, FileTypes] | Iterable[tuple[str, FileTypes]]


def _request_options(options: FinalRequestOptions) -> RequestOptions:
    """Return what *options* say beside the method, the path and the body."""
    given = RequestOptions(headers=options.headers or {}, params=options.params or {})
    if options.timeout is not None and not isinstance(options.timeout, NotGiven):
        given["timeout"] = options.timeout
    if options.idempotency_key is not None:
        given["idempotency_key"] = options.idempotency_key
    if options.extra_json:
        given["extra_json"] = options.extra_json
    return given


def _not_json(body: Any, content: BinaryTypes | None, files: _Files | None) -> tuple[Any, Body]:
    """Return the body that *content*, or *files* and *body*, make, and how it is encoded."""
    if content is not None:
        if files is not None or body is not omit:
            msg = f"`content` is the whole body; leave out `{'body' if files is None else 'files'}`"
            raise ConfigurationError(msg)
        return content, Body("application/octet-stream", "bytes", required=True)
    if body is not omit and not isinstance(body, Mapping):
        msg = f"`files` can only be sent beside a mapping, and `body` is {type(body).__name__}"
        raise ConfigurationError(msg)
    members: dict[str, Any] = dict(body) if isinstance(body, Mapping) else {}
    pairs = (files.items() if isinstance(files, Mapping) else files) or ()
    for name, file in pairs:
        if name in members:  # several files of one name
            before = members[name]
            members[name] = [*before, file] if isinstance(before, list) else [before, file]
        else:
            members[name] = file
    return members, Body("multipart/form-data", "multipart", required=True)


def _spread(options: RequestOptions, body: Any) -> dict[str, Any]:
    """Return openai's request *options* and *body* as arguments of ``call``."""
    known = RequestOptions.__annotations__
    if unknown := sorted(options.keys() - known.keys()):
        msg = f"`options` has no `{unknown[0]}`; it takes {', '.join(sorted(known))}"
        raise UnknownOptionError(msg)
    headers: dict[str, Any] = dict(options.get("headers") or {})
    if key := options.get("idempotency_key"):
        headers["Idempotency-Key"] = key
    if extra := options.get("extra_json"):
        if body is not None and not isinstance(body, Mapping):
            msg = (
                f"`extra_json` can only be added to a mapping, and `body` is {type(body).__name__}"
            )
            raise ConfigurationError(msg)
        body = {**(body or {}), **extra}
    arguments: dict[str, Any] = {
        "extra_headers": headers,
        "extra_query": options.get("params"),
        "body": omit if body is None else body,
    }
    if "timeout" in options:
        arguments["timeout"] = options["timeout"]
    return arguments


def _is_http_response(cast_to: Any) -> bool:
    root = getattr(cast_to, "__module__", "").partition(".")[0]
    return root in {"httpx", "httpx2"} and getattr(cast_to, "__name__", "") == "Response"


def _unwrapped(answer: Any) -> Any:
    """Return the HTTP library's response of *answer*, or an awaitable of it."""
    from ._replacements import later  # noqa: PLC0415  # as above

    return later(answer, lambda raw: raw.http_response)
