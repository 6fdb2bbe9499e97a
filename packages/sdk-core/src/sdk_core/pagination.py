"""
Pages: what a list that comes in pieces looks like to its reader.

A service's ``list`` and ``search`` return `Pages`: nothing is sent before the first page is
needed, and each page is asked for when the one before it has been read::

    for model in client.models.list():                            # async for, on the twin
        ...
    first = client.models.list().first()                          # one page: first.items
    some = client.models.search("echo").limit(max_items=50).collect()

`paginate` makes the same of any function that fetches one page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any, Generic, Protocol, Self, TypeVar

import attrs

from ._pagination import Pager, Turn
from ._ways import Cursor, LinkHeader, Numbered, Offset, Way, page_of
from .errors import ConfigurationError
from .responses import APIResponse

__all__ = [
    "AsyncPage",
    "AsyncPages",
    "Cursor",
    "LinkHeader",
    "Numbered",
    "Offset",
    "Page",
    "Pager",
    "Pages",
    "Paging",
    "Turn",
    "async_paginate",
    "paginate",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Walk(Protocol):
    """Knows what is asked first, what is on a page, and what is asked after it; pure."""

    @property
    def first(self) -> Any: ...
    def items_of(self, answer: Any) -> Sequence[Any]: ...
    def after(self, turn: Any, answer: Any) -> Any: ...


def _count(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        msg = f"`max_{field.name}` must be an integer >= 1 or None, not {value!r}"
        raise ConfigurationError(msg)


@attrs.frozen
class _Limits:
    """How many items and pages may still be read; None: all."""

    items: int | None = attrs.field(default=None, validator=_count)
    pages: int | None = attrs.field(default=None, validator=_count)

    def within(self, other: _Limits) -> _Limits:
        """Return what both of them allow."""
        return _Limits(_least(self.items, other.items), _least(self.pages, other.pages))

    def after(self, page: _Page[Any]) -> _Limits | None:
        """Return what is left after *page*, None if that is nothing."""
        items = self.items and self.items - len(page.items)
        pages = self.pages and self.pages - 1
        return None if 0 in {items, pages} else _Limits(items, pages)


def _least(one: int | None, other: int | None) -> int | None:
    return one if other is None else other if one is None else min(one, other)


class _Page(Generic[T]):
    """
    One page.

    Attributes:
        answer: The page as the operation returns it, with whatever it has beside the items.
        response: The same with its HTTP around it, or None if a function gave the page without.
    """

    def __init__(
        self, walk: Walk, ask: Callable[[Any], Any], turn: Any, answer: Any, limits: _Limits
    ) -> None:
        self._walk = walk
        self._ask = ask
        self._turn = turn
        self._limits = limits
        self.response: APIResponse[Any] | None = answer if isinstance(answer, APIResponse) else None
        self._answer = answer

    @property
    def answer(self) -> Any:
        return page_of(self._answer)

    @cached_property
    def items(self) -> list[T]:
        """
        The items on this page.

        Raises:
            APIError: There is something else where the items should be.
        """
        return list(self._walk.items_of(self._answer)[: self._limits.items])

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __bool__(self) -> bool:
        return True  # an empty page is one

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.answer!r}>"

    @cached_property
    def _following(self) -> tuple[Any, _Limits] | None:
        left = self._limits if self._limits == _Limits() else self._limits.after(self)
        if left is None:
            return None
        turn = self._walk.after(self._turn, self._answer)
        return None if turn is None else (turn, left)

    @property
    def has_next(self) -> bool:
        """
        Whether there is another page, which may be empty where servers do not say how many there are.

        Raises:
            APIError: The pages lead in a circle, or to another server.
        """
        return self._following is not None

    def _next(self) -> tuple[Any, _Limits]:
        if self._following is None:
            msg = "this is the last page; ask `has_next` before `next()`"
            raise ConfigurationError(msg)
        return self._following


class Page(_Page[T]):
    """One page; iterating gives its own items, `Pages` those of all."""

    def next(self) -> Page[T]:
        """
        Ask for the page after this one.

        Raises:
            ConfigurationError: There is none.
            APIError: The call failed.
        """
        turn, limits = self._next()
        return Page(self._walk, self._ask, turn, self._ask(turn), limits)


class AsyncPage(_Page[T]):
    """The asynchronous twin of `Page`; its items are there, so that it is iterated over as usual."""

    async def next(self) -> AsyncPage[T]:
        """Ask for the page after this one; see `Page.next`."""
        turn, limits = self._next()
        return AsyncPage(self._walk, self._ask, turn, await self._ask(turn), limits)


class _Pages(Generic[T_co]):
    def __init__(
        self, walk: Walk, ask: Callable[[Any], Any], limits: _Limits | None = None
    ) -> None:
        self._walk = walk
        self._ask = ask
        self._limits = limits or _Limits()

    def limit(self, *, max_items: int | None = None, max_pages: int | None = None) -> Self:
        """
        Return the same pages, of which not more is read.

        Args:
            max_items: Of all pages together; the last page is cut.
            max_pages: How many are asked for.

        Raises:
            ConfigurationError: One of them is no integer >= 1.
        """
        limits = _Limits(max_items, max_pages)
        return type(self)(self._walk, self._ask, self._limits.within(limits))


class Pages(_Pages[T_co]):
    """Pages to come; iterating gives the items of all, from the first on each time."""

    def first(self) -> Page[T_co]:
        """
        Ask for the first page.

        Raises:
            APIError: The call failed.
        """
        turn = self._walk.first
        return Page(self._walk, self._ask, turn, self._ask(turn), self._limits)

    def pages(self) -> Iterator[Page[T_co]]:
        """Iterate over the pages."""
        page = self.first()
        yield page
        while page.has_next:
            page = page.next()
            yield page

    def __iter__(self) -> Iterator[T_co]:
        return self._read(_items)

    def _read(self, read: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
        for page in self.pages():
            yield from read(page)

    def collect(self) -> list[T_co]:
        """Return the items of all pages."""
        return list(self)


class AsyncPages(_Pages[T_co]):
    """The asynchronous twin of `Pages`."""

    async def first(self) -> AsyncPage[T_co]:
        """Ask for the first page; see `Pages.first`."""
        turn = self._walk.first
        return AsyncPage(self._walk, self._ask, turn, await self._ask(turn), self._limits)

    def pages(self) -> AsyncIterator[AsyncPage[T_co]]:
        """Iterate over the pages."""
        return self._read(lambda page: (page,))

    def __aiter__(self) -> AsyncIterator[T_co]:
        return self._read(_items)

    def _read(self, read: Callable[[Any], Iterable[Any]]) -> AsyncIterator[Any]:
        return _AsyncReading(self.first, read)

    async def collect(self) -> list[T_co]:
        """Return the items of all pages."""
        return [item async for item in self]


def _items(page: _Page[T]) -> list[T]:
    return page.items


class _AsyncReading:
    """
    Iterates over what *read* makes of each page.

    An iterator, not a generator: nothing is left half-way when a caller stops.
    """

    def __init__(
        self,
        first: Callable[[], Awaitable[AsyncPage[Any]]],
        read: Callable[[Any], Iterable[Any]],
    ) -> None:
        self._ask: Callable[[], Awaitable[AsyncPage[Any]]] | None = first
        self._read = read
        self._page: AsyncPage[Any] | None = None
        self._left: Iterator[Any] = iter(())

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while True:
            for item in self._left:
                return item
            page, self._page = self._page, None
            if page is not None and page.has_next:
                self._ask = page.next
            ask, self._ask = self._ask, None
            if ask is None:
                raise StopAsyncIteration
            page = await ask()
            self._left = iter(self._read(page))
            self._page = page

    async def aclose(self) -> None:
        """End it, as generators do; there is nothing to let go."""
        self._ask, self._page, self._left = None, None, iter(())


@attrs.frozen
class Paging(Generic[T_co]):
    """
    What a method of a service that pages returns: a list of ``T``, not asked for yet.

    Attributes:
        walk: What leads from page to page.
    """

    walk: Any


def paginate(fetch: Callable[[Any], Any], way: Way) -> Pages[Any]:
    """
    Return the pages that *fetch* gets one by one.

    Args:
        fetch: Returns a page for a cursor, a number, an offset or a URL, as *way* says.
        way: `Cursor`, `Numbered`, `Offset` or `LinkHeader`.

    Raises:
        ConfigurationError: It is no function, or no way.
    """
    return Pages(*_fetching(fetch, way))


def async_paginate(fetch: Callable[[Any], Awaitable[Any]], way: Way) -> AsyncPages[Any]:
    """Return the pages that the asynchronous function *fetch* gets one by one; see `paginate`."""
    return AsyncPages(*_fetching(fetch, way))


def _fetching(fetch: Callable[[Any], Any], way: Way) -> tuple[Walk, Callable[[Any], Any]]:
    if not callable(fetch):
        msg = f"`fetch` must be a function of one argument, not {fetch!r}"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    if not isinstance(way, Way):
        msg = f"`way` must be a Cursor, Numbered, Offset or LinkHeader, not {way!r}"  # type: ignore[unreachable]
        raise ConfigurationError(msg)
    return way, partial(_fetch, fetch)


def _fetch(fetch: Callable[[Any], Any], turn: Any) -> Any:
    return fetch(turn.value)
