"""What calls return: models, pages, vectors."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from array import array

import httpx
import pytest

from sdk_openai_compat import types
from sdk_openai_compat.pagination import AsyncPage, AsyncPaginator, SyncPage
from sdk_openai_compat.types import CreateEmbeddingResponse, Embedding, Model
from sdk_server.testing import RunningServer

from ._clients import CHAT, HELLO, Wire, connected, done, entered, items

pytestmark = pytest.mark.anyio


async def test_an_answer_becomes_a_dictionary_and_json(colour: str) -> None:
    """Just as it was sent, or with everything; printing says what it is."""
    headers = {"x-request-id": "r-9"}
    client = Wire(lambda _: httpx.Response(200, json=CHAT, headers=headers)).client(colour)
    answer = await done(client.chat.completions.create(model="m", messages=HELLO))
    assert CHAT == answer.to_dict() == json.loads(answer.to_json())
    assert answer.to_json().startswith('{\n  "id": "chatcmpl-1"')
    assert '{"id":"chatcmpl-1"' == answer.to_json(indent=None)[:18]
    assert answer.model_dump()["usage"] is None
    assert "usage" not in answer.to_dict(exclude_none=True)
    assert str(answer) == repr(answer)
    assert str(answer).startswith("ChatCompletion(")
    assert "r-9" == answer._request_id
    assert answer.choices[0]._request_id is None
    for again in (copy.deepcopy(answer), pickle.loads(pickle.dumps(answer))):
        assert answer == again


async def test_members_that_nobody_knows_are_kept(colour: str) -> None:
    """As attributes, in `model_extra`, and when it is written again."""
    client = Wire(lambda _: httpx.Response(200, json={**CHAT, "vendor": {"a": 1}})).client(colour)
    answer = await done(client.chat.completions.create(model="m", messages=HELLO))
    assert {"a": 1} == answer.vendor == answer.model_extra["vendor"] == answer.to_dict()["vendor"]


async def test_models_come_as_a_page(colour: str, server: RunningServer) -> None:
    """Iterate over it, or take its `data`; there is no second one."""
    async with entered(connected(colour, server)) as client:
        page = await done(client.models.list())
        assert isinstance(page, SyncPage if colour == "sync" else AsyncPage)
        assert "list" == page.object
        assert page._request_id
        assert {Model} == {type(model) for model in page.data}
        assert page.data == await items(page)
        assert [page] == await items(page.iter_pages())
        assert page.has_next_page() is False
        assert page.next_page_info() is None
        with pytest.raises(RuntimeError, match="there is no next page"):
            await done(page.get_next_page())
        model = await done(client.models.retrieve("echo-1"))
        assert model in page.data


@pytest.mark.parametrize("colour", ["asyncio", "trio"], indirect=True)
async def test_a_page_to_come_is_awaited_or_iterated_over(
    colour: str, server: RunningServer
) -> None:
    """`await client.models.list()` and `async for model in client.models.list()`, each asks."""
    async with entered(connected(colour, server)) as client:
        coming = client.models.list()
        assert isinstance(coming, AsyncPaginator)
        assert (await coming).data == await items(coming) == await items(await coming)


async def test_a_model_can_be_deleted_or_not(colour: str) -> None:
    """The answer to `models.delete`."""
    answer = {"id": "m", "object": "model", "deleted": True}
    client = Wire(lambda _: httpx.Response(200, json=answer)).client(colour)
    assert answer == (await done(client.models.delete("m"))).to_dict()


async def test_vectors_are_numbers(colour: str, server: RunningServer) -> None:
    """Equal texts have equal vectors; `dimensions` is obeyed."""
    async with entered(connected(colour, server)) as client:
        answer = await done(
            client.embeddings.create(model="echo-embed-1", input=["a", "b", "a"], dimensions=8)
        )
        named = await done(
            client.embeddings.create(
                model="echo-embed-1", input="a", dimensions=8, encoding_format="float"
            )
        )
        packed = await done(
            client.embeddings.create(
                model="echo-embed-1", input="a", dimensions=8, encoding_format="base64"
            )
        )
    first, second, third = (item.embedding for item in answer.data)
    assert first == third == named.data[0].embedding != second
    assert (8, float) == (len(first), type(first[0]))
    assert (CreateEmbeddingResponse, Embedding) == (type(answer), type(answer.data[0]))
    unpacked = array("f", base64.b64decode(packed.data[0].embedding)).tolist()
    assert pytest.approx(first, abs=1e-6) == unpacked


@pytest.mark.difference(
    "Answers",
    openai="Embeddings are asked for in base64 unless an encoding is named.",
    here="No encoding is asked for unless it is named; vectors are numbers, however they come.",
)
@pytest.mark.parametrize("byteorder", ["little", "big"])
async def test_vectors_in_base64_are_decoded_unasked(
    colour: str, byteorder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers send nothing else; the bytes are little-endian on every machine."""
    floats = array("f", [1.0, -0.5])
    if byteorder == "big":
        monkeypatch.setattr("sys.byteorder", "big")
        floats.byteswap()
    vector = base64.b64encode(floats.tobytes()).decode()
    answer = {
        "object": "list",
        "model": "m",
        "data": [{"object": "embedding", "index": 0, "embedding": vector}],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }
    client = Wire(lambda _: httpx.Response(200, json=answer)).client(colour)
    got = await done(client.embeddings.create(model="m", input="x"))
    assert [1.0, -0.5] == got.data[0].embedding
    raw = await done(client.embeddings.with_raw_response.create(model="m", input="x"))
    assert [1.0, -0.5] == raw.parse().data[0].embedding
    kept = await done(client.embeddings.create(model="m", input="x", encoding_format="base64"))
    assert vector == kept.data[0].embedding


def test_a_type_that_there_is_not_is_missing_in_the_usual_words() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchType'"):
        types.NoSuchType  # type: ignore[attr-defined]  # noqa: B018  # the mistake
