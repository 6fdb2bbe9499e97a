"""Lists come as pages, which lead to those behind them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest

from sdk_core.operations import Operation
from sdk_inference_api.models import FileObject
from sdk_openai_compat import APIResponseValidationError, pagination
from sdk_openai_compat._turning import item_of
from sdk_openai_compat.pagination import (
    AsyncConversationCursorPage,
    AsyncCursorPage,
    AsyncPage,
    AsyncPaginator,
    PageInfo,
    SyncConversationCursorPage,
    SyncCursorPage,
    SyncPage,
)
from sdk_server.testing import RunningServer

from ._clients import Wire, connected, done, entered, items

pytestmark = pytest.mark.anyio

FILES = [
    {
        "id": f"file-{number}",
        "object": "file",
        "bytes": 1,
        "created_at": 1,
        "filename": "a",
        "purpose": "batch",
        "status": "processed",
    }
    for number in range(5)
]
IDS = [file["id"] for file in FILES]

PAGING = [
    ("batches.list", ()),
    ("chat.completions.list", ()),
    ("chat.completions.messages.list", ("c",)),
    ("conversations.items.list", ("c",)),
    ("files.list", ()),
    ("fine_tuning.jobs.list", ()),
    ("fine_tuning.jobs.list_events", ("j",)),
    ("fine_tuning.jobs.checkpoints.list", ("j",)),
    ("responses.input_items.list", ("r",)),
    ("vector_stores.list", ()),
    ("vector_stores.files.list", ("v",)),
    ("vector_stores.file_batches.list_files", ("b", "v")),
]
WHOLE = [
    ("models.list", (), {}),
    ("vector_stores.search", ("v",), {"query": "q"}),
    ("vector_stores.files.content", ("f", "v"), {}),
]


def listing(
    data: Sequence[dict[str, Any]], /, size: int = 2, **more: Any
) -> Callable[[httpx.Request], httpx.Response]:
    """Answer with pages of *data*, each of *size*; *more* stands on each of them."""

    def answer(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        start = 0 if after is None else [item["id"] for item in data].index(after) + 1
        found = data[start : start + size]
        told = {
            "object": "list",
            "data": found,
            "has_more": start + size < len(data),
            "first_id": found[0]["id"] if found else None,
            "last_id": found[-1]["id"] if found else None,
        }
        page = {name: value for name, value in {**told, **more}.items() if value is not Ellipsis}
        return httpx.Response(200, json=page, headers={"x-request-id": f"r-{start}"})

    return answer


def method_of(client: Any, path: str) -> Any:
    """Return the method of *client* at *path*."""
    for name in path.split("."):
        client = getattr(client, name)
    return client


def ids(found: Sequence[Any]) -> list[str]:
    """Return what the items are called."""
    return [item.id for item in found]


async def test_a_page_leads_to_the_items_of_all_pages(colour: str) -> None:
    """Iterating over it asks for the pages behind it, each by the last item, with all arguments."""
    wire = Wire(listing(FILES))
    page = await done(
        wire.client(colour).files.list(limit=2, purpose="batch", extra_headers={"X-A": "1"})
    )
    assert issubclass(type(page), SyncCursorPage if colour == "sync" else AsyncCursorPage)
    assert IDS[:2] == ids(page.data)
    assert isinstance(page.data[0], FileObject)
    assert (True, "list", "file-0", "file-1") == (
        page.has_more,
        page.object,
        page.first_id,
        page.last_id,
    )
    assert "r-0" == page._request_id
    assert IDS == ids(await items(page))
    assert [None, "file-1", "file-3"] == [each.url.params.get("after") for each in wire.requests]
    for request in wire.requests:
        assert ("2", "batch") == (request.url.params["limit"], request.url.params["purpose"])
        assert "1" == request.headers["x-a"]


async def test_pages_are_turned_one_by_one(colour: str) -> None:
    """`has_next_page`, `next_page_info` and `get_next_page`, as openai's users know them."""
    page = await done(Wire(listing(FILES)).client(colour).files.list())
    assert page.has_next_page() is True
    assert PageInfo(params={"after": "file-1"}) == page.next_page_info()
    following = await done(page.get_next_page())
    assert type(page) is type(following)
    assert IDS[2:4] == ids(following.data)
    last = await done(following.get_next_page())
    assert last.has_next_page() is False
    assert [IDS[:2], IDS[2:4], IDS[4:]] == [ids(p.data) for p in await items(page.iter_pages())]


async def test_behind_the_last_page_there_may_be_asked_again(colour: str) -> None:
    """`get_next_page` asks if there is something to ask with; who wants to know has `has_next_page`."""
    wire = Wire(listing(FILES, size=5))
    page = await done(wire.client(colour).files.list())
    empty = await done(page.get_next_page())
    assert [] == empty.data
    assert "file-4" == wire.requests[1].url.params["after"]
    assert empty.has_next_page() is False
    assert empty.next_page_info() is None
    with pytest.raises(RuntimeError, match="ask `has_next_page"):
        await done(empty.get_next_page())


@pytest.mark.parametrize("colour", ["asyncio", "trio"], indirect=True)
async def test_a_page_to_come_gives_all_items(colour: str) -> None:
    """`async for` without `await` reads all pages, and asks anew each time."""
    wire = Wire(listing(FILES))
    coming = wire.client(colour).files.list(limit=2)
    assert isinstance(coming, AsyncPaginator)
    assert not wire.requests
    assert IDS == ids(await items(coming)) == ids(await items(coming))
    assert 6 == len(wire.requests)


@pytest.mark.parametrize(("path", "given"), PAGING, ids=[path for path, _ in PAGING])
async def test_every_list_of_the_api_pages(colour: str, path: str, given: tuple[str, ...]) -> None:
    """By one mechanism; a cursor page everywhere but in conversations, which name their last item."""
    wire = Wire(listing([{"id": name} for name in IDS]))
    page = await done(method_of(wire.client(colour), path)(*given))
    kind = "ConversationCursorPage" if path.startswith("conversations") else "CursorPage"
    colours = "Sync" if colour == "sync" else "Async"
    assert isinstance(page, getattr(pagination, colours + kind))
    assert IDS == [item.id for item in await items(page)]
    assert [None, "file-1", "file-3"] == [each.url.params.get("after") for each in wire.requests]


@pytest.mark.parametrize(("path", "given", "named"), WHOLE, ids=[path for path, _, _ in WHOLE])
async def test_lists_that_come_whole_are_one_page(
    colour: str, path: str, given: tuple[str, ...], named: dict[str, Any]
) -> None:
    """Whatever they say about more."""
    wire = Wire(listing([{"id": name} for name in IDS], size=5, has_more=True, next_page="p2"))
    page = await done(method_of(wire.client(colour), path)(*given, **named))
    assert issubclass(type(page), SyncPage if colour == "sync" else AsyncPage)
    assert 5 == len(await items(page)) == len(page.data)
    assert ("list", "p2") == (page.object, page.next_page)
    assert page.has_next_page() is False
    assert page.next_page_info() is None
    assert 1 == len(wire.requests)


async def test_conversations_page_by_what_the_server_names(
    colour: str, server: RunningServer
) -> None:
    """Against a real server: as many items as were put in, in pages of two."""
    said: Any = [{"type": "message", "role": "user", "content": word} for word in "abcde"]
    async with entered(connected(colour, server)) as client:
        conversation = await done(client.conversations.create(items=said))
        page = await done(client.conversations.items.list(conversation.id, limit=2, order="asc"))
        kind = SyncConversationCursorPage if colour == "sync" else AsyncConversationCursorPage
        assert isinstance(page, kind)
        assert PageInfo(params={"after": page.last_id}) == page.next_page_info()
        texts = [item.content[0].text for item in await items(page)]
    assert ["a", "b", "c", "d", "e"] == texts


async def test_every_view_gives_pages(colour: str) -> None:
    """`with_raw_response` and `with_streaming_response`: `parse()` gives a page that leads on."""
    client = Wire(listing(FILES)).client(colour)
    raw = await done(client.files.with_raw_response.list())
    assert "r-0" == raw.headers["x-request-id"]
    assert IDS == ids(await items(raw.parse()))
    assert raw.parse() is raw.parse()
    async with entered(client.files.with_streaming_response.list()) as unread:
        assert IDS == ids(await items(await done(unread.parse())))
    outer = await done(client.with_raw_response.files.list())
    assert IDS == ids(await items(outer.parse()))


@pytest.mark.difference(
    "Pages",
    openai="A server that gives the same page again and again is asked for ever.",
    here="A page that leads back to one that was read raises `APIResponseValidationError`.",
)
async def test_pages_that_lead_in_a_circle_end(colour: str) -> None:
    """Where a server does not know `after`: with an error, when the page has been read."""
    data = FILES[:2]
    client = Wire(
        lambda _: httpx.Response(200, json={"object": "list", "data": data, "has_more": True})
    ).client(colour)
    page = await done(client.files.list())
    with pytest.raises(APIResponseValidationError, match="leads back to one that was read before"):
        await items(page)
    assert IDS[2:4] == ids(
        (await done(Wire(listing(FILES)).client(colour).files.list(after=IDS[1]))).data
    )


async def test_a_server_that_says_nothing_about_more_is_asked_for_it(colour: str) -> None:
    """Until a page is empty, as openai does."""
    wire = Wire(listing(FILES, has_more=...))
    page = await done(wire.client(colour).files.list())
    assert page.has_more is None
    assert IDS == ids(await items(page))
    assert 4 == len(wire.requests)


@pytest.mark.parametrize("data", [None, ...], ids=["null", "missing"])
async def test_a_list_of_nothing_is_an_empty_page(colour: str, data: Any) -> None:
    """Even if the server does not write it as a list."""
    page = await done(Wire(listing(FILES, data=data)).client(colour).files.list())
    assert [] == page.data == await items(page)
    assert page.has_next_page() is False


@pytest.mark.parametrize("last", [{}, {"id": None}, {"id": ""}])
async def test_without_an_identifier_there_is_no_next_page(
    colour: str, last: dict[str, Any]
) -> None:
    """Nothing could be asked for."""
    client = Wire(listing([{"id": "a"}, {"id": "b"}], has_more=True, data=[last])).client(colour)
    page = await done(client.files.list())
    assert page.next_page_info() is None
    assert page.has_next_page() is False
    with pytest.raises(RuntimeError, match="there is no next page"):
        await done(page.get_next_page())


async def test_an_answer_without_a_body_is_none(colour: str) -> None:
    """As with any other call."""
    page = await done(Wire(lambda _: httpx.Response(204)).client(colour).files.list())
    assert page is None


async def test_a_page_is_written_as_it_came(colour: str) -> None:
    """With all members, known or not; printing says what it is a page of."""
    page = await done(Wire(listing(FILES[:1], vendor={"a": 1})).client(colour).files.list())
    expected = {
        "object": "list",
        "data": FILES[:1],
        "has_more": False,
        "first_id": "file-0",
        "last_id": "file-0",
        "vendor": {"a": 1},
    }
    assert expected == page.to_dict()
    assert {"a": 1} == page.vendor
    prefix = "Sync" if colour == "sync" else "Async"
    assert repr(page).startswith(f"{prefix}CursorPage[FileObject](data=[FileObject(id='file-0'")


async def test_the_name_of_a_page_of_many_kinds_is_short(colour: str) -> None:
    """A union of thirty types is no name."""
    client = Wire(listing([{"id": "a", "type": "message"}])).client(colour)
    page = await done(client.conversations.items.list("c"))
    assert type(page).__name__.endswith("ConversationCursorPage[...]")


async def test_a_page_is_copied_with_its_way_on_and_pickled_without(colour: str) -> None:
    """What is pickled knows no client: asking for the next page says so."""
    page = await done(Wire(listing(FILES)).client(colour).files.list())
    for again in (copy.copy(page), copy.deepcopy(page), page.model_copy()):
        assert page == again
        assert IDS == ids(await items(again))
    revived = pickle.loads(pickle.dumps(page))
    assert (page, type(page)) == (revived, type(revived))
    assert revived.has_next_page() is True
    assert page.to_dict() == revived.to_dict()
    with pytest.raises(RuntimeError, match="has no client; ask for it anew"):
        await done(revived.get_next_page())
    copied = copy.copy(revived)
    assert page == copied
    plain = pickle.loads(pickle.dumps(pagination.SyncPage(data=[1])))
    assert [1] == plain.data


async def test_pages_of_conversations_are_pickled_too(colour: str) -> None:
    """Though their items are of a union."""
    client = Wire(listing([{"id": "a", "type": "message", "role": "user"}])).client(colour)
    page = await done(client.conversations.items.list("c"))
    assert page == pickle.loads(pickle.dumps(page))


async def test_large_pages_are_read_as_small_ones(colour: str) -> None:
    """When the faster way of decoding has taken over."""
    many = [{**FILES[0], "id": f"file-{number}"} for number in range(1000)]
    client = Wire(listing(many, size=400)).client(colour)
    found = await items(await done(client.files.list()))
    assert [item["id"] for item in many] == ids(found)
    assert {FileObject} == {type(item) for item in found}
    assert [*many[:2], many[-1]] == [item.to_dict() for item in (*found[:2], found[-1])]


@pytest.mark.parametrize("strict", [False, True])
async def test_a_page_that_is_none_is_refused(colour: str, strict: bool) -> None:
    """By lenient clients too: there is nothing to iterate over."""
    wire = Wire(listing(FILES, data={"a": 1}))
    client = wire.client(colour, _strict_response_validation=strict)
    with pytest.raises(APIResponseValidationError, match="no valid FileList"):
        await done(client.files.list())


def test_the_items_of_a_page_are_those_of_the_generated_list() -> None:
    """Of each operation that pages: the type is read from the document's model."""
    from sdk_inference_api.operations import files  # noqa: PLC0415  # beside the test

    wanted: Operation[Any] = files.LIST_FILES
    (content,) = wanted.responses["200"]
    assert content.type is not None
    assert FileObject is item_of(content.type.resolve())
