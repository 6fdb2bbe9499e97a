"""Clients: what generated packages derive their ``Client`` and ``AsyncClient`` from."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, Unpack, cast

from ._clients import BaseClient, Mode, Then
from ._closing import AsyncClosing, Closing
from ._drivers import AsyncDriver, SyncDriver
from ._sniffing import asniff, sniff
from ._unnamed import ad_hoc
from .errors import SDKError
from .resources import closable
from .responses import (
    APIResponse,
    AsyncStreamedAPIResponse,
    AsyncStreamingContext,
    StreamedAPIResponse,
    StreamingContext,
)
from .streams import AsyncStream, Stream
from .typing import CallOptions, HeadersLike, NotGiven, QueryLike, TimeoutLike, not_given, omit

if TYPE_CHECKING:
    from ._messages import Request, Response
    from ._pagination import Turn
    from .operations import Operation

__all__ = ["AsyncClient", "BaseClient", "Mode", "SyncClient", "ad_hoc"]

T = TypeVar("T")


class SyncClient(BaseClient, Closing):
    """
    A client that blocks.

    Safe to share between threads. Clients share their connections; `close` returns them.

    Args:
        base_url: Where the API is; a query in it goes with every request. Default: what
            `base_url_variable` of the environment says, else the document's first server.
        credential: A secret, or a function that returns one, sent as the API's document says.
        credentials: Secrets for several of the API's security schemes, by their names in the
            document; each operation gets those that it asks for.
        auth: A policy that authenticates, instead of *credential* and *credentials*.
        timeout: Seconds by phase; see `Timeout`. Default: 600 s between two reads, 5 s to connect.
        max_retries: Repeats of a failed attempt. Default: 2.
        deadline: Seconds for a whole call, repeats, waits and the body of a stream included.
            Default: none.
        default_headers: Sent with every request; a value `omit` takes a built-in one away.
        default_query: Added to every request's query.
        strict: Refuse answers that do not fit their model instead of keeping what they hold.
        http_client: Your own ``httpx.Client``, for proxies, certificates or tests.
        transport: The engine that carries the calls, instead; see `sdk_core.transports`.
        plugins: What other packages add, by name or as a `Plugin`; see `sdk_core.plugins`.
        **path: What is put into the path of every call: limits, budgets, a cache, hooks, policies
            of your own; see `PathOptions`.

    Raises:
        ConfigurationError: An option cannot be used; the message names it.
    """

    _blocking = True
    _context = StreamingContext
    _stream: ClassVar[type[Stream[Any]]] = Stream

    @cached_property
    def _driver(self) -> SyncDriver:
        if self._origin is not None:
            return self._origin._driver  # noqa: SLF001  # the same class
        # Imported by the first call: the engine costs more to import than all the rest.
        from ._engines import open_transport  # noqa: PLC0415  # loaded when it is needed

        transport = open_transport(self._transport, self._http_client, synchronous=True)
        return SyncDriver(transport)

    def call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        mode: Mode | None = None,
        then: Then | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        """
        Carry out *operation*.

        Args:
            operation: What to do.
            arguments: By name in Python, for path, query, headers and cookies.
            mode: The form of the result: the parsed answer, or one with its HTTP around it.
            then: Makes the result of what was read from the response, in every mode.
            **options: The body, and what each call may change; see `CallOptions`.

        Raises:
            ConfigurationError: The request cannot be made or sent.
            APIError: The call failed; see `sdk_core.errors`.
        """
        request = self._build(operation, arguments, mode, **options)
        response = self._send(request)
        parse = self._parse if then is None else partial(self._then, then)
        if mode is None:
            try:
                return cast("T", parse(response))
            except SDKError as error:
                self._tell(request, error)
                raise
        kind: Any = APIResponse if mode == "raw" else StreamedAPIResponse
        return cast("T", kind(response, parse))

    def _send(self, request: Request) -> Response:
        try:
            response = self._driver.run(self._flow_of(request))
            if response.status_code >= 400:
                self._fail(response)
            if response.stream is not None and self._is_doubtful(response):
                sniff(response, strict=self._strict)
        except SDKError as error:
            self._tell(request, error)
            raise
        return response

    def _tell(self, request: Request, error: SDKError) -> None:
        if request.hooks is not None:
            from ._telling import tell_failure  # noqa: PLC0415  # what is off is not loaded

            self._driver.run(tell_failure(request, error))

    def _turn(self, operation: Operation[Any], turn: Turn) -> APIResponse[Any]:
        """Ask for one page."""
        request = self._build(operation, turn.arguments, "raw", url=turn.url, **turn.options)
        return APIResponse(self._send(request), self._parse)

    def _parse(self, response: Response) -> Any:
        if not response.request.stream_items:
            return self._read(response)
        return self._told(response, self._stream)(response, self._reader(response))

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
    ) -> Any:
        """
        Call a *path* that the client has no method for.

        Args:
            method: The HTTP method.
            path: Relative to the base URL.
            cast_to: The type of the result: a model, ``str``, ``bytes``, or ``object`` for JSON.
            body: Sent as JSON.
            query: More of the query.
            headers: More headers.
            timeout: Instead of the client's.
            stream: Return a `Stream` of *cast_to* from an event stream or JSON lines.
        """
        operation = ad_hoc(method, path, cast_to, has_body=body is not omit, stream=stream)
        return self.call(
            operation,
            body=body,
            extra_query=query,
            extra_headers=headers,
            timeout=timeout,
            mode=self._mode,
        )

    def close(self) -> None:
        """Return the connections; the client cannot be used any more."""
        try:
            for close in closable(self):
                close()
        finally:
            self._driver.transport.close()


class AsyncClient(BaseClient, AsyncClosing):
    """
    The asynchronous twin of `SyncClient`, with the same options.

    Works in every event loop that it is used in, one after the other too: connections belong to
    the loop that opened them. *http_client* is an ``httpx.AsyncClient``.
    """

    _blocking = False
    _context = AsyncStreamingContext
    _stream: ClassVar[type[AsyncStream[Any]]] = AsyncStream

    @cached_property
    def _driver(self) -> AsyncDriver:
        if self._origin is not None:
            return self._origin._driver  # noqa: SLF001  # the same class
        from ._engines import open_transport  # noqa: PLC0415  # as above

        transport = open_transport(self._transport, self._http_client, synchronous=False)
        return AsyncDriver(transport)

    async def call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        *,
        mode: Mode | None = None,
        then: Then | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        """Carry out *operation*; see `SyncClient.call`."""
        request = self._build(operation, arguments, mode, **options)
        response = await self._send(request)
        parse = self._parse if then is None else partial(self._then, then)
        if mode == "streaming":
            result: Any = AsyncStreamedAPIResponse(response, parse)
            return cast("T", result)
        if mode == "raw":
            result = APIResponse(response, parse)
            return cast("T", result)
        try:
            return cast("T", parse(response))
        except SDKError as error:
            await self._tell(request, error)
            raise

    async def _send(self, request: Request) -> Response:
        try:
            response = await self._driver.run(self._flow_of(request))
            if response.status_code >= 400:
                self._fail(response)
            if response.stream is not None and self._is_doubtful(response):
                await asniff(response, strict=self._strict)
        except SDKError as error:
            await self._tell(request, error)
            raise
        return response

    async def _tell(self, request: Request, error: SDKError) -> None:
        if request.hooks is not None:
            from ._telling import tell_failure  # noqa: PLC0415  # as above

            await self._driver.run(tell_failure(request, error))

    async def _turn(self, operation: Operation[Any], turn: Turn) -> APIResponse[Any]:
        """Ask for one page."""
        request = self._build(operation, turn.arguments, "raw", url=turn.url, **turn.options)
        return APIResponse(await self._send(request), self._parse)

    def _parse(self, response: Response) -> Any:
        if not response.request.stream_items:
            return self._read(response)
        return self._told(response, self._stream)(response, self._reader(response))

    async def request(
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
    ) -> Any:
        """Call a *path* that the client has no method for; see `SyncClient.request`."""
        operation = ad_hoc(method, path, cast_to, has_body=body is not omit, stream=stream)
        return await self.call(
            operation,
            body=body,
            extra_query=query,
            extra_headers=headers,
            timeout=timeout,
            mode=self._mode,
        )

    async def close(self) -> None:
        """Return the connections; the client cannot be used any more."""
        try:
            for close in closable(self):
                closing = close()
                if hasattr(closing, "__await__"):
                    await closing
        finally:
            await self._driver.transport.aclose()
