"""Files, uploads, vector stores and batches, against a real server."""

from __future__ import annotations

import json
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from sdk_core.polling import async_poll, poll
from sdk_openai_compat import BadRequestError, NotFoundError
from sdk_server.testing import RunningServer

from ._clients import connected, done, entered, items

pytestmark = pytest.mark.anyio


async def test_a_file_lives_and_dies(colour: str, server: RunningServer) -> None:
    """It is uploaded, described, listed, read and deleted."""
    async with entered(connected(colour, server)) as client:
        sent = await done(client.files.create(file=("a.txt", b"hello"), purpose="user_data"))
        ready = await done(client.files.wait_for_processing(sent.id, poll_interval=0))
        assert ("processed", 5, "a.txt") == (ready.status, ready.bytes, ready.filename)
        listed = await items(await done(client.files.list(purpose="user_data", limit=1)))
        assert ready.id in {file.id for file in listed}
        assert b"hello" == (await done(client.files.content(sent.id))).content
        assert (await done(client.files.delete(sent.id))).deleted
        with pytest.raises(NotFoundError):
            await done(client.files.retrieve(sent.id))


async def test_a_large_file_is_put_together(
    colour: str, server: RunningServer, tmp_path: Path
) -> None:
    """Of its parts, in their order; the checksum is the server's to check."""
    path = tmp_path / "large.txt"
    content = b"".join(b"%d\n" % number for number in range(40_000))
    path.write_bytes(content)
    async with entered(connected(colour, server)) as client:
        upload = await done(
            client.uploads.upload_file_chunked(
                file=path,
                mime_type="text/plain",
                purpose="user_data",
                part_size=100_000,
                md5=md5(content, usedforsecurity=False).hexdigest(),
            )
        )
        assert "completed" == upload.status
        assert content == (await done(client.files.content(upload.file.id))).content


async def test_files_are_found_by_meaning(
    colour: str, server: RunningServer, tmp_path: Path
) -> None:
    """Uploaded together, waited for, listed, searched, read; the page of a search is one."""
    apples, pears = tmp_path / "apples.txt", ("pears.txt", b"pears are green")
    apples.write_bytes(b"apples are red")
    async with entered(connected(colour, server)) as client:
        stores: Any = client.vector_stores
        store = await done(stores.create(name="fruit"))
        batch = await done(stores.file_batches.upload_and_poll(store.id, files=[apples, pears]))
        assert (2, 0) == (batch.file_counts.completed, batch.file_counts.in_progress)
        more = await done(
            stores.files.upload_and_poll(vector_store_id=store.id, file=("c.txt", "cherries"))
        )
        assert "completed" == more.status
        files = await items(await done(stores.files.list(store.id, limit=2)))
        assert 3 == len(files)
        of_batch = await done(stores.file_batches.list_files(batch.id, vector_store_id=store.id))
        assert 2 == len(await items(of_batch))
        found = await items(await done(stores.search(store.id, query="apples are red")))
        assert "apples.txt" in {each.filename for each in found}
        content = await done(stores.files.content(more.id, vector_store_id=store.id))
        assert ["cherries"] == [part.text for part in await items(content)]
        assert store.id in {each.id for each in await items(await done(stores.list(limit=1)))}


async def test_many_requests_are_answered_together(colour: str, server: RunningServer) -> None:
    """A batch of chat completions, from a file to a file."""
    body = {"model": "echo-1", "messages": [{"role": "user", "content": "hello"}]}
    lines = [
        {"custom_id": str(number), "method": "POST", "url": "/v1/chat/completions", "body": body}
        for number in range(3)
    ]
    text = "\n".join(map(json.dumps, lines))
    async with entered(connected(colour, server)) as client:
        file = await done(client.files.create(file=("b.jsonl", text.encode()), purpose="batch"))
        batch = await done(
            client.batches.create(
                input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
            )
        )
        assert batch.id in {each.id for each in await items(await done(client.batches.list()))}
        wait: Any = poll if colour == "sync" else async_poll
        ended = await done(wait(lambda: client.batches.retrieve(batch.id), interval=0, timeout=30))
        answers = await done(client.files.content(ended.output_file_id))
    assert ["0", "1", "2"] == sorted(json.loads(line)["custom_id"] for line in answers.iter_lines())


async def test_lists_in_a_query_are_marked_as_openai_marks_them(
    colour: str, server: RunningServer
) -> None:
    """`include[]`; the server reads them, and refuses what there is not."""
    said: Any = [{"type": "message", "role": "user", "content": "a"}]
    wanted: Any = ["reasoning.encrypted_content", "web_search_call.results"]
    async with entered(connected(colour, server)) as client:
        conversation = await done(client.conversations.create(items=said))
        listing = client.conversations.items.with_raw_response.list
        raw = await done(listing(conversation.id, include=wanted))
        assert "include[]=reasoning.encrypted_content&include[]=web_search" in raw.url
        with pytest.raises(BadRequestError, match=r"`include\.0` must be"):
            await done(listing(conversation.id, include=["nonsense"]))
