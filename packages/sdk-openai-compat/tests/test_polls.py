"""Helpers that wait: for files, for those of vector stores, for batches of them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_core.errors import PollTimeoutError
from sdk_core.polling import Pace
from sdk_core.typing import omit
from sdk_openai_compat import APIConnectionError, BadRequestError, ConfigurationError
from sdk_openai_compat._waiting import in_milliseconds, pace

from ._clients import Wire, done

pytestmark = pytest.mark.anyio


class Store:
    """A server whose files are in work for as many questions as there are states."""

    def __init__(self, states: Sequence[str] = ("completed",), refused: str = "") -> None:
        self.states = list(states)
        self.refused = refused
        self.calls: list[str] = []
        self.bodies: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, and keep what was sent."""
        path = request.url.path.removeprefix("/v1/")
        self.calls.append(f"{request.method} {path}")
        if path == "files" and request.method == "POST":
            name = request.content.partition(b'filename="')[2].partition(b'"')[0].decode()
            if name == self.refused:
                return httpx.Response(400, json={"error": {"message": f"no {name}"}})
            return httpx.Response(200, json={"id": f"file-{name}", "object": "file"})
        if request.method == "POST":
            self.bodies.append(json.loads(request.content))
            id_ = "batch-1" if path.endswith("batches") else "file-a"
            return httpx.Response(200, json={"id": id_, "status": "in_progress"})
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        counts = {"in_progress": int(state == "in_progress"), "completed": 1, "total": 2}
        return httpx.Response(
            200,
            json={"id": "it", "status": state, "file_counts": counts},
            headers={"openai-poll-after-ms": "1"},
        )

    def client(self, colour: str) -> Any:
        """Return a client of this server."""
        return Wire(self).client(colour, max_retries=0)


def test_half_an_hour_is_the_most_that_is_waited_by_default() -> None:
    """A second between two requests, unless the server says otherwise."""
    assert Pace(interval=1, max_interval=1, backoff=1, jitter=0, timeout=1800).timeout == 1800
    assert {
        "interval": 1.0,
        "max_interval": 1.0,
        "backoff": 1.0,
        "jitter": 0.0,
        "timeout": 1800,
    } == pace(omit, omit)
    assert None is pace(omit, None)["timeout"]
    assert 0.25 == pace(in_milliseconds(250), 3)["interval"]
    assert 3 == pace(omit, 3)["timeout"]


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
async def test_a_file_is_waited_for_until_its_work_is_over(colour: str, status: str) -> None:
    """Well or not; the server says when to ask again."""
    store = Store(["in_progress", "in_progress", status])
    files = store.client(colour).vector_stores.files
    file = await done(files.poll("file-a", vector_store_id="v"))
    assert status == file.status
    assert ["GET vector_stores/v/files/file-a"] * 3 == store.calls


async def test_a_file_is_created_or_uploaded_and_waited_for(colour: str, tmp_path: Path) -> None:
    """`create_and_poll`, `upload` and `upload_and_poll`."""
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    store = Store(["in_progress", "completed"])
    files = store.client(colour).vector_stores.files
    created = await done(
        files.create_and_poll("file-a", vector_store_id="v", attributes={"a": 1}, timeout=3)
    )
    assert "completed" == created.status
    uploaded = await done(files.upload(vector_store_id="v", file=path))
    assert "in_progress" == uploaded.status
    ready = await done(
        files.upload_and_poll(
            vector_store_id="v",
            file=path,
            attributes={"b": 2},
            chunking_strategy={"type": "auto"},
        )
    )
    assert "completed" == ready.status
    create, ask = "POST vector_stores/v/files", "GET vector_stores/v/files/file-a"
    assert [create, ask, ask, "POST files", create, "POST files", create, ask] == store.calls
    assert [
        {"file_id": "file-a", "attributes": {"a": 1}},
        {"file_id": "file-a"},
        {"file_id": "file-a", "attributes": {"b": 2}, "chunking_strategy": {"type": "auto"}},
    ] == store.bodies


async def test_a_batch_is_waited_for_while_a_file_is_in_work(colour: str) -> None:
    """`create_and_poll`, and `poll` with an interval of the caller's."""
    store = Store(["in_progress", "completed"])
    batches = store.client(colour).vector_stores.file_batches
    batch = await done(batches.create_and_poll("v", file_ids=["file-a"]))
    assert 0 == batch.file_counts.in_progress
    assert [{"file_ids": ["file-a"]}] == store.bodies
    again = await done(batches.poll("batch-1", vector_store_id="v", poll_interval_ms=1))
    assert "completed" == again.status
    asked = "GET vector_stores/v/file_batches/batch-1"
    assert ["POST vector_stores/v/file_batches", asked, asked, asked] == store.calls


@pytest.mark.difference(
    "Files and uploads",
    openai="`vector_stores.files.poll` and `vector_stores.file_batches.poll` wait for ever by "
    "default, the latter always.",
    here="They take `max_wait_seconds`, by default half an hour, and raise `PollTimeoutError` "
    "(a `TimeoutError`), which has the last answer in `last`.",
)
@pytest.mark.parametrize("kind", ["files", "file_batches"])
async def test_waiting_ends(colour: str, kind: str) -> None:
    """With an error that knows how it stood; what is given is the limit."""
    client = Store(["in_progress"]).client(colour)
    with pytest.raises(PollTimeoutError, match="is not done after 0 s") as caught:
        await done(
            getattr(client.vector_stores, kind).poll("a", vector_store_id="v", max_wait_seconds=0)
        )
    assert isinstance(caught.value, TimeoutError)
    assert "in_progress" == caught.value.last.status
    assert "in_progress" == pickle.loads(pickle.dumps(caught.value)).last.status


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"poll_interval_ms": -1}, "`poll_interval_ms` must be a finite number >= 0, not -1"),
        ({"poll_interval_ms": True}, "`poll_interval_ms` must be a finite number"),
        ({"max_wait_seconds": float("nan")}, "`max_wait_seconds` must be a finite number"),
        ({"max_wait_seconds": "1"}, "`max_wait_seconds` must be a finite number >= 0, not '1'"),
    ],
)
async def test_what_is_no_time_is_refused_before_anything_is_sent(
    colour: str, given: dict[str, Any], words: str
) -> None:
    """By every helper."""
    store = Store()
    stores = store.client(colour).vector_stores
    calls: list[Callable[[], Any]] = [
        lambda: stores.files.poll("f", vector_store_id="v", **given),
        lambda: stores.files.create_and_poll("f", vector_store_id="v", **given),
        lambda: stores.files.upload_and_poll(file=b"x", vector_store_id="v", **given),
        lambda: stores.file_batches.poll("b", vector_store_id="v", **given),
        lambda: stores.file_batches.create_and_poll("v", file_ids=["f"], **given),
        lambda: stores.file_batches.upload_and_poll("v", files=[b"x"], **given),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match=words):
            await done(call())
    assert not store.calls


async def test_many_files_are_uploaded_and_added_together(colour: str) -> None:
    """In the order in which they were given, behind those that were there."""
    store = Store(["in_progress", "completed"])
    batches = store.client(colour).vector_stores.file_batches
    files = [(str(number), b"x") for number in range(7)]
    batch = await done(
        batches.upload_and_poll("v", files=iter(files), file_ids=["old"], max_concurrency=2)
    )
    assert "completed" == batch.status
    assert [{"file_ids": ["old", *(f"file-{number}" for number in range(7))]}] == store.bodies
    assert 7 == store.calls.count("POST files")


@pytest.mark.difference(
    "Files and uploads",
    openai="When one of many uploads fails, `upload_and_poll` sends all others first, and the "
    "error does not say which file it is about.",
    here="The first failure ends the others, and its note says which file it is about.",
)
async def test_the_first_upload_that_fails_ends_the_others(colour: str) -> None:
    """It says which file it was; nothing is added to the store."""
    store = Store(refused="bad")
    batches = store.client(colour).vector_stores.file_batches
    files = [("bad", b"x"), *((str(number), b"x") for number in range(50))]
    with pytest.raises(BadRequestError) as caught:
        await done(batches.upload_and_poll("v", files=files, max_concurrency=1))
    assert ["while file 1 of 51 (bad) was uploaded"] == caught.value.__notes__
    assert not store.bodies
    assert ["POST files"] == store.calls


async def test_a_file_without_a_name_is_told_by_its_number(colour: str) -> None:
    """What it contains is shown to nobody."""
    client = Wire(_cut).client(colour, max_retries=0)
    with pytest.raises(APIConnectionError) as caught:
        await done(client.vector_stores.file_batches.upload_and_poll("v", files=[b"secret"]))
    assert ["while file 1 of 1 was uploaded"] == caught.value.__notes__


def _cut(_: httpx.Request) -> httpx.Response:
    msg = "refused"
    raise httpx.ConnectError(msg)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"files": b"x"}, "`files` must be an iterable of files, not one bytes"),
        ({"files": 3}, "`files` must be an iterable of files, not one int"),
        ({"files": [], "max_concurrency": 0}, "`max_concurrency` must be an integer >= 1, not 0"),
        ({"files": [], "max_concurrency": True}, "`max_concurrency` must be an integer >= 1"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_at_once(
    colour: str, given: dict[str, Any], words: str
) -> None:
    """Before anything is sent."""
    store = Store()
    with pytest.raises(ConfigurationError, match=words):
        await done(store.client(colour).vector_stores.file_batches.upload_and_poll("v", **given))
    assert not store.calls


@pytest.mark.parametrize("status", ["processed", "error", "deleted"])
async def test_an_uploaded_file_is_waited_for(colour: str, status: str) -> None:
    """Until it has been processed, well or not."""
    store = Store(["uploaded", status])
    file = await done(store.client(colour).files.wait_for_processing("f", poll_interval=0))
    assert status == file.status
    assert ["GET files/f"] * 2 == store.calls


@pytest.mark.difference(
    "Files and uploads",
    openai="`files.wait_for_processing` raises `RuntimeError` when the time is over.",
    here="It raises `PollTimeoutError`, a `TimeoutError` and an `APIError`.",
)
async def test_a_file_is_not_waited_for_longer_than_asked(colour: str) -> None:
    """`max_wait_seconds` ends it."""
    client = Store(["uploaded"]).client(colour)
    with pytest.raises(PollTimeoutError, match="asked once"):
        await done(client.files.wait_for_processing("f", max_wait_seconds=0))


async def test_helpers_answer_alike_in_every_view(colour: str) -> None:
    """`with_raw_response` has no say in what they do inside."""
    client = Store(["completed"]).client(colour)
    stores = client.with_raw_response.vector_stores
    batch = await done(stores.file_batches.upload_and_poll("v", files=[b"x"]))
    assert "completed" == batch.status
    file = await done(stores.files.upload_and_poll(vector_store_id="v", file=b"x"))
    assert "completed" == file.status


async def test_vector_stores_are_asked_for_as_openai_does(colour: str) -> None:
    """With the version that the hosted service wants to be named; callers may name another."""
    wire = Wire(Store(["completed"]))
    stores = wire.client(colour).vector_stores
    await done(stores.retrieve("v"))
    await done(stores.files.poll("f", vector_store_id="v"))
    await done(stores.file_batches.create("v", extra_headers={"openai-beta": "x", "X-A": "1"}))
    assert ["assistants=v2", "assistants=v2", "x"] == [
        request.headers["openai-beta"] for request in wire.requests
    ]
    with pytest.raises(ConfigurationError, match="headers must be a mapping"):
        await done(stores.retrieve("v", extra_headers=3))
