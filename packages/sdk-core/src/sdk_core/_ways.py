"""Ways: how the pages that a function fetches follow each other; pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias
from urllib.parse import urljoin

import attrs

from ._links import next_link
from ._lookup import find, steps_of
from .errors import APIError, APIResponseValidationError, ConfigurationError
from .responses import APIResponse

Take: TypeAlias = "str | Callable[[Any], Any]"
"""Where something is on a page: a JSONPath of names and indexes, or a function of the page."""


def _is_take(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, str):
        steps_of(value, f"`{field.name}`")
    elif value is not None and not callable(value):
        msg = f"`{field.name}` must be a JSONPath or a function of a page, not {value!r}"
        raise ConfigurationError(msg)


def _take(take: Take | None, page: Any) -> Any:
    """Return what *take* leads to on *page*, None if there is nothing."""
    if take is None or callable(take):
        return take and take(page)
    steps = steps_of(take, "a path")
    found = find(page, steps)
    if None in steps:
        return found
    return found[0] if found else None


def page_of(answer: Any) -> Any:
    """Return the page that *answer* is, or has its HTTP around."""
    return answer.parse() if isinstance(answer, APIResponse) else answer


@attrs.frozen
class Fetch:
    """
    What one page is fetched with.

    Attributes:
        value: What the function gets.
        number: Which page it is, from 1.
        read: How many items came before it.
        met: The values of this reading, and the number of the page that each led to.
        before: The page before.
    """

    value: Any
    number: int = 1
    read: int = 0
    met: dict[str, int] = attrs.field(factory=dict, repr=False)
    before: Any = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class Way(ABC):
    """
    What the ways have in common.

    Args:
        items: Where the items of a page are. Default: the page itself, if it is a list, else what
            is called ``items``, ``data`` or ``results`` on it.
        more: Where a page says whether there is another; ``False`` ends the reading.
        start: What the function gets for the first page.
    """

    items: Take | None = attrs.field(default=None, validator=_is_take)
    more: Take | None = attrs.field(default=None, validator=_is_take)
    start: Any = None

    @property
    def first(self) -> Fetch:
        """What begins a reading."""
        return Fetch(self.start, met={repr(self.start): 1})

    def items_of(self, answer: Any) -> Sequence[Any]:
        """
        Return the items on the page that *answer* holds.

        Raises:
            APIError: There is something else where the items should be.
        """
        page = page_of(answer)
        found = page
        if self.items is not None:
            found = _take(self.items, page)
        elif not isinstance(page, list | tuple):
            named = (find(page, (name,)) for name in ("items", "data", "results"))
            found = next((each[0] for each in named if each), page)
        if found is None:
            return ()
        if not isinstance(found, list | tuple):
            what = "has no list of items; say with `items` where it is"
            raise _broken(what, answer)
        return found

    def after(self, fetch: Fetch, answer: Any) -> Fetch | None:
        """
        Return what to fetch after the page that *answer* to *fetch* holds, None if it is the last.

        Raises:
            APIError: The pages lead in a circle.
        """
        page = page_of(answer)
        if _take(self.more, page) is False:
            return None
        count = len(self.items_of(answer))
        value = self._following(fetch, answer, count)
        if value is None or value is False or value == "":
            return None
        number = fetch.number + 1
        if fetch.met.setdefault(repr(value), number) <= fetch.number:
            what = "leads back to one that was read before, so that reading would never end"
            raise _broken(what, answer)
        return Fetch(value, number, fetch.read + count, fetch.met, page)

    @abstractmethod
    def _following(self, fetch: Fetch, answer: Any, count: int) -> Any:
        """Return the value for the page after *answer*, which holds *count* items."""
        ...


@attrs.frozen(kw_only=True)
class Cursor(Way):
    """
    Each page names the next one: the function gets None, then what the page before named.

    Args:
        following: Where a page names the next one, by a cursor or its URL.
    """

    following: Take = attrs.field(default="$.next_cursor", validator=_is_take)

    def _following(self, fetch: Fetch, answer: Any, count: int) -> Any:  # noqa: ARG002  # one shape
        return _take(self.following, page_of(answer))


@attrs.frozen(kw_only=True)
class LinkHeader(Way):
    """
    The header ``Link`` leads to the next page (RFC 8288): the function gets None, then its URL.

    The function returns answers with their HTTP, as methods under ``with_raw_response`` do.
    """

    def _following(self, fetch: Fetch, answer: Any, count: int) -> Any:  # noqa: ARG002  # one shape
        if not isinstance(answer, APIResponse):
            msg = "`LinkHeader` needs the headers of a page; fetch it with `with_raw_response`"
            raise ConfigurationError(msg)
        link = next_link(answer.headers)
        return None if link is None else urljoin(answer.url, link)


@attrs.frozen(kw_only=True)
class Numbered(Way):
    """
    Pages have numbers: the function gets 1, 2, 3, until a page is empty.

    Args:
        pages: Where a page says how many there are.
        total: Where a page says how many items all pages have.
        start: The number of the first page.
    """

    pages: Take | None = attrs.field(default=None, validator=_is_take)
    total: Take | None = attrs.field(default=None, validator=_is_take)
    start: int = 1

    def _following(self, fetch: Fetch, answer: Any, count: int) -> Any:
        page = page_of(answer)
        pages, total = _take(self.pages, page), _take(self.total, page)
        over = pages is not None and fetch.number >= pages
        over = over or (total is not None and fetch.read + count >= total)
        if not count or over:
            return None
        if page == fetch.before:
            what = "comes again and again, whatever number is asked for"
            raise _broken(what, answer)
        return fetch.value + self._step(count)

    def _step(self, count: int) -> int:  # noqa: ARG002  # of items, for those that count them
        return 1


@attrs.frozen(kw_only=True)
class Offset(Numbered):
    """
    Items have numbers: the function gets how many there are before the page, until one is empty.

    Args:
        total: Where a page says how many items all pages have.
        start: The number of the first item.
    """

    start: int = 0

    def _step(self, count: int) -> int:
        return count


def _broken(what: str, answer: Any) -> APIError:
    msg = f"a page {what}"
    if not isinstance(answer, APIResponse):
        return APIError(msg, body=answer)
    response = answer._response  # noqa: SLF001  # one family
    return APIResponseValidationError(response, response.text, message=msg)
