"""`client.request` in openai's form, and calls that go through what stands in its place."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from textwrap import dedent
from types import ModuleType
from typing import Any

import httpx
import pytest

from sdk_openai_compat import (
    APIResponse,
    AsyncOpenAI,
    AsyncStream,
    BadRequestError,
    BaseModel,
    OpenAI,
    Stream,
)
from sdk_openai_compat._openai._models import FinalRequestOptions
from sdk_openai_compat.types.chat import ChatCompletion, ChatCompletionChunk

from ._clients import CHAT, HELLO, Wire, done, entered, items, mocked

pytestmark = pytest.mark.anyio

_CHUNK = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}


def _answer(request: httpx.Request) -> httpx.Response:
    if b'"stream":true' not in request.content:
        return httpx.Response(200, json=CHAT)
    chunks = [
        {**_CHUNK, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
        for text in "abc"
    ]
    body = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})


class Tracer:
    """Stands in the place of `request`, as tracers do, and keeps what it was handed."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self.original = original
        self.seen: list[tuple[Any, FinalRequestOptions, dict[str, Any]]] = []
        self.change: Callable[[FinalRequestOptions], None] = lambda _: None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Carry the call out as it was asked for, or as `change` makes it."""
        self.seen.append((args[-2], args[-1], kwargs))
        self.change(args[-1])
        return self.original(*args, **kwargs)


@pytest.fixture
def wire() -> Wire:
    """Answer chat completions, streamed too."""
    return Wire(_answer)


def texts(chunks: list[Any]) -> str:
    """Return what the chunks say together."""
    return "".join(chunk.choices[0].delta.content for chunk in chunks)


@pytest.mark.difference(
    "Calls",
    openai="every call goes through `client.request(cast_to, options, ...)`.",
    here="calls go through it, in the same form, where it has been replaced on a client or a class, "
    "or overridden.",
)
async def test_every_call_goes_through_a_replaced_request(colour: str, wire: Wire) -> None:
    """With the type of the answer and openai's options; the result is as ever."""
    client = wire.client(colour)
    client.request = tracer = Tracer(client.request)
    answer = await done(client.chat.completions.create(model="m", messages=HELLO, seed=1))
    assert type(answer) is ChatCompletion
    ((cast_to, options, kwargs),) = tracer.seen
    assert (ChatCompletion, {"stream": False, "stream_cls": None}) == (cast_to, kwargs)
    assert ("post", "/chat/completions") == (options.method, options.url)
    assert {"model": "m", "messages": HELLO, "seed": 1} == options.json_data
    assert "hi" == answer.choices[0].message.content
    await done(client.chat.completions.retrieve("a/b"))
    assert ("get", "/chat/completions/a%2Fb", None) == (
        tracer.seen[1][1].method,
        tracer.seen[1][1].url,
        tracer.seen[1][1].json_data,
    )
    assert "/v1/chat/completions/a%2Fb" == wire.requests[1].url.raw_path.decode()
    await done(client.post("/x", cast_to=object, body={"a": 1}))
    assert (object, "/x", {"a": 1}) == (
        tracer.seen[2][0],
        tracer.seen[2][1].url,
        tracer.seen[2][1].json_data,
    )
    assert 3 == len(wire.requests) == len(tracer.seen)


async def test_a_request_can_be_replaced_on_the_class(
    colour: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clients that were made before are traced, too; undone, nobody is."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    client = wire.client(colour)
    tracer = Tracer(kind.request)

    def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        return tracer(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "request", request)
        await done(client.chat.completions.create(model="m", messages=HELLO))
    await done(client.chat.completions.create(model="m", messages=HELLO))
    assert (1, 2) == (len(tracer.seen), len(wire.requests))


async def test_a_subclass_may_override_request(colour: str, wire: Wire) -> None:
    """Its method is asked for every call of every resource."""
    seen = []

    class Traced(OpenAI if colour == "sync" else AsyncOpenAI):  # type: ignore[misc]  # either colour
        def request(self, cast_to: Any, options: Any, **kwargs: Any) -> Any:  # openai's
            seen.append(options.url)
            return super().request(cast_to, options, **kwargs)

    library: Any = httpx.Client if colour == "sync" else httpx.AsyncClient
    http = library(transport=httpx.MockTransport(wire))
    client = Traced(api_key="k", base_url="http://server/v1", http_client=http)
    await done(client.embeddings.with_raw_response.create(model="m", input="x"))
    assert ["/embeddings"] == seen


async def test_what_a_replacement_changes_is_sent(colour: str, wire: Wire) -> None:
    """Headers, query, body and more members of it; the rest stays as it was."""
    client = wire.client(colour)
    client.request = tracer = Tracer(client.request)

    def change(options: FinalRequestOptions) -> None:
        assert {"x-a": "1"} == options.headers
        assert {"q": 1} == options.params
        assert {"z": 1} == options.extra_json
        options.headers = {**options.headers, "x-b": "2"}
        options.params = {"q": 2}
        options.json_data["model"] = "n"
        options.extra_json = {"z": 2}

    tracer.change = change
    await done(
        client.chat.completions.create(
            model="m",
            messages=HELLO,
            extra_headers={"x-a": "1"},
            extra_query={"q": 1},
            extra_body={"z": 1},
            timeout=3.0,
        )
    )
    assert {"model": "n", "messages": HELLO, "z": 2} == json.loads(wire.sent.content)
    assert ("1", "2") == (wire.sent.headers["x-a"], wire.sent.headers["x-b"])
    assert b"q=2" == wire.sent.url.query
    assert {3.0} == set(wire.sent.extensions["timeout"].values())


async def test_a_replacement_may_ask_for_something_else(colour: str, wire: Wire) -> None:
    """Another path, or another type of the answer: then it is a call by path."""
    client = wire.client(colour)
    client.request = tracer = Tracer(client.request)

    def change(options: FinalRequestOptions) -> None:
        options.url = "/elsewhere"
        options.max_retries = 0

    tracer.change = change
    answer = await done(client.chat.completions.create(model="m", messages=HELLO))
    assert type(answer) is ChatCompletion
    assert "/v1/elsewhere" == wire.sent.url.path
    assert 1 == len(tracer.seen)


async def test_a_stream_of_the_replacements_own_class_is_made(colour: str, wire: Wire) -> None:
    """`stream_cls` is derived from, `__stream__` overridden, the items pass through it."""
    client = wire.client(colour)
    original, seen = client.request, []

    def request(cast_to: Any, options: Any, *, stream: bool, stream_cls: Any) -> Any:
        assert stream

        class Sync(stream_cls):  # type: ignore[misc]  # as tracers do it
            def __stream__(self) -> Iterator[Any]:
                for chunk in super().__stream__():
                    seen.append(chunk)
                    yield chunk

        class Async(stream_cls):  # type: ignore[misc]  # as above
            async def __stream__(self) -> Any:
                async for chunk in super().__stream__():
                    seen.append(chunk)
                    yield chunk

        kind = Sync if colour == "sync" else Async
        return original(cast_to, options, stream=stream, stream_cls=kind)

    client.request = request
    stream = await done(client.chat.completions.create(model="m", messages=HELLO, stream=True))
    assert isinstance(stream, Stream if colour == "sync" else AsyncStream)
    async with entered(stream):
        assert "abc" == texts(await items(stream)) == texts(seen)
    assert all(type(chunk) is ChatCompletionChunk for chunk in seen)
    seen.clear()
    raw = await done(
        client.chat.completions.with_raw_response.create(model="m", messages=HELLO, stream=True)
    )
    assert type(raw) is APIResponse
    assert "abc" == texts(await items(raw.parse())) == texts(seen)


async def test_a_stream_class_of_ones_own_is_used_by_calls_by_path(colour: str, wire: Wire) -> None:
    """`client.post(..., stream=True, stream_cls=...)`; an answer that is no stream is as ever."""
    base: Any = Stream if colour == "sync" else AsyncStream

    class Own(base):  # type: ignore[misc]  # either colour
        pass

    client = wire.client(colour)
    options: Any = {"cast_to": ChatCompletionChunk, "stream": True, "stream_cls": Own}
    stream = await done(client.post("/chat/completions", body={"stream": True}, **options))
    assert type(stream) is Own
    assert "abc" == texts(await items(stream))
    client.request = tracer = Tracer(client.request)
    stream = await done(client.post("/chat/completions", body={"stream": True}, **options))
    assert (Own, Own) == (type(stream), tracer.seen[0][2]["stream_cls"])
    assert "abc" == texts(await items(stream))
    plain = await done(client.post("/x", cast_to=ChatCompletion, stream_cls=Own))
    assert type(plain) is ChatCompletion


async def test_views_and_errors_pass_a_replacement(colour: str) -> None:
    """`with_raw_response` and `with_streaming_response` answer their way, refusals are raised."""
    client = mocked(colour, _answer)
    client.request = tracer = Tracer(client.request)
    raw = await done(client.chat.completions.with_raw_response.create(model="m", messages=HELLO))
    assert (200, "hi") == (raw.status_code, raw.parse().choices[0].message.content)
    view = client.chat.completions.with_streaming_response
    async with entered(view.create(model="m", messages=HELLO)) as answer:
        assert "hi" == (await done(answer.parse())).choices[0].message.content
    assert 2 == len(tracer.seen)
    refused = mocked(colour, lambda _: httpx.Response(400, json={"error": {"message": "no"}}))
    refused.request = Tracer(refused.request)
    with pytest.raises(BadRequestError, match="400 - no"):
        await done(refused.chat.completions.create(model="m", messages=HELLO))


async def test_request_takes_openais_form(colour: str, wire: Wire) -> None:
    """`client.request(cast_to, FinalRequestOptions)`, without anybody in between."""

    class Named(BaseModel):
        id: str

    client = wire.client(colour)
    options = FinalRequestOptions.construct(
        method="post",
        url="/x",
        json_data={"a": 1},
        extra_json={"b": 2},
        headers={"x-a": "1"},
        params={"q": 1},
        timeout=2.0,
        max_retries=7,
        idempotency_key="key",
    )
    assert (7, 7) == (options.get_max_retries(2), options.max_retries)
    assert 2 == FinalRequestOptions(method="get", url="/x").get_max_retries(2)
    assert "chatcmpl-1" == (await done(client.request(Named, options))).id
    assert b'{"a":1,"b":2}' == wire.sent.content
    assert ("1", "key") == (wire.sent.headers["x-a"], wire.sent.headers["idempotency-key"])
    assert "chatcmpl-1" == (await done(client.request(cast_to=Named, options=options))).id
    assert {"id"} <= (await done(client.request("POST", "/x", body={}))).keys()
    stream = FinalRequestOptions(method="post", url="/chat/completions", json_data={"stream": True})
    chunks = await done(client.request(ChatCompletionChunk, stream, stream=True))
    assert "abc" == texts(await items(chunks))


@pytest.mark.parametrize("cast_to", [str, bytes, type(None), object])
async def test_a_replacement_is_told_the_type_of_every_answer(
    colour: str, wire: Wire, cast_to: Any
) -> None:
    """Text, bytes, nothing and JSON of any shape; a body may be a list."""
    client = wire.client(colour)
    client.request = tracer = Tracer(client.request)
    await done(client.post("/x", cast_to=cast_to, body=[1]))
    ((told, options, _),) = tracer.seen
    assert (cast_to, [1]) == (told, options.json_data)
    asked: Any = {"cast_to": object, "body": {"stream": True}, "stream": True}
    stream = await done(client.post("/chat/completions", **asked))
    assert 3 == len(await items(stream))
    kind: Any = Stream if colour == "sync" else AsyncStream
    assert kind[object] == tracer.seen[1][2]["stream_cls"]


async def test_a_call_through_a_replacement_is_one_call(colour: str, wire: Wire) -> None:
    """What asks in openai's form by hand is replaced once, and is sent once."""
    client = wire.client(colour)
    client.request = tracer = Tracer(client.request)
    await done(client.request(object, FinalRequestOptions(method="get", url="/x")))
    assert (1, 1) == (len(tracer.seen), len(wire.requests))


async def test_sentinels_of_a_loaded_openai_are_understood(
    colour: str, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`openai.omit` and `openai.NOT_GIVEN`, also derived ones, where openai itself is loaded."""
    openai = ModuleType("openai")
    omitted = type("Omit", (), {"__module__": "openai"})
    not_given = type("NotGiven", (), {"__module__": "openai._types"})
    derived = type("Mine", (omitted,), {"__module__": "mine"})
    model = type("Model", (str,), {"__module__": "openai.types"})
    monkeypatch.setitem(sys.modules, "openai", openai)
    client = wire.client(colour)
    await done(
        client.chat.completions.create(
            model=model("m"),
            messages=HELLO,
            seed=omitted(),
            stop=derived(),
            timeout=not_given(),
            extra_headers={"user-agent": omitted(), "x-a": "1"},
            extra_query={"q": not_given()},
        )
    )
    assert {"model": "m", "messages": HELLO} == json.loads(wire.sent.content)
    assert "python-httpx" in wire.sent.headers["user-agent"]  # the engine's own
    assert b"" == wire.sent.url.query
    await done(client.chat.completions.list(limit=omitted(), model="m"))
    assert b"model=m" == wire.requests[1].url.query


def test_a_plain_call_loads_nothing_of_this() -> None:
    """Who replaces nothing asks one question more a call, and that is all."""
    code = """
        import sys, httpx
        from sdk_openai_compat import OpenAI
        answer = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": []}))
        client = OpenAI(api_key="k", http_client=httpx.Client(transport=answer))
        client.models.list()
        client.get("/x", cast_to=object)
        assert not [name for name in sys.modules if name.endswith(("._replacements", "._openai"))]
    """
    subprocess.run([sys.executable, "-c", dedent(code)], check=True)
