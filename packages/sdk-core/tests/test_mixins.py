"""Mixins: what a service can do, over a real connection, in both colours."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import attrs
import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import (
    APIConnectionError,
    ConfigurationError,
    PollCancelledError,
    PollFailedError,
    PollTimeoutError,
)
from sdk_core.mixins import (
    ConfigMixin,
    DownloadMixin,
    FileMixin,
    GetMixin,
    ListMixin,
    SearchMixin,
    StaleVersionError,
    UploadMixin,
    Versioned,
    WaitMixin,
)
from sdk_core.models import BaseModel
from sdk_core.operations import Body, Pagination
from sdk_core.services import AsyncBaseService, BaseService, operation, service

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]
Call = Callable[..., Any]

BY_PAGE = Pagination(
    "page",
    ({"name": "page", "in": "parameters", "type": "page"},),
    {"results": "$.items", "numPages": "$.pages"},
)
IN_BODY = Pagination(
    "page",
    ({"name": "page", "in": "requestBody", "type": "page"},),
    {"results": "$.items", "numPages": "$.pages"},
)


class Model(BaseModel):
    """What is listed."""

    id: str
    status: str | None = None


class Page(BaseModel):
    """Several."""

    items: list[Model]
    pages: int = 1


class Config(BaseModel):
    """What is configured."""

    size: int


class Operations:
    """What the service below can do."""

    list_operation = operation(
        "GET", "/models", Page, query=["page", "per-page"], pagination=BY_PAGE
    )
    get_operation = operation("GET", "/models/{model_id}", Model)
    search_operation = operation(
        "POST", "/models/search", Page, body=Body(required=True), pagination=IN_BODY
    )
    search_sort = "order_by"
    download_operation = operation("GET", "/models/{model_id}/files/{name}", bytes)
    upload_operation = operation(
        "POST", "/models", Model, body=Body("multipart/form-data", "multipart")
    )
    upload_member = "archive"
    list_files_operation = operation(
        "GET", "/models/{model_id}/files", Page, query=["page"], pagination=BY_PAGE
    )
    upload_file_operation = operation(
        "PUT", "/models/{model_id}/files/{name}", Model, body=Body("*/*", "bytes")
    )
    delete_file_operation = operation("DELETE", "/models/{model_id}/files/{name}", None)
    get_config_operation = operation("GET", "/models/{model_id}/config", Config)
    update_config_operation = operation("PATCH", "/models/{model_id}/config", Config, body=Body())
    wait_operation = get_operation


class ModelsService(
    Operations,
    BaseService,
    ListMixin[Model],
    GetMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    UploadMixin[Model],
    FileMixin[Model],
    ConfigMixin[Config],
    WaitMixin[Model],
):
    """Reads as it looks."""


class AsyncModelsService(
    Operations,
    AsyncBaseService,
    ListMixin[Model],
    GetMixin[Model],
    SearchMixin[Model],
    DownloadMixin,
    UploadMixin[Model],
    FileMixin[Model],
    ConfigMixin[Config],
    WaitMixin[Model],
):
    """The same, awaited."""


class Client(SyncClient):
    """Blocks."""

    models = service(ModelsService)


class LaterClient(AsyncClient):
    """Is awaited."""

    models = service(AsyncModelsService)


@pytest.fixture
def call(colour: str) -> Call:
    """Return what calls a method of the service, in both colours."""

    def run(url: str, use: Callable[[Any], Any]) -> Any:
        if colour == "sync":
            with Client(base_url=url, max_retries=0) as client:
                return use(client.models)

        async def main() -> Any:
            async with LaterClient(base_url=url, max_retries=0) as client:
                return await use(client.models)

        return anyio.run(main)

    return run


def answers(http: Http, *bodies: Any, **headers: Any) -> Callable[[SimpleNamespace], list[bytes]]:
    """Answer with each in turn."""
    left = iter(bodies)
    return lambda _: [http(json.dumps(next(left)).encode(), **headers)]


def asked(server: SimpleNamespace) -> list[str]:
    """Return what the server was asked."""
    return [sent.line.removesuffix(" HTTP/1.1") for sent in server.requests]


def test_a_list_comes_page_by_page(serve: Serve, http: Http, call: Call) -> None:
    """Filters have their names in Python or on the wire; what is None is not sent."""
    first = {"items": [{"id": "a"}], "pages": 2}
    server = serve(answers(http, first, {"items": [{"id": "b"}], "pages": 2}))
    found = call(server.url, lambda m: m.list(per_page=1, page=None).collect())
    assert [Model(id="a"), Model(id="b")] == found
    assert ["GET /models?per-page=1", "GET /models?page=2&per-page=1"] == asked(server)


def test_one_thing_is_got(serve: Serve, http: Http, call: Call) -> None:
    """By what its path takes, which is escaped."""
    server = serve(answers(http, {"id": "a/b"}))
    assert Model(id="a/b") == call(server.url, lambda m: m.get("a/b"))
    assert ["GET /models/a%2Fb"] == asked(server)


def test_a_search_has_a_query_an_order_and_filters(serve: Serve, http: Http, call: Call) -> None:
    """All of them stay from page to page."""
    first = {"items": [{"id": "a"}], "pages": 2}
    server = serve(answers(http, first, {"items": []}))
    found = call(
        server.url,
        lambda m: m.search("x", sort=("-size", "id"), kinds=["chat"], owner=None).collect(),
    )
    assert [Model(id="a")] == found
    body = {"query": "x", "kinds": ["chat"], "order_by": "-size,id"}
    assert [body, {**body, "page": 2}] == [json.loads(sent.body) for sent in server.requests]


def test_a_search_may_be_for_anything(serve: Serve, http: Http, call: Call) -> None:
    """Without a query none is sent; one order is enough."""
    server = serve(answers(http, {"items": []}))
    call(server.url, lambda m: m.search(sort="id").first())
    assert {"order_by": "id"} == json.loads(server.requests[0].body)


def test_a_download_goes_on_where_it_was_cut(
    serve: Serve, http: Http, call: Call, tmp_path: Path
) -> None:
    """What has come is kept for the next time, and checked as a whole."""
    cut = iter([True, False])

    def handle(sent: SimpleNamespace) -> Iterator[bytes]:
        etag, kind = {"etag": '"1"', "accept_ranges": "bytes"}, "application/octet-stream"
        if next(cut):
            yield http(b"", content_type=kind, **{"content-length": 6}, **etag)
            yield b"abc"
            raise ConnectionAbortedError
        assert "bytes=3-" == sent.headers["range"]
        yield http(b"def", 206, kind, content_range="bytes 3-5/6", **etag)

    server = serve(handle)
    told: list[tuple[int, int | None]] = []
    whole = "sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721"
    load = lambda m: m.download(  # noqa: E731  # said twice
        "a",
        "weights.bin",
        to=tmp_path / "w",
        checksum=whole,
        progress=lambda *figures: told.append(figures),
    )
    with pytest.raises(APIConnectionError):
        call(server.url, load)
    assert tmp_path / "w" == call(server.url, load)
    assert b"abcdef" == (tmp_path / "w").read_bytes()
    assert (6, 6) == told[-1]
    assert {"GET /models/a/files/weights.bin"} == {*asked(server)}


def test_an_upload_is_a_form_with_a_file(serve: Serve, http: Http, call: Call) -> None:
    """The other members stand beside it."""
    server = serve(answers(http, {"id": "a"}))
    made = call(server.url, lambda m: m.upload(file=("a.zip", b"PK"), kind="chat", note=None))
    assert Model(id="a") == made
    sent = server.requests[0].body
    assert b'name="archive"; filename="a.zip"' in sent
    assert b'name="kind"\r\n\r\nchat' in sent
    assert b"note" not in sent


def test_files_are_listed_added_and_deleted(
    serve: Serve, http: Http, call: Call, tmp_path: Path
) -> None:
    """A body that is the file itself is read from where it lies."""
    (tmp_path / "f").write_bytes(b"abc")
    server = serve(answers(http, {"items": [{"id": "f"}]}, {"id": "f"}, None))
    assert [Model(id="f")] == call(server.url, lambda m: m.list_files("a").collect())
    assert Model(id="f") == call(server.url, lambda m: m.upload_file("a", "f", file=tmp_path / "f"))
    assert call(server.url, lambda m: m.delete_file("a", "f")) is None
    assert ["GET /models/a/files", "PUT /models/a/files/f", "DELETE /models/a/files/f"] == asked(
        server
    )
    assert b"abc" == server.requests[1].body


@attrs.define
class Settings:
    """A server that knows versions, and somebody else who changes them *times*."""

    http: Http
    times: int = 0
    version: int = 1

    def __call__(self, sent: SimpleNamespace) -> list[bytes]:
        """Answer."""
        if sent.line.startswith("PATCH"):
            if self.times:
                self.times -= 1
                self.version += 1
            match = sent.headers.get("if-match")
            if match is not None and match != f'"{self.version}"':
                return [self.http(b"{}", 412)]
            self.version += 1
        body = json.dumps({"size": self.version}).encode()
        return [self.http(body, etag=f'"{self.version}"')]


def test_a_configuration_has_a_version(serve: Serve, http: Http, call: Call) -> None:
    """With which it is changed only if nobody else did; without, in any case."""
    server = serve(Settings(http))
    read = call(server.url, lambda m: m.get_config("a"))
    assert Versioned(Config(size=1), '"1"') == read
    change = {"size": 7}
    changed = call(server.url, lambda m: m.update_config("a", changes=change, match=read))
    assert '"2"' == changed.etag
    for match in (read, '"1"'):
        with pytest.raises(StaleVersionError):
            call(
                server.url,
                lambda m, match=match: m.update_config("a", changes=change, match=match),
            )
    assert '"3"' == call(server.url, lambda m: m.update_config("a", changes=change)).etag
    assert ['"1"', '"1"', '"1"', None] == [
        sent.headers.get("if-match") for sent in server.requests if sent.line.startswith("PATCH")
    ]


def test_an_edit_begins_anew_when_another_was_faster(serve: Serve, http: Http, call: Call) -> None:
    """With what is there now, as often as it may; the last refusal is the error."""
    server = serve(Settings(http, times=2))
    edited = call(server.url, lambda m: m.edit_config("a", edit=lambda c: {"size": c.size + 1}))
    assert '"4"' == edited.etag
    assert [2, 3, 4] == [
        json.loads(sent.body)["size"] for sent in server.requests if sent.line.startswith("PATCH")
    ]
    busy = serve(Settings(http, times=9))
    with pytest.raises(StaleVersionError):
        call(busy.url, lambda m: m.edit_config("a", edit=lambda _: {}, attempts=2))
    assert 4 == len(busy.requests)


def test_something_is_waited_for(serve: Serve, http: Http, call: Call) -> None:
    """Until its state says that it is done; the server says when to come again."""
    states = [{"id": "a", "status": status} for status in ("queued", "running", "Succeeded")]
    server = serve(answers(http, *states, retry_after_ms=0))
    told: list[Any] = []
    done = call(server.url, lambda m: m.wait_for("a", interval=9, progress=told.append))
    assert "Succeeded" == done.status
    assert ["queued", "running", "Succeeded"] == [each.status for each in told]


def test_waiting_ends_without_it(serve: Serve, http: Http, call: Call) -> None:
    """When it failed, when time is over, and when it is cancelled; the error says how it stood."""
    server = serve(lambda _: [http(b'{"id": "a", "status": "failed"}')])
    with pytest.raises(PollFailedError, match="failed: failed; asked once") as failed:
        call(server.url, lambda m: m.wait_for("a"))
    assert Model(id="a", status="failed") == failed.value.last
    with pytest.raises(PollTimeoutError, match=r"not done after 0 s \(`timeout`\)"):
        call(server.url, lambda m: m.wait_for("a", failed=None, timeout=0))
    over = threading.Event()
    over.set()
    with pytest.raises(PollCancelledError, match="was cancelled; asked never"):
        call(server.url, lambda m: m.wait_for("a", cancel=over))
    later = threading.Event()
    with pytest.raises(PollCancelledError, match="was cancelled; asked once"):
        call(
            server.url,
            lambda m: m.wait_for(
                "a", failed=None, interval=30, cancel=later, progress=lambda _: later.set()
            ),
        )


REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda m: m.list(pgae=1), "GET /models takes no `pgae`; did you mean `page`?"),
    (lambda m: m.list(zzz=1), r"GET /models takes no `zzz`$"),
    (lambda m: m.list("a"), "GET /models takes nothing by position, not 1 values"),
    (lambda m: m.get("a", "b"), "takes `model_id` by position, not 2 values"),
    (lambda m: m.get(), "`model_id` is required"),
    (
        lambda m: m.upload_file("a", "f", file=b"", note="x"),
        "takes a file and nothing beside it, such as `note`",
    ),
    (lambda m: m.wait_for("a", interval=-1), "`interval` must be a number >= 0, not -1"),
    (lambda m: m.wait_for("a", intervall=1), "`intervall`"),
]


@pytest.mark.parametrize(("use", "words"), REFUSED)
def test_what_an_operation_does_not_take_is_refused(
    serve: Serve, http: Http, call: Call, use: Callable[[Any], Any], words: str
) -> None:
    """By its name, before anything is sent."""
    server = serve(answers(http))
    with pytest.raises(ConfigurationError, match=words.replace("?", r"\?")):
        call(server.url, use)
    assert [] == server.requests


def test_names_in_a_body_are_checked_where_they_are_known(colour: str) -> None:
    """As they are for operations that take several kinds of body."""
    body = Body(members=frozenset({"query", "kind"}))
    known = operation("POST", "/search", body=body, pagination=IN_BODY)

    class Known(BaseService, SearchMixin[Any]):
        search_operation = known

    class Bodyless(BaseService, UploadMixin[Any]):
        upload_operation = operation("POST", "/files")

    with SyncClient(base_url="http://localhost") as client:
        Known(client).search("x", kind="y")
        with pytest.raises(ConfigurationError, match="takes no `kinds`; did you mean `kind`"):
            Known(client).search("x", kinds="y")
        with pytest.raises(ConfigurationError, match="does not `sort`: there is no `search_sort`"):
            Known(client).search("x", sort="y")
        with pytest.raises(ConfigurationError, match="takes no file: it has no body"):
            Bodyless(client).upload(file=b"")


def test_a_service_without_what_its_mixins_need_cannot_be_made() -> None:
    """At run time too, whoever does not look at types is told the name."""

    class Incomplete(BaseService, SearchMixin[Any], DownloadMixin):
        search_operation = Operations.search_operation

    with (
        SyncClient(base_url="http://localhost") as client,
        pytest.raises(ConfigurationError, match="no `download_operation`, which Downloads needs"),
    ):
        Incomplete(client)  # type: ignore[abstract]  # what is refused
