"""
Pages: every list of the API in the form that openai's users know, by one mechanism.

A resource that derives from `Paging` answers with pages wherever its operations page. For type
checkers, and for the asynchronous colour, its methods are made of the generated ones::

    @cursor_page(GeneratedFiles.list)  # or cursor_page_to_come, in AsyncFiles
    def list(self) -> Any: ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from functools import partial, wraps
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypeAlias,
    TypeVar,
    Unpack,
)

from ._calling import Calling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdk_core.operations import Operation
    from sdk_core.typing import CallOptions

    from .pagination import (
        AsyncConversationCursorPage,
        AsyncCursorPage,
        AsyncPage,
        SyncConversationCursorPage,
        SyncCursorPage,
        SyncPage,
    )

T = TypeVar("T")
P = ParamSpec("P")
PageT = TypeVar("PageT")

_KINDS = {
    "listModels": "Page",
    "searchVectorStore": "Page",
    "retrieveVectorStoreFileContent": "Page",
    "listConversationItems": "ConversationCursorPage",
}
"""The pages of those operations that openai does not page by the identifier of the last item."""


class _Listed(Protocol[T]):
    """What generated methods return: one page of a list."""

    @property
    def data(self) -> list[T]: ...


class AsyncPaginator(Generic[T, PageT]):
    """
    A page to come: ``await`` it for the page, or iterate over the items of all pages at once.

    Asks the server each time that it is awaited or iterated over.
    """

    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self._ask = ask

    def __await__(self) -> Generator[Any, Any, PageT]:
        return self._ask().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        page: Any = await self
        async for item in page:
            yield item


_Method: TypeAlias = Callable[..., Any]

if TYPE_CHECKING:

    def page(
        method: Callable[Concatenate[Any, P], _Listed[T]],
    ) -> Callable[[_Method], Callable[Concatenate[Any, P], SyncPage[T]]]: ...
    def cursor_page(
        method: Callable[Concatenate[Any, P], _Listed[T]],
    ) -> Callable[[_Method], Callable[Concatenate[Any, P], SyncCursorPage[T]]]: ...
    def conversation_page(
        method: Callable[Concatenate[Any, P], _Listed[T]],
    ) -> Callable[[_Method], Callable[Concatenate[Any, P], SyncConversationCursorPage[T]]]: ...
    def page_to_come(
        method: Callable[Concatenate[Any, P], Coroutine[Any, Any, _Listed[T]]],
    ) -> Callable[[_Method], Callable[Concatenate[Any, P], AsyncPaginator[T, AsyncPage[T]]]]: ...
    def cursor_page_to_come(
        method: Callable[Concatenate[Any, P], Coroutine[Any, Any, _Listed[T]]],
    ) -> Callable[
        [_Method], Callable[Concatenate[Any, P], AsyncPaginator[T, AsyncCursorPage[T]]]
    ]: ...
    def conversation_page_to_come(
        method: Callable[Concatenate[Any, P], Coroutine[Any, Any, _Listed[T]]],
    ) -> Callable[
        [_Method], Callable[Concatenate[Any, P], AsyncPaginator[T, AsyncConversationCursorPage[T]]]
    ]: ...
else:

    def _same(method: _Method) -> Callable[[_Method], _Method]:
        return lambda _: method  # `Paging` makes the page; only its type is another

    def _to_come(method: _Method) -> Callable[[_Method], _Method]:
        @wraps(method)
        def ask(self: Any, *args: Any, **kwargs: Any) -> AsyncPaginator[Any, Any]:
            return AsyncPaginator(partial(method, self, *args, **kwargs))

        return lambda _: ask

    page = cursor_page = conversation_page = _same
    page_to_come = cursor_page_to_come = conversation_page_to_come = _to_come


class Paging(Calling):
    """A resource, of either colour, whose lists are openai's pages, in every view."""

    def _call(
        self,
        operation: Operation[Any],
        arguments: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        kind = kind_of(operation)
        if kind is None:
            return super()._call(operation, arguments, **options)
        from ._turning import listed  # noqa: PLC0415  # few calls page

        return listed(self._client, kind, operation, arguments, options, self._mode)


def kind_of(operation: Operation[Any]) -> str | None:
    """Return the name of the page that *operation* answers with, without its colour."""
    kind = _KINDS.get(operation.id)
    return "CursorPage" if kind is None and operation.pagination is not None else kind
