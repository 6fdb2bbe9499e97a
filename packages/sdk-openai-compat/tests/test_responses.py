"""`with_raw_response` and `with_streaming_response`, against the running server."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdk_openai_compat import APIResponse, AsyncStream, BaseModel, ConfigurationError, Stream
from sdk_openai_compat.types import Model
from sdk_openai_compat.types.chat import ChatCompletion
from sdk_server.testing import RunningServer

from ._clients import HELLO, Wire, connected, done, entered, items

pytestmark = pytest.mark.anyio

# The same call, through the view of the client, of a resource and of a group.
PLACES: dict[str, Callable[[Any, str], Any]] = {
    "client": lambda client, view: getattr(client, view).chat.completions,
    "group": lambda client, view: getattr(client.chat, view).completions,
    "resource": lambda client, view: getattr(client.chat.completions, view),
}
at_each_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())


@at_each_place
async def test_a_raw_response_has_its_http_around_it(
    colour: str, server: RunningServer, place: Callable[[Any, str], Any]
) -> None:
    """Status, headers, ids, times and both forms of the body, without another await."""
    async with entered(connected(colour, server)) as client:
        answer = await done(
            place(client, "with_raw_response").create(model="echo-1", messages=HELLO)
        )
    assert type(answer) is APIResponse
    assert (200, "POST", "HTTP/1.1") == (answer.status_code, answer.method, answer.http_version)
    assert f"{server.inference_url}/chat/completions" == answer.url == answer.http_request.url
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["x-request-id"] == answer.request_id
    assert answer.retries_taken == 0
    assert timedelta(0) < answer.elapsed < timedelta(seconds=60)
    assert answer.is_closed is True
    completion = answer.parse()
    assert isinstance(completion, ChatCompletion)
    assert "hello" == completion.choices[0].message.content
    assert answer.request_id == completion._request_id
    assert completion.id == answer.json()["id"] == json.loads(answer.text)["id"]
    assert json.loads(answer.content) == completion.to_dict()
    assert isinstance(answer.http_response, httpx.Response)
    assert (200, answer.content) == (
        answer.http_response.status_code,
        answer.http_response.content,
    )


class Named(BaseModel):
    """The one member that a user of `parse(to=...)` wants."""

    id: str


async def test_a_response_parses_into_another_type(colour: str, server: RunningServer) -> None:
    """`parse(to=...)` takes models, plain types and text, in both views."""
    async with entered(connected(colour, server)) as client:
        models = client.models
        raw = await done(models.with_raw_response.retrieve("echo-1"))
        assert type(raw.parse(to=Named)) is Named
        assert "echo-1" == raw.parse(to=Named).id == raw.parse(to=dict)["id"]
        assert raw.text == raw.parse(to=str)
        async with entered(models.with_streaming_response.retrieve("echo-1")) as answer:
            assert "echo-1" == (await done(answer.parse(to=Named))).id
            assert type(await done(answer.parse())) is Model


async def test_a_raw_response_of_a_stream_is_parsed_into_one(
    colour: str, server: RunningServer
) -> None:
    """`parse()` gives what the method gives without the view: the stream."""
    async with entered(connected(colour, server)) as client:
        answer = await done(
            client.chat.completions.with_raw_response.create(
                model="echo-1", messages=HELLO, stream=True
            )
        )
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.is_closed is False
        stream = answer.parse()
        assert type(stream) is (Stream if colour == "sync" else AsyncStream)
        pieces = [chunk.choices[0].delta.content or "" for chunk in await items(stream)]
        assert "hello" == "".join(pieces)
        assert answer.is_closed is True


async def test_retries_are_counted(colour: str, server: RunningServer) -> None:
    """Two failures, told by the server's own memory, and the third attempt's answer."""
    fault = f"status=503;times=2;id=retries-{colour};retry-after=0"
    async with entered(connected(colour, server)) as client:
        answer = await done(
            client.models.with_raw_response.list(extra_headers={"X-SDK-Fault": fault})
        )
    assert (2, 200) == (answer.retries_taken, answer.status_code)
    assert "echo-1" in [model.id for model in await items(answer.parse())]


@at_each_place
async def test_a_streaming_response_is_read_when_asked(
    colour: str, server: RunningServer, place: Callable[[Any, str], Any]
) -> None:
    """Nothing is read before; afterwards every form can be had, and leaving closes."""
    async with entered(connected(colour, server)) as client:
        view = place(client, "with_streaming_response")
        async with entered(view.create(model="echo-1", messages=HELLO)) as answer:
            assert (200, False) == (answer.status_code, answer.is_closed)
            assert answer.request_id
            body = await done(answer.read())
            assert json.loads(body) == await done(answer.json())
            assert body.decode() == await done(answer.text())
            completion = await done(answer.parse())
            assert "hello" == completion.choices[0].message.content
        async with entered(view.create(model="echo-1", messages=HELLO)) as unread:
            pass
        assert unread.is_closed is True


async def test_a_streaming_response_is_iterated_over(
    colour: str, server: RunningServer, tmp_path: Path
) -> None:
    """As bytes, text or lines; as they come or in chunks of a size; or into a file."""
    async with entered(connected(colour, server)) as client:

        def ask() -> Any:
            return entered(client.models.with_streaming_response.list())

        async with ask() as answer:
            body = await done(answer.read())
            assert [body] == await items(answer.iter_bytes())
            assert [body[:7], body[7:14]] == (await items(answer.iter_bytes(7)))[:2]
        async with ask() as answer:
            assert body == b"".join(await items(answer.iter_bytes()))
        async with ask() as answer:
            chunks = await items(answer.iter_bytes(chunk_size=10))
            assert (body, {10}) == (b"".join(chunks), {len(chunk) for chunk in chunks[:-1]})
        async with ask() as answer:
            texts = await items(answer.iter_text(chunk_size=9))
            assert (body.decode(), {9}) == ("".join(texts), {len(text) for text in texts[:-1]})
        async with ask() as answer:
            assert body.decode().split("\n") == await items(answer.iter_lines())
        for size in (None, 5):
            async with ask() as answer:
                await done(answer.stream_to_file(tmp_path / "body", chunk_size=size))
            assert body == (tmp_path / "body").read_bytes()


async def test_a_streamed_answer_is_iterated_over_as_lines(
    colour: str, server: RunningServer
) -> None:
    """The documented way of openai to look at raw events."""
    async with (
        entered(connected(colour, server)) as client,
        entered(
            client.chat.completions.with_streaming_response.create(
                model="echo-1", messages=HELLO, stream=True
            )
        ) as answer,
    ):
        lines = [line for line in await items(answer.iter_lines()) if line]
    assert all(line.startswith("data: ") for line in lines)
    assert "data: [DONE]" == lines[-1]


@pytest.mark.parametrize("size", [0, -1])
async def test_a_chunk_size_that_is_none_is_refused(colour: str, size: int) -> None:
    """Instead of looping for ever."""
    client = Wire().client(colour)
    async with entered(client.models.with_streaming_response.list()) as answer:
        with pytest.raises(ConfigurationError, match="`chunk_size` must be at least 1"):
            await items(answer.iter_bytes(size))


async def test_a_view_has_no_names_of_its_own(colour: str, server: RunningServer) -> None:
    """What the client does not have, its views do not have."""
    async with entered(connected(colour, server)) as client:
        for view in (client.with_raw_response, client.with_streaming_response):
            with pytest.raises(AttributeError):
                view.no_such_resource  # noqa: B018
    gc.collect()
