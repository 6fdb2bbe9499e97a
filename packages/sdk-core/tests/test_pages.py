"""Pages as their readers see them: page by page, item by item, within limits, in both colours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdk_core._links import next_link
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIError, APIResponseValidationError, ConfigurationError, NotFoundError
from sdk_core.operations import Pagination
from sdk_core.pagination import (
    Cursor,
    LinkHeader,
    Numbered,
    Offset,
    async_paginate,
    paginate,
)
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.services import operation

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

LIST = operation(
    "GET",
    "/things",
    query=["after"],
    pagination=Pagination(
        "cursor",
        ({"name": "after", "in": "parameters", "type": "cursor"},),
        {"results": "$.data", "nextCursor": "$.next"},
    ),
)
LINKED = operation("GET", "/things", query=["size"], pagination=Pagination("link"))


def in_colour(colour: str, url: str, use: Callable[[Any], Any], made: Any = LIST) -> Any:
    """Return what *use* makes of the pages of an operation; it is a coroutine in one colour."""
    if colour == "sync":
        with SyncClient(base_url=url, max_retries=0) as client:
            resource = SyncResource(client)
            return use(resource._turned(resource._pager(made, None, {})))

    async def main() -> Any:
        async with AsyncClient(base_url=url, max_retries=0) as client:
            later = AsyncResource(client)
            return await use(later._turned(later._pager(made, None, {})))

    return anyio.run(main)


def numbers(http: Http, pages: int, size: int = 2) -> Callable[[SimpleNamespace], list[bytes]]:
    """Answer with pages that count on."""

    def handle(sent: SimpleNamespace) -> list[bytes]:
        page = int(parse_qs(urlsplit(sent.line.split()[1]).query).get("after", ["0"])[0])
        body: dict[str, Any] = {"data": list(range(page * size, (page + 1) * size)), "total": 9}
        if page + 1 < pages:
            body["next"] = str(page + 1)
        return [http(json.dumps(body).encode(), x_page=page)]

    return handle


async def drained(iterator: Any) -> list[Any]:
    """Return all of an asynchronous iterator."""
    return [each async for each in iterator]


def test_a_page_has_items_and_leads_to_the_next(serve: Serve, http: Http, colour: str) -> None:
    """Beside the items it has all that the operation returns, and its HTTP."""
    server = serve(numbers(http, 2))

    def look(first: Any, second: Any) -> None:
        assert [0, 1] == first.items == list(first)
        assert (2, True, True) == (len(first), bool(first), first.has_next)
        assert (9, "0") == (first.answer["total"], first.response.headers["x-page"])
        assert ([2, 3], False) == (second.items, second.has_next)
        assert "<" + type(first).__name__ + " {'data': [0, 1]" in repr(first)
        with pytest.raises(ConfigurationError, match="last page; ask `has_next` before `next"):
            second._next()

    def use(pages: Any) -> Any:
        if colour == "sync":
            first = pages.first()
            return look(first, first.next())

        async def main() -> None:
            first = await pages.first()
            look(first, await first.next())

        return main()

    in_colour(colour, server.url, use)
    assert 2 == len(server.requests)


def test_a_page_may_be_left_twice(serve: Serve, http: Http) -> None:
    """Each time the next one is asked for; that is no circle."""
    server = serve(numbers(http, 3))
    with SyncClient(base_url=server.url) as client:
        resource = SyncResource(client)
        first = resource._turned(resource._pager(LIST, None, {})).first()
        assert [2, 3] == first.next().items == first.next().items
        assert [4, 5] == first.next().next().items
        assert not first.next().next().has_next


def test_pages_are_read_from_the_first_on_each_time(serve: Serve, http: Http, colour: str) -> None:
    """As often as one likes."""
    server = serve(numbers(http, 3))

    def use(pages: Any) -> Any:
        if colour == "sync":
            assert [0, 1, 2, 3, 4, 5] == list(pages) == pages.collect()
            return [page.items for page in pages.pages()]

        async def main() -> Any:
            assert [0, 1, 2, 3, 4, 5] == await drained(pages) == await pages.collect()
            return [page.items for page in await drained(pages.pages())]

        return main()

    assert [[0, 1], [2, 3], [4, 5]] == in_colour(colour, server.url, use)
    assert 9 == len(server.requests)


@pytest.mark.parametrize(
    ("limits", "items", "requests"),
    [
        ({"max_items": 1}, [0], 1),
        ({"max_items": 2}, [0, 1], 1),
        ({"max_items": 3}, [0, 1, 2], 2),
        ({"max_pages": 2}, [0, 1, 2, 3], 2),
        ({"max_items": 3, "max_pages": 1}, [0, 1], 1),
        ({"max_items": 99, "max_pages": 99}, [0, 1, 2, 3, 4, 5], 3),
        ({}, [0, 1, 2, 3, 4, 5], 3),
    ],
)
def test_no_more_is_asked_for_than_wanted(
    serve: Serve, http: Http, colour: str, limits: Any, items: list[int], requests: int
) -> None:
    """The last page is cut, and no page is asked for in vain."""
    server = serve(numbers(http, 3))
    found = in_colour(colour, server.url, lambda pages: pages.limit(**limits).collect())
    assert (items, requests) == (found, len(server.requests))


def test_a_limit_holds_for_single_pages_and_for_other_limits(serve: Serve, http: Http) -> None:
    """The narrower one counts."""
    server = serve(numbers(http, 3))
    with SyncClient(base_url=server.url) as client:
        resource = SyncResource(client)
        pages = resource._turned(resource._pager(LIST, None, {}))
        second = pages.limit(max_items=3).first().next()
        assert ([2], False) == (second.items, second.has_next)
        assert [0] == pages.limit(max_items=1).limit(max_items=5, max_pages=2).collect()
        assert [0, 1, 2, 3] == pages.limit(max_items=5).limit(max_pages=2).collect()


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "3"])
def test_a_limit_must_be_a_whole_number(value: Any) -> None:
    """Of at least one."""
    pages = paginate(lambda _: [], Cursor())
    with pytest.raises(ConfigurationError, match="`max_items` must be an integer >= 1"):
        pages.limit(max_items=value)
    with pytest.raises(ConfigurationError, match="`max_pages` must be an integer >= 1"):
        pages.limit(max_pages=value)


def test_an_error_comes_where_its_page_is_asked_for(serve: Serve, http: Http, colour: str) -> None:
    """What was read before stays read, and reading is over."""
    left = iter([http(b'{"data": [1], "next": "b"}'), http(b"{}", 404)])
    server = serve(lambda _: [next(left)])
    read: list[Any] = []

    def use(pages: Any) -> Any:
        if colour == "sync":
            for item in pages:
                read.append(item)  # noqa: PERF402  # it ends with an error
            return None

        async def main() -> None:
            async for item in pages:
                read.append(item)  # noqa: PERF401  # it ends with an error

        return main()

    with pytest.raises(NotFoundError):
        in_colour(colour, server.url, use)
    assert [1] == read


@pytest.mark.anyio
async def test_reading_may_be_ended_early(serve: Serve, http: Http) -> None:
    """And nothing is asked any more."""
    server = serve(numbers(http, 3))
    async with AsyncClient(base_url=server.url) as client:
        later = AsyncResource(client)
        reading: Any = aiter(later._turned(later._pager(LIST, None, {})).pages())
        assert [0, 1] == (await anext(reading)).items
        await reading.aclose()
        assert [] == await drained(reading)
    assert 1 == len(server.requests)


# Links in headers (RFC 8288).


def test_a_link_in_a_header_leads_on(serve: Serve, http: Http, colour: str) -> None:
    """Relative to its page; what it does not say of the query is kept."""

    def handle(sent: SimpleNamespace) -> list[bytes]:
        last = "page=2" in sent.line
        link = None if last else '</things?page=1>; rel="prev", <?page=2>; rel="last Next"'
        return [http(b"[3]" if last else b"[1, 2]", link=link)]

    server = serve(handle)
    assert [1, 2, 3] == in_colour(colour, server.url, lambda pages: pages.collect(), LINKED)
    assert "GET /things?page=2 HTTP/1.1" == server.requests[1].line


def test_a_link_in_a_header_leads_to_no_other_server(serve: Serve, http: Http) -> None:
    """Nor in a circle."""
    for link, words in (("https://evil.example.com/", "leads to https://evil"), ("?a=1", "back")):
        server = serve(lambda _, link=link: [http(b"[1]", link=f"<{link}>; rel=next")])
        with pytest.raises(APIResponseValidationError, match=words):
            in_colour("sync", server.url, lambda pages: pages.collect(), LINKED)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("<a>; rel=next", "a"),
        ('<a>; rel="next"', "a"),
        ('< a >;REL = "Next"', "a"),
        (', <a>; title="x, <b>; rel=next"; rel="prev",, <c>; rel="x next"', "c"),
        ('<a>; title="say \\"next\\""; rel="next"', "a"),
        ("<a,b>; rel=next", "a,b"),
        ("<a>; rel=prev; rel=next", None),
        ('<a>; rel="next"; anchor="#b"', None),
        ("<a>; rel=nextish", None),
        ("<a>; rel", None),
        ("a; rel=next", None),
        ("<a; rel=next", None),
        ('<a>; title="x; rel=next', None),
        ("", None),
    ],
)
def test_link_headers_are_read_as_the_rfc_says(header: str, target: str | None) -> None:
    """Quoted or not, in any case, whatever stands beside; the first `rel` counts."""
    assert target == next_link({"link": header})
    assert next_link({}) is None


@given(st.text(alphabet='<>;,="\\ \trelnxt', max_size=40))
def test_any_link_header_is_read_to_its_end(header: str) -> None:
    """Whatever a server writes."""
    found = next_link({"link": header})
    assert found is None or f"{found}" in header


# Any function.


def fetched(colour: str, fetch: Callable[[Any], Any], way: Any) -> Any:
    """Return the items of all pages that a function gets."""
    if colour == "sync":
        return paginate(fetch, way).collect()

    async def later(value: Any) -> Any:
        return fetch(value)

    async def main() -> Any:
        return await async_paginate(later, way).collect()

    return anyio.run(main)


def test_a_function_is_given_what_the_page_before_named(colour: str) -> None:
    """First nothing; a cursor may be a URL, and 0 is one."""
    pages = {None: {"items": [1], "next": 0}, 0: {"items": [2], "next": "x"}, "x": {"items": None}}
    assert [1, 2] == fetched(colour, pages.__getitem__, Cursor(following="$.next"))


def test_a_function_is_given_numbers(colour: str) -> None:
    """Until a page is empty."""
    pages = {1: ["a"], 2: ["b"], 3: []}
    assert ["a", "b"] == fetched(colour, pages.__getitem__, Numbered())
    assert ["b"] == fetched(colour, pages.__getitem__, Numbered(start=2))


def test_a_function_is_given_offsets(colour: str) -> None:
    """They grow by what came, not by what was asked for."""
    asked: list[int] = []

    def fetch(offset: int) -> Any:
        asked.append(offset)
        return {"data": [offset, offset + 1][: 5 - offset]}

    assert [0, 1, 2, 3, 4] == fetched(colour, fetch, Offset())
    assert [0, 2, 4, 5] == asked


@pytest.mark.parametrize(
    ("way", "last"),
    [
        (Numbered(pages="$.pages"), 2),
        (Numbered(total="$.total"), 2),
        (Offset(total="$.total"), 2),
        (Numbered(more="$.more"), 2),
        (Numbered(more=lambda page: page["more"]), 2),
        (Offset(total=lambda page: page["total"]), 2),
    ],
)
def test_a_page_may_say_where_the_end_is(way: Any, last: int) -> None:
    """So that no empty one is asked for."""
    asked: list[int] = []

    def fetch(value: int) -> Any:
        asked.append(value)
        number = len(asked)
        return {"results": [number, 0], "pages": 2, "total": 4, "more": number < 2}

    assert [1, 0, 2, 0] == paginate(fetch, way).collect()
    assert last == len(asked)


@pytest.mark.parametrize("items", ["$.a.b", "a.b", lambda page: page["a"]["b"], "$.a.*[*]"])
def test_items_are_where_one_says(items: Any) -> None:
    """By a path or a function."""
    pages = iter([{"a": {"b": [1, 2]}}, {"a": {"b": []}}])
    assert [1, 2] == paginate(lambda _: next(pages), Numbered(items=items)).collect()


def test_answers_with_their_http_are_opened(serve: Serve, http: Http) -> None:
    """Which is what links in headers need."""

    def handle(sent: SimpleNamespace) -> list[bytes]:
        more = "page" not in sent.line
        return [http(b'{"data": [1]}', link="<?page=2>; rel=next" if more else None)]

    server = serve(handle)
    with SyncClient(base_url=server.url) as client:
        raw = client.with_raw_response

        def fetch(url: str | None) -> Any:
            return raw.request("GET", "/things" if url is None else url.removeprefix(server.url))

        pages = paginate(fetch, LinkHeader())
        assert [1, 1] == pages.collect()
        assert pages.first().response is not None
    with pytest.raises(ConfigurationError, match="needs the headers of a page"):
        paginate(lambda _: [1], LinkHeader()).collect()


BROKEN: list[tuple[Callable[[Any], Any], Any, str]] = [
    (lambda _: {"items": [1], "next_cursor": "a"}, Cursor(), "leads back to one that was read"),
    (lambda _: [1], Numbered(), "comes again and again"),
    (lambda _: {"items": {}}, Cursor(), "has no list of items; say with `items`"),
    (lambda _: "abc", Cursor(), "has no list of items"),
    (lambda _: {"a": 1}, Cursor(items="$.a"), "has no list of items"),
]


@pytest.mark.parametrize(("fetch", "way", "words"), BROKEN)
def test_pages_that_do_not_end_or_are_none_are_an_error(
    fetch: Callable[[Any], Any], way: Any, words: str, colour: str
) -> None:
    """Instead of a loop without an end."""
    with pytest.raises(APIError, match=words):
        fetched(colour, fetch, way)


def test_an_error_has_the_answer_it_is_about(serve: Serve, http: Http) -> None:
    """Where there is one with HTTP around it."""
    server = serve(lambda _: [http(b'{"a": 1}', x_request_id="r-1")])
    with SyncClient(base_url=server.url) as client:
        raw = client.with_raw_response
        with pytest.raises(APIResponseValidationError, match="no list of items") as caught:
            paginate(lambda _: raw.request("GET", "/"), Cursor()).collect()
    assert "r-1" == caught.value.request_id


def ways() -> Iterator[tuple[Callable[[], Any], str]]:
    """What cannot be."""
    wrong: Any = 3
    yield lambda: paginate(wrong, Cursor()), "`fetch` must be a function of one argument, not 3"
    yield lambda: async_paginate(wrong, Cursor()), "`fetch` must be a function"
    yield lambda: paginate(lambda _: [], wrong), "`way` must be a Cursor, Numbered, Offset or"
    yield lambda: Cursor(following=wrong), "`following` must be a JSONPath or a function of a page"
    yield lambda: Cursor(items="$..a"), "`items` is "
    yield lambda: Numbered(total=wrong), "`total` must be a JSONPath"


@pytest.mark.parametrize(("make", "words"), [*ways()])
def test_what_is_no_way_is_refused(make: Callable[[], Any], words: str) -> None:
    """By its name, before anything is asked."""
    with pytest.raises(ConfigurationError, match=words):
        make()
