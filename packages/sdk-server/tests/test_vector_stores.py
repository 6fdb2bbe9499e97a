"""Vector stores: files are cut, embedded and found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdk_server._engines import Answer, EngineRequest
from sdk_server._inference._vectors import fits, ingest

from ._embedded import Embedded, embedded

pytestmark = pytest.mark.anyio

PATH = "/v1/vector_stores"
DAY = 86_400


async def store(app: Embedded, *texts: str, **more: Any) -> tuple[str, list[str]]:
    """Create a store with files; return where it is, and the files."""
    files = [
        await app.upload(text, "assistants", f"{index}.txt") for index, text in enumerate(texts)
    ]
    created = await app.post(PATH, {"file_ids": files, **more})
    await app.idle()
    return f"{PATH}/{created['id']}", files


async def found(app: Embedded, place: str, query: Any, **more: Any) -> list[Any]:
    """Return what a search finds."""
    results = (await app.post(f"{place}/search", {"query": query, **more}))["data"]
    assert isinstance(results, list)
    return results


async def test_a_store_reads_its_files_in_the_background(tmp_path: Path) -> None:
    """It tells how far it is, and how much it holds."""
    async with embedded(tmp_path) as app:
        file = await app.upload("Hello.", "assistants", "a.txt")
        created = await app.post(PATH, {"name": "s", "file_ids": [file], "metadata": {"a": "b"}})
        counts = {"cancelled": 0, "completed": 0, "failed": 0, "in_progress": 1, "total": 1}
        assert ("in_progress", counts) == (created["status"], created["file_counts"])
        await app.idle()
        read = await app.get(f"{PATH}/{created['id']}")
        assert ("completed", {**counts, "in_progress": 0, "completed": 1}) == (
            read["status"],
            read["file_counts"],
        )
        assert 6 + 4 * 256 == read["usage_bytes"]
        assert ("s", {"a": "b"}) == (read["name"], read["metadata"])


async def test_what_is_alike_is_found_first(tmp_path: Path) -> None:
    """The echo engine embeds equal texts equally; the best result has the score 1."""
    async with embedded(tmp_path) as app:
        place, files = await store(app, "Apples are red.", "Bananas are yellow.")
        first, second = await found(app, place, "Bananas are yellow.")
        assert (files[1], "1.txt") == (first["file_id"], first["filename"])
        assert pytest.approx(1) == first["score"]
        assert [{"type": "text", "text": "Bananas are yellow."}] == first["content"]
        assert 0 <= second["score"] < 0.5
        both = await found(app, place, ["Apples are red.", "Bananas are yellow."])
        assert [pytest.approx(1), pytest.approx(1)] == [each["score"] for each in both]
        ranking = {"score_threshold": 0.9}
        assert 1 == len(await found(app, place, "Apples are red.", ranking_options=ranking))
        page = await app.post(f"{place}/search", {"query": "x", "max_num_results": 1})
        assert (1, True, ["x"]) == (len(page["data"]), page["has_more"], page["search_query"])


async def test_a_file_is_cut_into_chunks_that_overlap(tmp_path: Path) -> None:
    """Of the size that was asked for; together they hold the whole text."""
    async with embedded(tmp_path) as app:
        words = " ".join(str(number) for number in range(250))
        size = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 20}
        strategy = {"type": "static", "static": size}
        place, (file,) = await store(app, words, chunking_strategy=strategy)
        content = await app.get(f"{place}/files/{file}/content")
        chunks = [part["text"].split() for part in content["data"]]
        assert [100, 100, 90] == [len(chunk) for chunk in chunks]
        assert ["0", "80", "160"] == [chunk[0] for chunk in chunks]
        assert strategy == (await app.get(f"{place}/files/{file}"))["chunking_strategy"]


async def test_chunks_must_not_overlap_by_more_than_half(tmp_path: Path) -> None:
    """They would never end."""
    async with embedded(tmp_path) as app:
        size = {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}
        strategy = {"type": "static", "static": size}
        body = {"file_ids": [await app.upload("x")], "chunking_strategy": strategy}
        refused = await app.client.post(PATH, json=body)
        assert (400, "chunking_strategy.static.chunk_overlap_tokens") == (
            refused.status_code,
            refused.json()["error"]["param"],
        )
        assert [] == (await app.get(PATH))["data"]


async def test_attributes_choose_the_files_to_look_at(tmp_path: Path) -> None:
    """They can be replaced at any time."""
    async with embedded(tmp_path) as app:
        place, files = await store(app)
        for year in (2025, 2026):
            file = await app.upload(f"Year {year}.", "assistants", "y.txt")
            files.append(file)
            await app.post(f"{place}/files", {"file_id": file, "attributes": {"year": year}})
        await app.idle()
        later = {"type": "gt", "key": "year", "value": 2025}
        assert [files[1]] == [
            each["file_id"] for each in await found(app, place, "x", filters=later)
        ]
        changed = await app.post(f"{place}/files/{files[1]}", {"attributes": None})
        assert {} == changed["attributes"]
        assert [] == await found(app, place, "x", filters=later)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"type": "eq", "key": "a", "value": 1}, True),
        ({"type": "ne", "key": "a", "value": 1}, False),
        ({"type": "gte", "key": "a", "value": 1}, True),
        ({"type": "lt", "key": "a", "value": 1}, False),
        ({"type": "lte", "key": "a", "value": "x"}, False),
        ({"type": "in", "key": "a", "value": [1, 2]}, True),
        ({"type": "nin", "key": "a", "value": [1, 2]}, False),
        ({"type": "eq", "key": "none", "value": 1}, False),
        ({"type": "nin", "key": "none", "value": [1]}, True),
        (
            {
                "type": "and",
                "filters": [
                    {"type": "eq", "key": "a", "value": 1},
                    {"type": "eq", "key": "b", "value": "y"},
                ],
            },
            False,
        ),
        (
            {
                "type": "or",
                "filters": [
                    {"type": "eq", "key": "a", "value": 2},
                    {"type": "eq", "key": "b", "value": "x"},
                ],
            },
            True,
        ),
        (None, True),
    ],
)
async def test_filters_compare_and_combine(filters: Any, expected: bool) -> None:
    """A file without the attribute is only not equal."""
    assert expected == fits(filters, {"a": 1, "b": "x"})


async def test_a_file_that_is_no_text_fails(tmp_path: Path) -> None:
    """The store is ready all the same, and the file says why it is not in it."""
    async with embedded(tmp_path) as app:
        place, (good, gone) = await store(app, "x", "y")
        response = await app.client.post(
            "/v1/files", files={"file": ("a", b"\xff")}, data={"purpose": "vision"}
        )
        bad = response.json()["id"]
        (tmp_path / "contents" / gone).unlink()
        for file in (bad, gone):
            await app.post(f"{place}/files", {"file_id": file})
        await app.idle()
        codes = {}
        for file in (good, bad, gone):
            read = await app.get(f"{place}/files/{file}")
            codes[file] = (read["last_error"] or {}).get("code")
        assert {good: None, bad: "unsupported_file", gone: "invalid_file"} == codes
        read = await app.get(place)
        assert ("completed", 2) == (read["status"], read["file_counts"]["failed"])
        failed = await app.get(f"{place}/files?filter=failed")
        assert {bad, gone} == {file["id"] for file in failed["data"]}


async def test_without_a_model_that_embeds_files_fail(tmp_path: Path) -> None:
    """And a search says what is missing."""
    async with embedded(tmp_path) as app:
        await app.client.delete("/v1/models/echo-embed-1")
        place, (file,) = await store(app, "x")
        read = await app.get(f"{place}/files/{file}")
        assert "server_error" == read["last_error"]["code"]
        assert "--embedding-model" in read["last_error"]["message"]
        assert 501 == (await app.client.post(f"{place}/search", json={"query": "x"})).status_code


async def test_the_model_that_embeds_can_be_chosen(tmp_path: Path) -> None:
    """One that does not exist is the failure of the file."""
    async with embedded(tmp_path, embedding_model="none") as app:
        place, (file,) = await store(app, "x")
        error = (await app.get(f"{place}/files/{file}"))["last_error"]
        assert "There is no model named `none`." == error["message"]


async def test_a_deleted_file_is_in_no_store(tmp_path: Path) -> None:
    """A file that is taken out of a store stays a file."""
    async with embedded(tmp_path) as app:
        place, (first, second) = await store(app, "x", "y")
        deleted = (await app.client.delete(f"{place}/files/{first}")).json()
        assert ("vector_store.file.deleted", True) == (deleted["object"], deleted["deleted"])
        await app.get(f"/v1/files/{first}")
        await app.client.delete(f"/v1/files/{second}")
        assert [] == (await app.get(f"{place}/files"))["data"]
        assert [] == await found(app, place, "x")
        for file in (first, second):
            assert 404 == (await app.client.get(f"{place}/files/{file}")).status_code


async def test_a_deleted_store_is_gone(tmp_path: Path) -> None:
    """Its files stay."""
    async with embedded(tmp_path) as app:
        place, (file,) = await store(app, "x")
        assert (await app.client.delete(place)).json()["deleted"] is True
        for path in ("", "/files", f"/files/{file}", "/file_batches/none"):
            assert 404 == (await app.client.get(place + path)).status_code
        assert 404 == (await app.client.post(f"{place}/search", json={"query": "x"})).status_code
        await app.get(f"/v1/files/{file}")


async def test_a_store_expires_when_nobody_uses_it(tmp_path: Path) -> None:
    """A search puts the day off; an expired store cannot be searched."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app, "x", expires_after={"anchor": "last_active_at", "days": 1})
        app.now += DAY - 1
        await found(app, place, "x")
        app.now += DAY - 1
        assert ("completed", app.now + 1) == (
            (read := await app.get(place))["status"],
            read["expires_at"],
        )
        app.now += 1
        assert "expired" == (await app.get(place))["status"]
        late = await app.client.post(f"{place}/search", json={"query": "x"})
        assert (400, "vector_store_expired") == (late.status_code, late.json()["error"]["code"])


async def test_a_store_can_be_changed(tmp_path: Path) -> None:
    """What the request leaves out stays."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app, name="old", metadata={"a": "b"})
        changed = await app.post(place, {"name": "new"})
        assert ("new", {"a": "b"}, None) == (
            changed["name"],
            changed["metadata"],
            changed["expires_at"],
        )
        expires = {"anchor": "last_active_at", "days": 2}
        changed = await app.post(place, {"expires_after": expires, "metadata": None})
        assert (app.now + 2 * DAY, {}) == (changed["expires_at"], changed["metadata"])
        assert changed == await app.get(place)


async def test_stores_are_listed_in_pages_of_both_directions(tmp_path: Path) -> None:
    """`before` leads back to the page from which `after` came."""
    async with embedded(tmp_path) as app:
        for name in "abcde":
            await store(app, name=name)

        async def names(query: str) -> tuple[str, bool]:
            page = await app.get(f"{PATH}?{query}")
            ids[page["data"][0]["name"]] = page["first_id"]
            ids[page["data"][-1]["name"]] = page["last_id"]
            return "".join(entry["name"] for entry in page["data"]), page["has_more"]

        ids: dict[str, str] = {}
        assert ("ed", True) == await names("limit=2")
        assert ("cb", True) == await names(f"limit=2&after={ids['d']}")
        assert ("ed", False) == await names(f"limit=2&before={ids['c']}")
        assert ("dc", True) == await names(f"limit=2&before={ids['b']}")
        assert ("abcde", False) == await names("order=asc")
        assert ("bc", False) == await names(f"order=asc&after={ids['a']}&before={ids['d']}")
        assert ("bc", True) == await names(f"order=asc&limit=2&before={ids['d']}")


async def test_files_can_be_added_at_once(tmp_path: Path) -> None:
    """All alike, or each in its own way; the batch lists its own files alone."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app, "old")
        files = [await app.upload(text, "assistants", "f.txt") for text in ("x", "y", "z")]
        alike = {"file_ids": files[:2], "attributes": {"k": 1}}
        batch = await app.post(f"{place}/file_batches", alike)
        assert ("in_progress", 2) == (batch["status"], batch["file_counts"]["total"])
        await app.idle()
        path = f"{place}/file_batches/{batch['id']}"
        read = await app.get(path)
        assert ("completed", 2) == (read["status"], read["file_counts"]["completed"])
        listed = await app.get(f"{path}/files?filter=completed&order=asc")
        assert [(file, {"k": 1}) for file in files[:2]] == [
            (entry["id"], entry["attributes"]) for entry in listed["data"]
        ]
        each = {"files": [{"file_id": files[2], "attributes": {"k": 2}}]}
        await app.post(f"{place}/file_batches", each)
        await app.idle()
        assert {"k": 2} == (await app.get(f"{place}/files/{files[2]}"))["attributes"]
        assert read == await app.post(f"{path}/cancel")


async def test_a_batch_of_files_is_one_of_two_kinds(tmp_path: Path) -> None:
    """Neither both nor none; and every file must be there."""
    async with embedded(tmp_path) as app:
        place, (file,) = await store(app, "x")
        both = {"file_ids": [file], "files": [{"file_id": file}]}
        for body in ({}, both):
            refused = await app.client.post(f"{place}/file_batches", json=body)
            assert 400 == refused.status_code
        lost = {"files": [{"file_id": file}, {"file_id": "file-none"}]}
        refused = await app.client.post(f"{place}/file_batches", json=lost)
        assert (404, "files.1") == (refused.status_code, refused.json()["error"]["param"])
        assert 404 == (await app.client.get(f"{place}/file_batches/none")).status_code


async def test_a_batch_of_bad_files_has_failed(tmp_path: Path) -> None:
    """When not one could be read."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app)
        response = await app.client.post(
            "/v1/files", files={"file": ("a", b"\xff")}, data={"purpose": "vision"}
        )
        body = {"file_ids": [response.json()["id"]]}
        batch = await app.post(f"{place}/file_batches", body)
        await app.idle()
        assert "failed" == (await app.get(f"{place}/file_batches/{batch['id']}"))["status"]


async def test_a_batch_of_files_can_be_cancelled(tmp_path: Path) -> None:
    """Files that were not read yet are given up."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app)
        files = [await app.upload(f"{n}", "assistants", "f.txt") for n in range(20)]
        batch = await app.post(f"{place}/file_batches", {"file_ids": files})
        path = f"{place}/file_batches/{batch['id']}"
        cancelled = await app.post(f"{path}/cancel")
        counts = cancelled["file_counts"]
        assert ("cancelled", 0) == (cancelled["status"], counts["in_progress"])
        assert 20 == counts["cancelled"] + counts["completed"]
        await app.idle()
        assert cancelled == await app.get(path)


async def test_files_are_read_after_a_restart(tmp_path: Path) -> None:
    """What a server that stopped has left is done by the next."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app)
        files = [await app.upload(f"{n}", "assistants", "f.txt") for n in range(20)]
        batch = await app.post(f"{place}/file_batches", {"file_ids": files})
        await app.post(f"{place}/files", {"file_id": await app.upload("x")})
    async with embedded(tmp_path) as app:
        await app.idle()
        assert 21 == (await app.get(place))["file_counts"]["completed"]
        read = await app.get(f"{place}/file_batches/{batch['id']}")
        assert ("completed", 20) == (read["status"], read["file_counts"]["completed"])


async def test_a_file_without_text_has_no_chunks(tmp_path: Path) -> None:
    """It was read all the same."""
    async with embedded(tmp_path) as app:
        place, (file,) = await store(app, " \n")
        read = await app.get(f"{place}/files/{file}")
        assert ("completed", 0) == (read["status"], read["usage_bytes"])
        assert [] == (await app.get(f"{place}/files/{file}/content"))["data"]


async def test_a_file_that_is_taken_out_while_it_is_read_stays_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is kept."""
    async with embedded(tmp_path) as app:
        place, _ = await store(app)
        file = await app.upload("x", "assistants")
        engine = app.services.engine
        complete = engine.complete

        async def meanwhile(request: EngineRequest) -> Answer:
            await app.client.delete(f"{place}/files/{file}")
            return await complete(request)

        monkeypatch.setattr(engine, "complete", meanwhile)
        await app.post(f"{place}/files", {"file_id": file})
        await app.idle()
        assert 404 == (await app.client.get(f"{place}/files/{file}")).status_code
        assert [] == app.services.records.everywhere("vector_store.chunk")
        await ingest(app.services, "nobody", "vs_none", file)
        assert [] == app.services.records.everywhere("vector_store.chunk")
