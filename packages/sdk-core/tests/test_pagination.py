"""Iteration over pages, over real connections and by hand."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import anyio
import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from sdk_core._pagination import Pager, Turn
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIResponseValidationError, ConfigurationError, NotFoundError
from sdk_core.models import BaseModel
from sdk_core.operations import Body, Content, Operation, Pagination, Parameter, Ref, SecurityScheme
from sdk_core.resources import AsyncResource, SyncResource
from sdk_core.responses import APIResponse
from sdk_core.testing import request, response
from sdk_core.typing import not_given, omit

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
BASE = "https://api.example.com/v1"


class Thing(BaseModel):
    """An item."""

    id: int


class Page(BaseModel):
    """A page whose members are called differently in Python."""

    data: list[Thing]
    next_: str | None = Field(None, alias="next")


@attrs.frozen
class Call:
    """How the tests read: in one colour, from one server."""

    colour: str

    def all(self, url: str, operation: Operation[Any], how: str, *given: Any, **more: Any) -> Any:
        """Return all that iterating gives."""
        if self.colour == "sync":
            with SyncClient(base_url=url, max_retries=0) as client:
                return list(
                    getattr(SyncResource(client, more.pop("mode", None)), how)(
                        operation, *given, **more
                    )
                )

        async def run() -> Any:
            async with AsyncClient(base_url=url, max_retries=0) as client:
                resource = AsyncResource(client, more.pop("mode", None))
                return [item async for item in getattr(resource, how)(operation, *given, **more)]

        return anyio.run(run)


@pytest.fixture
def call(colour: str) -> Call:
    """Read in both colours."""
    return Call(colour)


def operation(
    pagination: Pagination | None, *, ref: Ref | None = None, **more: Any
) -> Operation[Any]:
    """Return an operation that answers with JSON."""
    more.setdefault(
        "parameters", (Parameter("after_", "after", "query"), Parameter("size", "limit", "query"))
    )
    json_ = Content("application/json", "json", ref)
    return Operation(
        "listThings", "GET", "/things", responses={"200": (json_,)}, pagination=pagination, **more
    )


def inputs(
    kind: str, name: str, *, where: str = "parameters", **more: str
) -> tuple[Mapping[str, str], ...]:
    """Return one input and a limit."""
    limit = {"name": "limit", "in": where, "type": "limit"}
    return {"name": name, "in": where, "type": kind, **more}, limit


CURSOR = Pagination(
    "cursor", inputs("cursor", "after"), {"results": "$.data", "nextCursor": "$.next"}
)


def query(sent: SimpleNamespace) -> dict[str, str]:
    """Return the query of a request as the server saw it."""
    found = parse_qs(urlsplit(sent.line.split()[1]).query)
    return {name: values[0] for name, values in found.items()}


def pages(http: Http, *answers: object) -> Callable[[SimpleNamespace], list[bytes]]:
    """Answer with one after the other."""
    left = iter(answers)
    return lambda _: [http(json.dumps(next(left)).encode())]


def test_a_cursor_leads_to_the_next_page(serve: Serve, http: Http, call: Call) -> None:
    """It is found by its name on the wire and sent as the argument that the document names."""
    first = {"data": [{"id": 1}, {"id": 2}], "next": "b"}
    server = serve(pages(http, first, {"data": [{"id": 3}], "next": None}))
    found = call.all(server.url, operation(CURSOR, ref=Ref.to(Page)), "_iterate", {"size": 2})
    assert [Thing(id=1), Thing(id=2), Thing(id=3)] == found
    assert [{"limit": "2"}, {"limit": "2", "after": "b"}] == [query(r) for r in server.requests]


def test_pages_are_what_a_call_returns(serve: Serve, http: Http, call: Call) -> None:
    """Each is read as the operation's type."""
    answers = {"data": [], "next": "b"}, {"data": [{"id": 1}], "next": ""}
    server = serve(pages(http, *answers))
    found = call.all(server.url, operation(CURSOR, ref=Ref.to(Page)), "_pages")
    assert [Page(data=[], next="b"), Page(data=[Thing(id=1)], next="")] == found


def test_raw_pages_have_their_http_around_them(serve: Serve, http: Http, call: Call) -> None:
    """Under ``with_raw_response`` pages are responses; items stay items."""
    answers = {"data": [1], "next": "b"}, {"data": [2]}
    server = serve(pages(http, *answers, *answers))
    found = call.all(server.url, operation(CURSOR), "_pages", mode="raw")
    assert [(200, answers[0]), (200, answers[1])] == [(r.status_code, r.parse()) for r in found]
    assert [1, 2] == call.all(server.url, operation(CURSOR), "_iterate", mode="raw")


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_stopping_half_way_leaves_nothing(serve: Serve, http: Http, backend: str) -> None:
    """No warning about a generator that nobody closed, in either kind of loop."""
    server = serve(pages(http, {"data": [1, 2], "next": "b"}))

    async def run() -> None:
        async with AsyncClient(base_url=server.url) as client:
            async for _ in AsyncResource(client)._iterate(operation(CURSOR)):
                break
            gc.collect()

    anyio.run(run, backend=backend)


def test_an_error_ends_it(serve: Serve, http: Http) -> None:
    """It is that of the call; whoever goes on is not sent round and round."""
    server = serve(lambda _: [http(b"{}", 404)])

    async def run() -> None:
        async with AsyncClient(base_url=server.url) as client:
            things = AsyncResource(client)._iterate(operation(CURSOR))
            with pytest.raises(NotFoundError):
                await anext(things)
            assert [] == [item async for item in things]

    anyio.run(run)


@pytest.mark.parametrize("kind", [SyncResource, AsyncResource])
def test_pages_are_not_streamed(kind: Any) -> None:
    """A page must be read to know the next one, and the error says so at once."""
    with pytest.raises(ConfigurationError, match="with_streaming_response"):
        kind(SyncClient(base_url=BASE), "streaming")._iterate(operation(CURSOR))


def test_nothing_is_sent_before_it_is_asked_for(serve: Serve, http: Http) -> None:
    """The next page is asked for when the last item of this one has been taken, not before."""
    server = serve(pages(http, {"data": [1, 2], "next": "b"}, {"data": [3]}))
    with SyncClient(base_url=server.url) as client:
        things = SyncResource(client)._iterate(operation(CURSOR))
        assert 0 == len(server.requests)
        assert [1, 2] == [next(things), next(things)]
        assert 1 == len(server.requests)
        things.close()  # type: ignore[attr-defined]  # it is a generator
        assert [] == list(things)
    assert 1 == len(server.requests)


def test_nothing_is_awaited_before_it_is_asked_for(serve: Serve, http: Http) -> None:
    """The same, awaited; an iterator that is closed asks no more."""
    server = serve(pages(http, {"data": [1, 2], "next": "b"}, {"data": [3]}))

    async def run() -> None:
        async with AsyncClient(base_url=server.url) as client:
            things = AsyncResource(client)._iterate(operation(CURSOR))
            assert 0 == len(server.requests)
            assert [1, 2] == [await anext(things), await anext(things)]
            await things.aclose()  # type: ignore[attr-defined]  # as of generators
            assert [] == [item async for item in things]

    anyio.run(run)
    assert 1 == len(server.requests)


def test_a_cursor_that_comes_back_is_an_error(serve: Serve, http: Http, call: Call) -> None:
    """Instead of a loop without an end, even one over several pages."""
    answers = [{"data": [1], "next": cursor} for cursor in ("b", "c", "b")]
    server = serve(pages(http, *answers))
    with pytest.raises(APIResponseValidationError, match="listThings leads back"):
        call.all(server.url, operation(CURSOR), "_iterate")


def test_the_first_cursor_counts_too(serve: Serve, http: Http, call: Call) -> None:
    """A server that takes no notice of the cursor is found out with its first page."""
    server = serve(pages(http, {"data": [1], "next": "a"}))
    with pytest.raises(APIResponseValidationError, match="never end"):
        call.all(server.url, operation(CURSOR), "_iterate", {"after_": "a"})


def test_an_offset_grows_by_what_came(serve: Serve, http: Http, call: Call) -> None:
    """Not by what was asked for: a server may give less; an empty page is the last one."""
    paging = Pagination("offsetLimit", inputs("offset", "offset"), {"results": "$.data"})
    offset = (Parameter("offset", "offset", "query"), Parameter("limit", "limit", "query"))
    server = serve(pages(http, {"data": [1, 2]}, {"data": [3]}, {"data": []}))
    wanted = operation(paging, parameters=offset)
    assert [1, 2, 3] == call.all(server.url, wanted, "_iterate", {"offset": 4, "limit": 9})
    assert ["4", "6", "7"] == [query(r)["offset"] for r in server.requests]


def test_a_page_number_grows_until_an_empty_page(serve: Serve, http: Http, call: Call) -> None:
    """Pages count from 1, and the first one is not asked for by its number."""
    paging = Pagination("page", inputs("page", "page"), {"results": "$.data"})
    server = serve(pages(http, {"data": [1]}, {"data": [2]}, {}))
    assert [1, 2] == call.all(server.url, operation(paging), "_iterate")
    assert [{}, {"page": "2"}, {"page": "3"}] == [query(r) for r in server.requests]


@pytest.mark.parametrize(("default", "asked"), [("1", ["2", "3"]), ("0", ["1", "2"])])
def test_the_number_of_pages_ends_them(
    serve: Serve, http: Http, call: Call, default: str, asked: list[str]
) -> None:
    """Without a request for one that cannot be there, whatever the first page is called."""
    outputs = {"results": "$.data", "numPages": "$.meta.pages"}
    paging = Pagination("page", inputs("page", "page", default=default), outputs)
    server = serve(pages(http, *({"data": [n], "meta": {"pages": 3}} for n in range(3))))
    assert [0, 1, 2] == call.all(server.url, operation(paging), "_iterate")
    assert asked == [query(r)["page"] for r in server.requests[1:]]


def test_the_body_carries_the_page(serve: Serve, http: Http, call: Call) -> None:
    """Where the input is in the request body, its other members stay."""
    paging = Pagination("page", inputs("page", "page", where="requestBody"), {"results": "$.data"})
    server = serve(pages(http, {"data": [1]}, {"data": []}))
    wanted = attrs.evolve(operation(paging, body=Body()), method="POST")
    assert [1] == call.all(server.url, wanted, "_iterate", body={"q": "x", "page": omit})
    assert [{"q": "x"}, {"q": "x", "page": 2}] == [json.loads(r.body) for r in server.requests]


@pytest.mark.parametrize(
    "link", ["?page=2&q=a", "/v1/things?page=2&q=a", "{url}/v1/things?page=2&q=a#top"]
)
def test_a_link_leads_to_the_next_page(serve: Serve, http: Http, call: Call, link: str) -> None:
    """Absolute or relative; what the link does not say of the client's own query is added."""
    paging = Pagination("url", (), {"results": "$.data", "nextUrl": "$.next"})
    answers: list[dict[str, Any]] = [{"data": [1]}, {"data": [2]}]
    server = serve(pages(http, *answers))
    answers[0]["next"] = link.replace("{url}", server.url)
    parameters = (Parameter("q", "q", "query"), Parameter("h", "X-H", "header"))
    wanted = operation(paging, parameters=parameters)
    found = call.all(f"{server.url}/v1?version=1", wanted, "_iterate", {"q": "a b", "h": "1"})
    assert [1, 2] == found
    lines = [sent.line.split()[1] for sent in server.requests]
    assert ["/v1/things?version=1&q=a+b", "/v1/things?page=2&q=a&version=1"] == lines
    assert ["1", "1"] == [sent.headers["x-h"] for sent in server.requests]


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (
            "https://evil.example.com/?page=2",
            r"leads to https://evil\.example\.com:443; only http://127",
        ),
        ("//evil.example.com/", "leads to http://evil"),
        ("http://[::1", "whose address is none"),
        ("http://x:port/", "whose address is none"),
        (7, "whose address is none"),
    ],
)
def test_a_link_to_another_server_is_an_error(
    serve: Serve, http: Http, call: Call, link: object, reason: str
) -> None:
    """Credentials stay where they belong; the error names the place."""
    paging = Pagination("url", (), {"results": "$.data", "nextUrl": "$.next"})
    server = serve(pages(http, {"data": [1], "next": link}))
    with pytest.raises(APIResponseValidationError, match=reason):
        call.all(server.url, operation(paging), "_iterate")
    assert 1 == len(server.requests)


def test_the_user_of_a_link_is_not_followed() -> None:
    """Of a link only path and query count; the rest is the client's."""
    paging = Pagination("url", (), {"results": "$.data", "nextUrl": "$.next"})
    turn = after(paging, {"data": [], "next": "https://me:pw@API.example.com:443/v1/x?p=2"})
    assert turn is not None
    assert f"{BASE}/x?p=2" == turn.url


_PIECES = [
    *("https:", "http:", "//", "/", "\\", "@", ":", ":443", ":80", "#", "?", ".", "..", "%2f", ";"),
    *("api.example.com", "API.example.com", "evil.com", "user", " ", "\t", "[", "]", "é", "\u3002"),
]


@given(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=8).map("".join))
def test_no_link_leads_the_engine_elsewhere(link: str) -> None:
    """Whatever a server writes, httpx connects to the client's own server."""
    paging = Pagination("url", (), {"results": "$.data", "nextUrl": "$.next"})
    with suppress(APIResponseValidationError, httpx.InvalidURL):
        turn = after(paging, {"data": [], "next": link})
        assert turn is not None
        url = httpx.URL(turn.url or "")
        assert ("https", "api.example.com", None) == (url.scheme, url.host, url.port)


def test_a_link_keeps_the_key_in_the_query(serve: Serve, http: Http) -> None:
    """The credential is put on every page, once, even where the link repeats it."""

    class Keyed(SyncClient):
        security_schemes: ClassVar = {"k": SecurityScheme("apiKey", location="query", name="q")}

    paging = Pagination("url", (), {"results": "$.data", "nextUrl": "$.next"})
    answers: Any = (
        {"data": [1], "next": "?p=2"},
        {"data": [2], "next": "?p=3&q=canary"},
        {"data": []},
    )
    server = serve(pages(http, *answers))
    with Keyed(base_url=server.url, credential="canary") as client:
        list(SyncResource(client)._iterate(operation(paging)))
    asked = [sent.line.split()[1].partition("?")[2] for sent in server.requests]
    assert ["q=canary", "p=2&q=canary", "p=3&q=canary"] == asked


# By hand: a pager is pure.


def pager(paging: Pagination | None, arguments: Any = None, **options: Any) -> Pager:
    """Return a pager."""
    body = Body() if "body" in options or "extra_body" in options else None
    return Pager(operation(paging, body=body), arguments, options, BASE)  # type: ignore[arg-type]  # options of any kind


def answer(page: object) -> APIResponse[Any]:
    """Return a response that holds *page*."""
    content = response(json=page, request=request(f"{BASE}/things?a=1"))
    return APIResponse(content, lambda _: page)


def after(paging: Pagination, *read: object, arguments: Any = None, **options: Any) -> Turn | None:
    """Return what follows the pages that were *read*."""
    made = pager(paging, arguments, **options)
    turn: Turn | None = made.first
    for page in read:
        assert turn is not None
        turn = made.after(turn, answer(page))
    return turn


@pytest.mark.parametrize("more", [False, True, None])
def test_a_page_may_say_that_it_is_the_last(more: object) -> None:
    """``hasMore`` ends it, even where there is a cursor."""
    outputs = {"results": "$.data", "nextCursor": "$.data[-1].id", "hasMore": "$.more"}
    paging = Pagination("cursor", inputs("cursor", "after"), outputs)
    turn = after(paging, {"data": [{"id": "x"}], "more": more})
    assert (more is False) == (turn is None)
    assert turn is None or turn.arguments == {"after_": "x"}


@pytest.mark.parametrize("end", [None, "", False])
def test_no_cursor_is_the_end(end: object) -> None:
    """However a server writes that there is none; 0 is one."""
    assert after(CURSOR, {"data": [1], "next": end}) is None
    assert after(CURSOR, {"data": []}) is None
    assert after(CURSOR, {"data": [1], "next": 0}) is not None


def test_the_same_page_again_is_an_error() -> None:
    """A server that takes no notice of the number would be read for ever."""
    paging = Pagination("page", inputs("page", "page"), {"results": "$.data"})
    with pytest.raises(APIResponseValidationError, match="again, whatever `page` is asked for"):
        after(paging, {"data": [1]}, {"data": [1]})


def test_a_list_without_a_frame_is_a_page() -> None:
    """Without ``results`` the answer itself is the list."""
    paging = Pagination("offsetLimit", inputs("offset", "offset"))
    turn = after(paging, [1, 2])
    assert turn == Turn({}, {"extra_query": {"offset": 2}})
    assert after(paging, []) is None
    assert [1] == list(pager(paging).items_of(answer([1])))


def test_a_wildcard_finds_the_items_themselves() -> None:
    """Wherever they are."""
    made = pager(Pagination("page", inputs("page", "page"), {"results": "$.groups[*].ids[*]"}))
    page = answer({"groups": [{"ids": [1, 2]}, {"ids": []}, {"ids": [3]}]})
    assert [1, 2, 3] == made.items_of(page)


@pytest.mark.parametrize(
    ("outputs", "page", "reason"),
    [
        ({}, {"a": [1]}, "does not say where the `results` are"),
        ({"results": "$.data"}, {"data": {"a": 1}}, r"no list at `\$\.data`"),
        ({"results": "$.data"}, {"data": "abc"}, r"no list at `\$\.data`"),
    ],
)
def test_items_that_are_not_there_are_an_error(outputs: Any, page: object, reason: str) -> None:
    """The error says where they were looked for; also where their number is needed."""
    paging = Pagination("page", inputs("page", "page"), outputs)
    with pytest.raises(APIResponseValidationError, match=reason):
        pager(paging).items_of(answer(page))
    with pytest.raises(APIResponseValidationError, match=reason):
        after(paging, page)


@pytest.mark.parametrize(("given_", "offset"), [(5, 15), (None, 17)])
def test_without_items_an_offset_grows_by_the_limit(given_: object, offset: int) -> None:
    """What was asked for, or what the server takes by itself; the end is for the page to say."""
    more = {"name": "limit", "in": "parameters", "type": "limit", "default": "7"}
    first = {"name": "after", "in": "parameters", "type": "offset"}
    paging = Pagination("offsetLimit", (first, more), {"hasMore": "$.more"})
    turn = after(paging, {"more": True}, arguments={"after_": 10, "size": given_})
    assert turn is not None
    assert offset == turn.arguments["after_"]
    bare = attrs.evolve(paging, inputs=(first,))
    with pytest.raises(APIResponseValidationError):
        after(bare, {"more": True})


@pytest.mark.parametrize("value", ["x", 1.5j, [1], True, float("inf")])
def test_a_number_must_be_one(value: object) -> None:
    """What cannot be counted on is refused by its name; text that is a number is one."""
    paging = Pagination("page", inputs("page", "after"))
    with pytest.raises(ConfigurationError, match="`after` must be an integer"):
        after(paging, [1], arguments={"after_": value})
    turn = after(paging, [1], arguments={"after_": "3"})
    assert turn is not None
    assert 4 == turn.arguments["after_"]


def test_a_value_stays_where_it_was_given() -> None:
    """What ``extra_query`` and ``extra_body`` hold would win over anything else."""
    paging = Pagination("page", inputs("page", "after"))
    turn = after(paging, [1], extra_query={"after": 4, "b": 1}, arguments={"after_": not_given})
    assert turn is not None
    assert {"after": 5, "b": 1} == turn.options["extra_query"]
    assert {"after_": not_given} == turn.arguments
    paging = Pagination("page", inputs("page", "page", where="requestBody"))
    turn = after(paging, [1], extra_body={"page": 4, "b": 1}, body={"page": 9})
    assert turn is not None
    assert {"extra_body": {"page": 5, "b": 1}, "body": {"page": 9}} == turn.options


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        (omit, {"page": 2}),
        (None, {"page": 2}),
        (Page(data=[], next="a"), {"data": [], "next": "a", "page": 2}),
    ],
)
def test_a_body_that_is_no_mapping_becomes_one(body: object, sent: object) -> None:
    """A model is sent as what it stands for, with the number of the page."""
    paging = Pagination("page", inputs("page", "page", where="requestBody"))
    turn = after(paging, [1], body=body)
    assert turn is not None
    assert sent == turn.options["body"]


@pytest.mark.parametrize(
    "paging",
    [
        None,
        Pagination("cursor", inputs("cursor", "after"), {"results": "$.data"}),
        Pagination("url", (), {"results": "$.data"}),
        Pagination("page", ({"in": "parameters", "type": "page"},)),
    ],
)
def test_an_operation_that_does_not_page_says_so(paging: Pagination | None) -> None:
    """Before anything is sent."""
    with pytest.raises(ConfigurationError, match=r"listThings (does not page|cannot be followed)"):
        pager(paging)
