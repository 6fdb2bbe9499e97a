"""Serve a document: find the operation, check the request against it, call its function."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Generic, TypeVar
from urllib.parse import unquote

import attrs
from starlette.datastructures import FormData
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ._decompression import gunzipped
from ._documents import Content, Document, DocumentError, Operation
from ._encoding import JSONError, decode_json
from ._forms import FormError, files_shown, form_values, read_multipart
from ._parameters import read_form, read_parameters
from ._problems import Dialect, Fault, Problem, dotted
from ._requests import request_id
from ._violations import find_faults

log = logging.getLogger("sdk_server")

S = TypeVar("S")
P = TypeVar("P")

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BYTES = "application/octet-stream"
GZIP = "gzip"
PLAIN = "identity"


@attrs.frozen(kw_only=True)
class Call(Generic[S, P]):
    """Hand one checked request to the function of its operation.

    Args:
        request: The request as Starlette has it; its body was read already.
        services: What the functions work with.
        caller: Who calls, `None` when the operation is public.
        parameters: Typed parameters by name; absent optional ones are missing.
        body: The decoded body, valid by the document, or bytes; `None` without one. The files of
            a form are `UploadFile`s, which are closed when the function returns.
        form: The fields of a form with files, as they were sent; `None` for other bodies.
    """

    request: Request
    services: S
    caller: P | None
    parameters: Mapping[str, Any]
    body: Any
    form: FormData | None = None


Function = Callable[[Call[Any, Any]], Awaitable[Response]]
Refusal = Callable[[Problem], Problem]
F = TypeVar("F", bound=Function)


def _unchanged(problem: Problem) -> Problem:
    return problem


@attrs.frozen
class Implementation:
    """Bind a function, and how its operation words refusals, to an operation."""

    function: Function
    refuse: Refusal = _unchanged


class Functions(dict[str, Implementation]):
    """Collect the functions of one document by operationId."""

    def implements(self, operation_id: str, *, refuse: Refusal = _unchanged) -> Callable[[F], F]:
        """Return a decorator that binds a function to an operation.

        Args:
            operation_id: The operation's `operationId`.
            refuse: Rewrites the problems of this operation, for one with an error shape of its own.

        Raises:
            DocumentError: The operation has a function already.
        """

        def bind(function: F) -> F:
            if operation_id in self:
                msg = f"two functions implement `{operation_id}`"
                raise DocumentError(msg)
            self[operation_id] = Implementation(function, refuse)
            return function

        return bind


@attrs.frozen(kw_only=True)
class DocumentApplication(Generic[S, P]):
    """Answer as an OpenAPI document says; an ASGI application to be mounted.

    Args:
        document: What the API is.
        functions: What answers the operations; others are refused with 501.
        dialect: Writes refusals in the API's error shape.
        authenticate: Returns the caller or raises `Problem`; called for operations that are
            not public, with the alternatives of security schemes that the document allows.
        services: What the functions work with.
        body_limit: Largest body in bytes.
        form_limit: Largest form with files in bytes; its files do not stay in memory.

    Raises:
        DocumentError: A function has no operation.
    """

    document: Document
    functions: Mapping[str, Implementation] = attrs.field()
    dialect: Dialect
    authenticate: Callable[[Request, tuple[frozenset[str], ...]], Awaitable[P]]
    services: S
    body_limit: int
    form_limit: int = 512 * 1024 * 1024

    @functions.validator
    def _match_document(self, _attribute: object, functions: Mapping[str, Implementation]) -> None:
        operations = {operation.id for operation in self.document.operations}
        if unknown := functions.keys() - operations:
            msg = f"the document has no operation {', '.join(sorted(unknown))}"
            raise DocumentError(msg)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request (ASGI 3)."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        request = Request(scope, receive, send)
        refuse: Refusal = _unchanged
        try:
            operation, path = self._find(request)
            implementation = self.functions.get(operation.id) or _absent(operation.id)
            refuse = implementation.refuse
            call = await self._check(request, operation, path)
            try:
                response = await implementation.function(call)
            finally:
                if call.form is not None:
                    await call.form.close()
        except Problem as problem:
            response = self.dialect(refuse(problem), request_id=request_id(scope))
        except ClientDisconnect:
            return
        except Exception:
            # The cause is for the log alone: a message could hold what the caller must not see.
            log.exception("%s %s failed", request.method, request.url.path)
            response = self.dialect(
                Problem(500, "The server failed; its log says why."), request_id=request_id(scope)
            )
        await response(scope, receive, send)

    async def _check(
        self, request: Request, operation: Operation, path: Mapping[str, str]
    ) -> Call[S, P]:
        caller = (
            await self.authenticate(request, operation.security) if operation.security else None
        )
        parameters, faults = read_parameters(
            self.document,
            operation,
            path=path,
            query=request.url.query,
            header=request.headers.get,
        )
        if faults:
            raise self._invalid(faults)
        body, form = None, None
        if operation.body is not None:
            body, form = await self._body(request, operation, operation.body)
        return Call(
            request=request,
            services=self.services,
            caller=caller,
            parameters=parameters,
            body=body,
            form=form,
        )

    def _find(self, request: Request) -> tuple[Operation, dict[str, str]]:
        segments = _segments(request.scope)
        matches = [
            (operation, values)
            for operation in self.document.operations
            if segments is not None and (values := _match(operation.segments, segments)) is not None
        ]
        if not matches:
            raise Problem(404, f"There is nothing at {request.url.path}.", code="not_found")
        # A path without parameters goes before one with (OpenAPI 3.2 section 4.8.2).
        fewest = min(len(values) for _, values in matches)
        matches = [match for match in matches if len(match[1]) == fewest]
        for operation, values in matches:
            if operation.method == request.method:
                return operation, values
        methods = ", ".join(sorted(operation.method for operation, _ in matches))
        raise Problem(
            405,
            f"{request.method} is not allowed here; use {methods}.",
            code="method_not_allowed",
            headers={"allow": methods},
        )

    async def _body(
        self, request: Request, operation: Operation, contents: Mapping[str, Content]
    ) -> tuple[Any, FormData | None]:
        """Return the decoded body, and the fields of a form with files."""
        media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if media_type == MULTIPART and MULTIPART in contents:
            return await self._multipart(request, contents[MULTIPART])
        async with aclosing(self._plain(request)) as pieces:
            data = b"".join([piece async for piece in pieces])
        if not data and not operation.body_required:
            return None, None
        if not data and not media_type:
            raise self._invalid([Fault(location="body", message="is required")])
        content = contents.get(media_type)
        if content is None:
            allowed = ", ".join(sorted(contents))
            raise Problem(
                415,
                f"`content-type` must be {allowed}.",
                code="unsupported_media_type",
                headers={"accept": allowed},
            )
        if media_type == BYTES:
            return data, None
        try:
            body = (
                read_form(self.document, content.schema, data)
                if media_type == FORM
                else decode_json(data)
            )
        except JSONError as error:
            raise Problem(
                400, f"The body is not valid JSON: {error}.", code="invalid_json"
            ) from None
        except ValueError as error:
            raise Problem(400, f"The body is no form: {error}.", code="invalid_form") from None
        if faults := find_faults(self.document.validator(content.place), body, "body"):
            raise self._invalid(faults)
        return body, None

    async def _multipart(self, request: Request, content: Content) -> tuple[Any, FormData]:
        if _coding(request) != PLAIN:
            raise _undecodable((PLAIN,))
        try:
            async with aclosing(self._pieces(request, self.form_limit)) as pieces:
                form = await read_multipart(request.headers, pieces)
        except FormError as error:
            raise Problem(400, f"The body is no form: {error}.", code="invalid_form") from None
        body, faults = form_values(self.document, content.schema, form)
        validator = self.document.validator(content.place)
        if faults := faults or find_faults(validator, files_shown(body), "body"):
            await form.close()
            raise self._invalid(faults)
        return body, form

    def _plain(self, request: Request) -> AsyncGenerator[bytes, None]:
        """Return the body as it comes, decompressed."""
        coding, pieces = _coding(request), self._pieces(request, self.body_limit)
        if coding == PLAIN:
            return pieces
        if coding != GZIP:
            raise _undecodable((GZIP, PLAIN))
        return gunzipped(pieces, self.body_limit, _too_large(self.body_limit))

    async def _pieces(self, request: Request, limit: int) -> AsyncGenerator[bytes, None]:
        """Yield the body as it comes.

        Raises:
            Problem: 413; it is larger than *limit* bytes.
        """
        too_large = _too_large(limit)
        length = request.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and int(length) > limit:
            raise too_large
        size = 0
        async with aclosing(request.stream()) as pieces:
            async for piece in pieces:
                size += len(piece)
                if size > limit:
                    raise too_large
                yield piece

    def _invalid(self, faults: list[Fault]) -> Problem:
        first = faults[0]
        name = f"`{dotted(first.path)}`" if first.path else f"The {first.location}"
        return Problem(
            self.dialect.invalid, f"{name} {first.message}.", code="invalid_request", faults=faults
        )


def _coding(request: Request) -> str:
    return request.headers.get("content-encoding", PLAIN).strip().lower()


def _undecodable(codings: tuple[str, ...]) -> Problem:
    accepted = ", ".join(codings)
    return Problem(
        415,
        f"`content-encoding` must be one of: {accepted}.",
        code="unsupported_media_type",
        headers={"accept-encoding": accepted},
    )


def _too_large(limit: int) -> Problem:
    return Problem(413, f"The body is larger than {limit} bytes.", code="body_too_large")


def _absent(operation_id: str) -> Implementation:
    """Return what answers an operation that has no function."""

    async def refuse(_call: Call[Any, Any]) -> Response:
        raise Problem(501, f"This server has no `{operation_id}`.", code="not_implemented")

    return Implementation(refuse)


def _segments(scope: Scope) -> list[str] | None:
    """Return the decoded segments below the mount; a `%2F` inside a segment stays inside it."""
    raw = scope.get("raw_path")
    path = raw.decode("latin-1") if raw is not None else scope["path"].replace("%", "%25")
    below = path.split("?")[0].split("/")[scope.get("root_path", "").count("/") + 1 :]
    try:
        return [unquote(segment, errors="strict") for segment in below]
    except UnicodeDecodeError:
        return None


def _match(template: tuple[str | tuple[str], ...], segments: list[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    values: dict[str, str] = {}
    for expected, actual in zip(template, segments, strict=True):
        if isinstance(expected, tuple):
            if not actual:
                return None
            values[expected[0]] = actual
        elif expected != actual:
            return None
    return values
