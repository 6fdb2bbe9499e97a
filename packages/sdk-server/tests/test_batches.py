"""Batches: the requests of a file are answered by the server's own operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio.lowlevel
import pytest

from ._embedded import Embedded, embedded

pytestmark = pytest.mark.anyio

PATH = "/v1/batches"
CHAT = "/v1/chat/completions"


def line(name: str, text: str = "Hi.", url: str = CHAT, **more: Any) -> str:
    """Return one request of a file."""
    messages = [{"role": "user", "content": text}]
    body = {"model": "echo-1", "messages": messages, **more}
    return json.dumps({"custom_id": name, "method": "POST", "url": url, "body": body}) + "\n"


async def create(app: Embedded, text: str, endpoint: str = CHAT, **more: Any) -> Any:
    """Create a batch from the text of a file."""
    body = {
        "input_file_id": await app.upload(text),
        "endpoint": endpoint,
        "completion_window": "24h",
        **more,
    }
    return await app.post(PATH, body)


async def ended(app: Embedded, batch: Any) -> Any:
    """Return a batch when nothing is done for it any more."""
    await app.idle()
    return await app.get(f"{PATH}/{batch['id']}")


async def results(app: Embedded, file: str) -> list[Any]:
    """Return the lines of a file of results."""
    response = await app.client.get(f"/v1/files/{file}/content")
    return [json.loads(text) for text in response.text.splitlines()]


async def test_each_request_is_answered_as_if_it_was_sent(tmp_path: Path) -> None:
    """Answers and failures each have their file, in the order of the requests."""
    async with embedded(tmp_path) as app:
        text = line("a", "One.") + line("b", model="none") + "\n" + line("c", "Two.", n="x")
        text += line("d", "Three.", store=True)
        created = await create(app, text, metadata={"run": "nightly"})
        assert ("validating", {"run": "nightly"}) == (created["status"], created["metadata"])
        batch = await ended(app, created)
        assert ("completed", {"total": 4, "completed": 2, "failed": 2}) == (
            batch["status"],
            batch["request_counts"],
        )
        good = await results(app, batch["output_file_id"])
        assert [("a", 200, "One."), ("d", 200, "Three.")] == [
            (
                each["custom_id"],
                each["response"]["status_code"],
                each["response"]["body"]["choices"][0]["message"]["content"],
            )
            for each in good
        ]
        bad = await results(app, batch["error_file_id"])
        assert [("b", 404, "model"), ("c", 400, "n")] == [
            (
                each["custom_id"],
                each["response"]["status_code"],
                each["response"]["body"]["error"]["param"],
            )
            for each in bad
        ]
        usage = batch["usage"]
        assert (2, 2, 4) == (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"])
        assert 1 == len((await app.get(CHAT))["data"])  # the last one was stored
        assert created["id"] == (await app.get(PATH))["data"][0]["id"]


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [
        ("/v1/responses", {"model": "echo-1", "input": "Hi."}),
        ("/v1/embeddings", {"model": "echo-embed-1", "input": "Hi."}),
        ("/v1/completions", {"model": "echo-1", "prompt": "Hi."}),
        ("/v1/moderations", {"input": "Hi."}),
    ],
)
async def test_every_endpoint_is_one_of_the_servers_own(
    tmp_path: Path, endpoint: str, body: Any
) -> None:
    """What the server cannot do fails in a batch as it does alone."""
    async with embedded(tmp_path) as app:
        text = json.dumps({"custom_id": "a", "method": "POST", "url": endpoint, "body": body})
        batch = await ended(app, await create(app, text, endpoint))
        served = endpoint != "/v1/moderations"
        counts = {"total": 1, "completed": int(served), "failed": int(not served)}
        assert ("completed", counts) == (batch["status"], batch["request_counts"])
        assert served == (batch["usage"]["total_tokens"] > 0)
        assert served == (batch["error_file_id"] is None)


@pytest.mark.parametrize(
    ("text", "code", "param", "number"),
    [
        ("", "empty_file", None, None),
        ("{\n", "invalid_json_line", None, 1),
        ("[]", "invalid_json_line", None, 1),
        (line("a") + line(""), "missing_custom_id", "custom_id", 2),
        (line("a") + line("a"), "duplicate_custom_id", "custom_id", 2),
        (line("a").replace("POST", "GET"), "invalid_method", "method", 1),
        (line("a", url="/v1/embeddings"), "mismatched_url", "url", 1),
        ('{"custom_id": "a", "method": "POST", "url": "' + CHAT + '"}', "invalid_body", "body", 1),
        (line("a", stream=True), "stream_not_allowed", "body.stream", 1),
    ],
)
async def test_a_file_that_is_wrong_fails_as_a_whole(
    tmp_path: Path, text: str, code: str, param: str | None, number: int | None
) -> None:
    """The line and what is wrong there are told; nothing is answered."""
    async with embedded(tmp_path) as app:
        batch = await ended(app, await create(app, text))
        (error,) = batch["errors"]["data"]
        assert ("failed", code, param, number) == (
            batch["status"],
            error["code"],
            error["param"],
            error["line"],
        )


async def test_a_file_must_be_there_and_for_batches(tmp_path: Path) -> None:
    """It is refused at once otherwise, and fails when it is deleted before it was read."""
    async with embedded(tmp_path) as app:
        body = {"endpoint": CHAT, "completion_window": "24h", "input_file_id": "file-none"}
        assert 404 == (await app.client.post(PATH, json=body)).status_code
        body["input_file_id"] = await app.upload("x", "vision")
        refused = await app.client.post(PATH, json=body)
        assert (400, "input_file_id") == (refused.status_code, refused.json()["error"]["param"])
        created = await create(app, line("a"))
        (tmp_path / "contents" / created["input_file_id"]).unlink()
        assert "failed" == (await ended(app, created))["status"]


async def test_a_batch_can_be_cancelled(tmp_path: Path) -> None:
    """What was answered is kept, the rest is not begun; an ended batch has nothing to cancel."""
    async with embedded(tmp_path) as app:
        created = await create(app, "".join(line(str(number)) for number in range(50)))
        place = f"{PATH}/{created['id']}"
        while not (await app.get(place))["request_counts"]["completed"]:
            await anyio.lowlevel.checkpoint()
        cancelling = await app.post(f"{place}/cancel")
        assert "cancelling" == cancelling["status"]
        batch = await ended(app, created)
        assert "cancelled" == batch["status"]
        done = batch["request_counts"]["completed"]
        assert 0 < done < 50 == batch["request_counts"]["total"]
        assert done == len(await results(app, batch["output_file_id"]))
        assert 400 == (await app.client.post(f"{place}/cancel")).status_code
        assert 404 == (await app.client.post(f"{PATH}/none/cancel")).status_code


async def test_a_batch_expires_after_a_day(tmp_path: Path) -> None:
    """What was not answered by then is in the file of failures."""
    async with embedded(tmp_path) as app:
        created = await create(app, line("a") + line("b"))
        app.now = created["expires_at"]
        batch = await ended(app, created)
        assert ("expired", None) == (batch["status"], batch["output_file_id"])
        bad = await results(app, batch["error_file_id"])
        assert [("a", "batch_expired"), ("b", "batch_expired")] == [
            (each["custom_id"], each["error"]["code"]) for each in bad
        ]


async def test_files_of_results_expire_as_was_asked(tmp_path: Path) -> None:
    """Counted from when they were written."""
    async with embedded(tmp_path) as app:
        expires = {"anchor": "created_at", "seconds": 3600}
        created = await create(app, line("a"), output_expires_after=expires)
        file = (await ended(app, created))["output_file_id"]
        described = await app.get(f"/v1/files/{file}")
        assert ("batch_output", 3600) == (
            described["purpose"],
            described["expires_at"] - described["created_at"],
        )


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_batch_goes_on_after_a_restart(tmp_path: Path, *, cancelled: bool) -> None:
    """What was answered before is not answered again, and a cancelled one stays so."""
    async with embedded(tmp_path) as app:
        created = await create(app, "".join(line(str(number)) for number in range(40)))
        place = f"{PATH}/{created['id']}"
        while not (await app.get(place))["request_counts"]["completed"]:
            await anyio.lowlevel.checkpoint()
        if cancelled:
            await app.post(f"{place}/cancel")
        kept = await app.services.records.run(
            app.services.records.everywhere("batch")[0][0],
            lambda shelf: shelf.all("batch.line", parent=created["id"]),
        )
    async with embedded(tmp_path) as app:
        batch = await ended(app, created)
        assert ("cancelled" if cancelled else "completed") == batch["status"]
        if not cancelled:
            assert {"total": 40, "completed": 40, "failed": 0} == batch["request_counts"]
        told = {each["id"] for each in await results(app, batch["output_file_id"])}
        assert {entry["_result"]["id"] for entry in kept} <= told


async def test_a_batch_has_a_largest_number_of_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """50,000 on a real server; and no more errors are told than anybody reads."""
    monkeypatch.setattr("sdk_server._inference._batch_work._MOST_LINES", 1)
    monkeypatch.setattr("sdk_server._inference._batch_work._MOST_ERRORS", 1)
    async with embedded(tmp_path) as app:
        batch = await ended(app, await create(app, line("a") + line("b")))
        assert ["too_many_requests"] == [error["code"] for error in batch["errors"]["data"]]
        batch = await ended(app, await create(app, "x\n" * 3))
        assert [1] == [error["line"] for error in batch["errors"]["data"]]
