"""Pages of results, under the names that openai's users know."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from typing import Any, Generic, NoReturn, TypeVar

from sdk_core.models import BaseModel

__all__ = ["AsyncPage", "AsyncPaginator", "SyncPage"]

T = TypeVar("T")


class _Page(BaseModel, Generic[T]):
    data: list[T]
    object: str | None = None

    def has_next_page(self) -> bool:
        """Return whether there is more: never, this kind of list comes whole."""
        return False

    def next_page_info(self) -> None:
        """Return how to ask for the next page: there is none."""

    def get_next_page(self) -> NoReturn:
        """
        Raise RuntimeError: there is no next page.

        Ask `has_next_page` before, as for lists that come in several.
        """
        msg = "there is no next page; ask `has_next_page()` before `get_next_page()`"
        raise RuntimeError(msg)


class SyncPage(_Page[T], Generic[T]):
    """A list that comes in one page; iterating gives its items."""

    def __iter__(self) -> Iterator[T]:  # type: ignore[override]  # items, not pydantic's fields
        return iter(self.data)

    def iter_pages(self) -> Iterator[SyncPage[T]]:
        """Iterate over the pages: this one."""
        yield self


class AsyncPage(_Page[T], Generic[T]):
    """The asynchronous twin of `SyncPage`."""

    async def __aiter__(self) -> AsyncIterator[T]:
        for item in self.data:
            yield item

    async def iter_pages(self) -> AsyncIterator[AsyncPage[T]]:
        """Iterate over the pages: this one."""
        yield self


class AsyncPaginator(Generic[T]):
    """
    A page to come: ``await`` it for the page, or iterate over its items at once.

    Asks the server each time that it is awaited or iterated over.
    """

    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self._ask = ask

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._ask().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        for item in (await self).data:
            yield item
