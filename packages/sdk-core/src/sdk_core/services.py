"""
Services: what a client offers, by area, written by hand on top of operations.

A service is a property of its client, made when it is first asked for::

    class ModelsService(BaseService):
        errors = {404: ModelNotFoundError}

        def get(self, model_id: str) -> Model:
            return self._call(operations.GET_MODEL, {"model_id": model_id})

        def rename(self, model_id: str, name: str) -> Model:
            path, body = "/models/{model_id}", {"name": name}
            return self._request("PATCH", path, {"model_id": model_id}, cast_to=Model, body=body)


    class PlatformClient(SyncClient):
        models = service(ModelsService)

What both colours should have is written once, as a flow, in a class that both services derive
from. `method` makes a method of it that blocks on a `BaseService` and is awaited on an
`AsyncBaseService`; type checkers know both::

    class Deploying(Service):
        @method
        def deploy(self, model_id: str) -> Flow[Deployment]:
            begun = yield from self._calling(operations.DEPLOY, {"model_id": model_id})
            return (yield from self._waiting(operations.GET_DEPLOYMENT, {"id": begun.id}))


    class ModelsService(BaseService, Deploying): ...


    class AsyncModelsService(AsyncBaseService, Deploying): ...

The mixins in `sdk_core.mixins` are such classes.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    TypeVar,
    Unpack,
    cast,
    overload,
)

from ._frames import concealed
from ._polls import pause, pause_async
from ._services import RequestOptions, Service, missing, operation, requested
from .clients import AsyncClient, SyncClient
from .errors import ConfigurationError
from .resources import AsyncResource, Child, SyncResource

if TYPE_CHECKING:
    from pathlib import Path

    from ._clients import Mode
    from ._polls import Cancel
    from .operations import Operation
    from .pagination import AsyncPages, Pages, Paging
    from .typing import CallOptions, Flow

__all__ = [
    "AsyncBaseService",
    "BaseService",
    "Child",
    "Method",
    "PagedMethod",
    "RequestOptions",
    "Service",
    "lazy_service",
    "method",
    "operation",
    "paged",
    "service",
]

S = TypeVar("S")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
P = ParamSpec("P")


def service(kind: type[S]) -> Child[S]:
    """
    Return a property of a client: the service of that class, made when it is first asked for.

    There is one for each client; copies (``with_options``) and views (``with_raw_response``) have
    their own. Threads may ask at the same time.

    Args:
        kind: A complete `BaseService` for clients that block, an `AsyncBaseService` for others.
    """
    return Child(kind)


def lazy_service(make: Callable[[Any], S]) -> Child[S]:
    """
    Return a property of a client, as `service` does, that *make* makes of the client.

    As a decorator, it lets a client import what it needs with the first use::

        @lazy_service
        def models(self) -> ModelsService:
            from ._models import ModelsService

            return ModelsService(self)

    What is made need not be a service. If it is a context manager, its ``close`` is called when
    the client is closed.
    """
    return Child(make)


def _begin(made: Service, client: object, wanted: type[Any], other: str) -> None:
    """Refuse a service that cannot work, before anything is asked of it."""
    name = type(made).__name__
    if not isinstance(client, wanted):
        msg = f"{name} needs a client that is a {wanted.__name__}, not {type(client).__name__}"
        if hasattr(client, "call"):
            msg += f"; for that one derive it from {other}"
        raise ConfigurationError(msg)
    kind: Any = type(made)
    lack = missing(kind)
    if lack is not None:
        raise ConfigurationError(lack)


class BaseService(Service, SyncResource):
    """
    A service of a client that blocks.

    Args:
        client: What carries its calls.
        mode: In which form its methods answer. Default: as those of the client.

    Raises:
        ConfigurationError: The client is of the other colour, or a mixin misses something.
    """

    _client: SyncClient

    def __init__(self, client: SyncClient, mode: Mode | None = None) -> None:
        _begin(self, client, SyncClient, "AsyncBaseService")
        super().__init__(client, mode or client._mode)  # noqa: SLF001  # one family

    def _pause(self, cancel: Cancel, seconds: float) -> None:
        pause(cancel, seconds)

    def _fetch(self, *args: Any, **options: Any) -> Path:
        from .transfers import download  # noqa: PLC0415  # few services download

        return download(self._client, *args, **options)

    @property
    def with_raw_response(self) -> Any:
        """The same methods; each returns an `APIResponse`, whose ``parse()`` gives the result."""
        return self._view("raw")

    @property
    def with_streaming_response(self) -> Any:
        """The same methods; each gives a context manager that leaves the body unread."""
        return self._view("streaming")

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> T:
        """Carry out *operation*; see `SyncClient.call`."""
        return super()._call(self._own(operation), arguments, **options)

    @overload
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: type[T],
        **options: Unpack[RequestOptions],
    ) -> T: ...
    @overload
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: Any = ...,
        **options: Unpack[RequestOptions],
    ) -> Any: ...
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: Any = object,
        **options: Unpack[RequestOptions],
    ) -> Any:
        """
        Call a path that no operation describes.

        Args:
            method: The HTTP method.
            path: Relative to the base URL; ``{name}`` stands for an argument.
            arguments: For the path; they are escaped, so that they lead to no other path.
            cast_to: The type of the result: a model, ``str``, ``bytes``, ``None``, or ``object``
                for JSON of any shape.
            **options: Body, query and the like; see `RequestOptions`.

        Raises:
            ConfigurationError: An argument is missing, or the request cannot be made.
            APIError: The call failed.
        """
        wanted, given = requested(method, path, cast_to, options)
        return self._call(wanted, arguments, **given)


class AsyncBaseService(Service, AsyncResource):
    """The asynchronous twin of `BaseService`."""

    _client: AsyncClient

    def __init__(self, client: AsyncClient, mode: Mode | None = None) -> None:
        _begin(self, client, AsyncClient, "BaseService")
        super().__init__(client, mode or client._mode)  # noqa: SLF001  # one family

    async def _pause(self, cancel: Cancel, seconds: float) -> None:
        await pause_async(cancel, seconds)

    async def _fetch(self, *args: Any, **options: Any) -> Path:
        from .transfers import async_download  # noqa: PLC0415  # as above

        return await async_download(self._client, *args, **options)

    @property
    def with_raw_response(self) -> Any:
        """The same methods; each returns an `APIResponse`, whose ``parse()`` gives the result."""
        return self._view("raw")

    @property
    def with_streaming_response(self) -> Any:
        """The same methods; each gives a context manager that leaves the body unread."""
        return self._view("streaming")

    def _call(
        self,
        operation: Operation[T],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Coroutine[Any, Any, T]:
        """Carry out *operation*; see `AsyncClient.call`."""
        return super()._call(self._own(operation), arguments, **options)

    @overload
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: type[T],
        **options: Unpack[RequestOptions],
    ) -> Coroutine[Any, Any, T]: ...
    @overload
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: Any = ...,
        **options: Unpack[RequestOptions],
    ) -> Coroutine[Any, Any, Any]: ...
    def _request(
        self,
        method: str,
        path: str,
        arguments: Mapping[str, object] | None = None,
        *,
        cast_to: Any = object,
        **options: Unpack[RequestOptions],
    ) -> Coroutine[Any, Any, Any]:
        """Call a path that no operation describes; see `BaseService._request`."""
        wanted, given = requested(method, path, cast_to, options)
        return self._call(wanted, arguments, **given)


class Method(Generic[P, T_co]):
    """What type checkers see of a flow that is a `method`; at run time it is a function."""

    @overload
    def __get__(self, instance: BaseService, owner: type[Any]) -> Callable[P, T_co]: ...
    @overload
    def __get__(
        self, instance: AsyncBaseService, owner: type[Any]
    ) -> Callable[P, Coroutine[Any, Any, T_co]]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> Callable[..., Any]: ...
    def __get__(self, instance: object, owner: type[Any]) -> Any: ...


class PagedMethod(Generic[P, T_co]):
    """What type checkers see of a method that is `paged`; at run time it is a function."""

    @overload
    def __get__(self, instance: BaseService, owner: type[Any]) -> Callable[P, Pages[T_co]]: ...
    @overload
    def __get__(
        self, instance: AsyncBaseService, owner: type[Any]
    ) -> Callable[P, AsyncPages[T_co]]: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> Callable[..., Any]: ...
    def __get__(self, instance: object, owner: type[Any]) -> Any: ...


def method(flow: Callable[Concatenate[Any, P], Flow[T]]) -> Method[P, T]:
    """
    Make a method of a flow: it blocks on a `BaseService`, and is awaited on an `AsyncBaseService`.

    Under ``with_raw_response`` it returns an `APIResponse` with the HTTP of the last call that it
    made, whose ``parse()`` gives the result.

    Args:
        flow: A generator function; it calls with ``yield from self._calling(...)``.
    """

    @wraps(flow)
    def run(self: Any, /, *args: P.args, **options: P.kwargs) -> Any:
        return self._run(flow(self, *args, **options))

    # An argument may be a secret, such as the password of a sign-in.
    return cast("Method[P, T]", concealed(run))


def paged(pages: Callable[Concatenate[Any, P], Paging[T]]) -> PagedMethod[P, T]:
    """
    Make a method that returns `Pages` on a `BaseService`, and `AsyncPages` on an `AsyncBaseService`.

    Args:
        pages: Returns ``self._paging(...)``; it sends nothing.
    """

    @wraps(pages)
    def begin(self: Any, /, *args: P.args, **options: P.kwargs) -> Any:
        return self._turned(pages(self, *args, **options).walk)

    return cast("PagedMethod[P, T]", begin)
