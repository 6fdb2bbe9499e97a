"""
Pages of results, under the names that openai's users know.

``client.files.list()`` is a page: its ``data``, the items of it and of all pages behind it when it
is iterated over, and `has_next_page`, `next_page_info`, `get_next_page` and `iter_pages`::

    for file in client.files.list(limit=100):  # as many requests as there are hundreds
        ...

`AsyncOpenAI` has ``await client.files.list()`` for one page, and ``async for`` over what it is
without ``await``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Generic, Self, TypeVar

import attrs

from sdk_core.models import BaseModel
from sdk_core.typing import NotGiven, not_given

from ._pages import AsyncPaginator
from ._turning import item_of

__all__ = [
    "AsyncConversationCursorPage",
    "AsyncCursorPage",
    "AsyncPage",
    "AsyncPaginator",
    "PageInfo",
    "SyncConversationCursorPage",
    "SyncCursorPage",
    "SyncPage",
]

T = TypeVar("T")
PageT = TypeVar("PageT", bound="_Page[Any]")


@attrs.frozen(kw_only=True)
class PageInfo:
    """
    How the next page is asked for.

    Attributes:
        params: The parameters of the query that change.
        url: Where it is, if elsewhere.
        json: The members of the body that change.
    """

    params: dict[str, Any] | NotGiven = not_given
    url: Any = not_given
    json: dict[str, Any] | NotGiven = not_given


class _Page(BaseModel, Generic[T]):
    # A slot, no field: it holds the client, and is neither compared nor pickled.
    __slots__ = ("_place",)

    data: list[T]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Return the name of the class for the items of one kind, of which a union has none."""
        (item,) = params
        return f"{cls.__name__}[{item.__name__ if isinstance(item, type) else '...'}]"

    def next_page_info(self) -> PageInfo | None:
        """Return how to ask for the next page, None where none is named."""
        return None

    def has_next_page(self) -> bool:
        """Return whether there may be another page."""
        return bool(self.data) and self.next_page_info() is not None

    def _next(self) -> Any:
        """Ask for the next page."""
        if self.next_page_info() is None:
            msg = "there is no next page; ask `has_next_page()` before `get_next_page()`"
            raise RuntimeError(msg)
        place = getattr(self, "_place", None)
        if place is None:
            msg = "this page was unpickled or made by hand, so it has no client; ask for it anew"
            raise RuntimeError(msg)
        return place.next(self).ask()

    def __copy__(self) -> Self:
        return self._placed(super().__copy__())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self._placed(super().__deepcopy__(memo))

    def _placed(self, page: Self) -> Self:
        if hasattr(self, "_place"):
            object.__setattr__(page, "_place", self._place)
        return page

    def __reduce__(self) -> Any:
        # The class is one that pydantic made for the items, and not to be found by its name.
        kinds = type(self).__pydantic_generic_metadata__
        origin, arguments = kinds["origin"], kinds["args"]
        if origin is None:
            return super().__reduce__()
        return _revived, (origin, arguments, self.__getstate__())


def _revived(origin: Any, arguments: Any, state: dict[Any, Any]) -> Any:
    kind = origin[arguments]
    page = kind.__new__(kind)
    page.__setstate__(state)
    return page


def of_list(kind: type[PageT], value: BaseModel) -> PageT:
    """Return *value*, an answer with ``data``, as a page of *kind*."""
    wanted: Any = kind
    sent = value.model_fields_set
    extra = {name: getattr(value, name) for name in type(value).model_fields if name in sent}
    extra |= value.model_extra or {}
    own = {name: extra.pop(name) for name in kind.model_fields if name in extra}
    # Some servers say null where there is nothing.
    own["data"] = own.get("data") or []
    page: PageT = wanted[item_of(type(value))].model_construct(**own)
    kept: Any = page.model_extra
    kept.update(extra)
    object.__setattr__(page, "_answered_as", value._request_id)  # noqa: SLF001  # one family
    return page


class _SyncPage(_Page[T], Generic[T]):
    def __iter__(self) -> Iterator[T]:  # type: ignore[override]  # items, not pydantic's fields
        for page in self.iter_pages():
            yield from page.data

    def iter_pages(self) -> Iterator[Self]:
        """
        Iterate over this page and those behind it.

        Raises:
            APIResponseValidationError: The pages lead in a circle.
        """
        page = self
        yield page
        while page.has_next_page():
            page = page.get_next_page()
            yield page

    def get_next_page(self) -> Self:
        """
        Ask for the next page.

        Raises:
            RuntimeError: There is none.
            APIResponseValidationError: It is one that was read before.
            APIError: The call failed.
        """
        page: Self = self._next()
        return page


class _AsyncPage(_Page[T], Generic[T]):
    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.iter_pages():
            for item in page.data:
                yield item

    async def iter_pages(self) -> AsyncIterator[Self]:
        """Iterate over this page and those behind it; see `SyncPage.iter_pages`."""
        page = self
        yield page
        while page.has_next_page():
            page = await page.get_next_page()
            yield page

    async def get_next_page(self) -> Self:
        """Ask for the next page; see `SyncPage.get_next_page`."""
        page: Self = await self._next()
        return page


class _ByItem(_Page[T], Generic[T]):
    has_more: bool | None = None

    def next_page_info(self) -> PageInfo | None:
        """Return how to ask for what follows the last item; None without an item that has an id."""
        cursor = getattr(self.data[-1], "id", None) if self.data else None
        return PageInfo(params={"after": cursor}) if cursor else None

    def has_next_page(self) -> bool:
        """Return whether there may be another page: the server does not say that there is none."""
        return self.has_more is not False and super().has_next_page()


class _ByLast(_ByItem[T], Generic[T]):
    last_id: str | None = None

    def next_page_info(self) -> PageInfo | None:
        """Return how to ask for what follows ``last_id``; None without one."""
        return PageInfo(params={"after": self.last_id}) if self.last_id else None


class SyncPage(_SyncPage[T], Generic[T]):
    """A list that comes in one page; iterating gives its items."""

    object: str | None = None


class AsyncPage(_AsyncPage[T], Generic[T]):
    """The asynchronous twin of `SyncPage`."""

    object: str | None = None


class SyncCursorPage(_ByItem[T], _SyncPage[T], Generic[T]):
    """A page behind which the next one is asked for by the ``id`` of its last item."""


class AsyncCursorPage(_ByItem[T], _AsyncPage[T], Generic[T]):
    """The asynchronous twin of `SyncCursorPage`."""


class SyncConversationCursorPage(_ByLast[T], _SyncPage[T], Generic[T]):
    """A page behind which the next one is asked for by its ``last_id``."""


class AsyncConversationCursorPage(_ByLast[T], _AsyncPage[T], Generic[T]):
    """The asynchronous twin of `SyncConversationCursorPage`."""
