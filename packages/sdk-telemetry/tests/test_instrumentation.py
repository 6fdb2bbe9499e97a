"""Instrumented clients without a network: what is told of odd answers, failures and ends."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, APIError, ConfigurationError
from sdk_core.messages import Request, Response
from sdk_core.testing import FakeTransport, response, streamed
from sdk_openai_compat import OpenAI
from sdk_telemetry import instrument
from sdk_telemetry._watching import Watched
from sdk_telemetry.enrichment import telemetry_context
from sdk_telemetry.instrumentation import TelemetryPolicy, telemetry_plugin, uninstrument
from sdk_telemetry.prices import Price, Prices

from ._observed import HELLO, chat, chunk, done, entered, faked, items, made, sse, telling

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {"model": "gpt-4o", "messages": HELLO}
TOOL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}


async def test_texts_are_withheld_by_default(colour: str) -> None:
    """Their lengths are told, and no part of them is anywhere."""
    with telling() as told:
        client, _ = faked(colour, told, [response(json=chat("an answer"))])
        await done(client.chat.completions.create(**ASKED))
        event = told.event
    assert (event.prompt.text, event.response.text) == ("", "")
    assert event.metadata["prompt_chars"] == str(len("hello there"))
    assert event.metadata["response_chars"] == str(len("an answer"))
    assert b"hello" not in event.to_json()


async def test_costs(colour: str) -> None:
    """Are those of the model that answered, with what came from a cache and what was thought."""
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "prompt_tokens_details": {"cached_tokens": 400},
        "completion_tokens_details": {"reasoning_tokens": 50},
    }
    prices = Prices({"gpt-4o": Price(2.0, 10.0, cached=1.0, reasoning=20.0)})
    with telling() as told:
        client, _ = faked(colour, told, [response(json=chat(usage=usage))], prices=prices)
        await done(client.chat.completions.create(**ASKED | {"model": "my-deployment"}))
        event = told.event
    assert event.model == "my-deployment"
    assert event.metadata["gen_ai.response.model"] == "gpt-4o-2024-08-06"
    assert event.cost_usd == pytest.approx((600 * 2 + 400 * 1 + 50 * 10 + 50 * 20) / 1e6)
    assert event.metadata["gen_ai.usage.cache_read.input_tokens"] == "400"
    assert event.metadata["gen_ai.usage.reasoning.output_tokens"] == "50"
    assert "cost" not in event.metadata


async def test_costs_of_what_was_asked_for(colour: str) -> None:
    """Count where nobody knows the model that answered."""
    with telling() as told:
        client, _ = faked(colour, told, [response(json=chat(model="snapshot-7"))])
        await done(client.chat.completions.create(**ASKED))
        assert told.event.cost_usd == pytest.approx((1000 * 2.5 + 100 * 10) / 1e6)


async def test_tools_in_a_stream(colour: str) -> None:
    """Each is counted once, though its arguments come in pieces."""
    more = {"index": 0, "function": {"arguments": "{}"}}
    answer = sse(
        chunk({"role": "assistant", "content": None}),
        chunk({"tool_calls": [TOOL]}),
        chunk({"tool_calls": [more]}),
        chunk({"tool_calls": [TOOL | {"index": 1, "id": "call_2"}]}),
        chunk(finish="tool_calls"),
        chunk(usage={"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}),
    )
    with telling() as told:
        client, _ = faked(colour, told, [answer])
        await items(await done(client.chat.completions.create(**ASKED, stream=True)))
        event = told.event
    assert event.metadata["tool_calls"] == "2"
    assert event.response.finish_reason == "tool_calls"
    assert (event.prompt.tokens, event.response.tokens) == (9, 4)
    assert float(event.metadata["time_to_first_token"]) > 0


async def test_tools_of_whole_answers(colour: str) -> None:
    """In every form that they have."""
    message = {"role": "assistant", "content": None, "refusal": "no"}
    of_chat = chat() | {
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": message | {"tool_calls": [TOOL]},
            },
            {
                "index": 1,
                "finish_reason": "stop",
                "message": message | {"function_call": TOOL["function"]},
            },
        ]
    }
    of_response = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-4o",
        "status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"},
        "output": [
            {"type": "function_call", "name": "f", "arguments": "{}", "call_id": "1"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "a"}],
            },
        ],
        "usage": {
            "input_tokens": 3,
            "output_tokens": 2,
            "input_tokens_details": {"cached_tokens": 1},
            "output_tokens_details": {"reasoning_tokens": 1},
        },
    }
    with telling(redaction="full") as told:
        client, _ = faked(colour, told, [response(json=of_chat), response(json=of_response)])
        await done(client.chat.completions.create(**ASKED))
        await done(client.post("/responses", cast_to=object, body={"model": "gpt-4o", "input": []}))
        first, second = told.events
    assert (first.metadata["tool_calls"], second.metadata["tool_calls"]) == ("2", "1")
    assert (first.response.text, second.response.text) == ("nono", "a")
    assert first.response.finish_reason == "tool_calls"
    assert second.response.finish_reason == "max_output_tokens"
    assert (second.prompt.tokens, second.response.tokens) == (3, 2)


async def test_streams_of_responses(colour: str) -> None:
    """Texts, tools, tokens, and how they end, failures included."""
    whole = {"id": "resp_1", "model": "gpt-4o", "status": "failed", "output": []}
    usage = {"input_tokens": 3, "output_tokens": 2}
    answer = sse(
        {
            "type": "response.created",
            "sequence_number": 0,
            "response": whole | {"status": "in_progress"},
        },
        {
            "type": "response.output_item.added",
            "sequence_number": 1,
            "item": {"type": "function_call"},
        },
        {"type": "response.output_item.added", "sequence_number": 2, "item": {"type": "message"}},
        {"type": "response.output_text.delta", "sequence_number": 3, "delta": "hi"},
        {
            "type": "response.failed",
            "sequence_number": 4,
            "response": whole
            | {"usage": usage, "error": {"code": "server_error", "message": "secret"}},
        },
        done=False,
    )
    with telling(redaction="full") as told:
        client, _ = faked(colour, told, [answer])
        body = {"model": "gpt-4o", "input": [{"role": "user", "content": [{"text": "hello"}]}]}
        stream = await done(client.post("/responses", cast_to=object, body=body, stream=True))
        await items(stream)
        event = told.event
    assert event.errors == ("server_error",)
    assert (event.response.finish_reason, event.response.text) == ("failed", "hi")
    assert (event.prompt.tokens, event.response.tokens, event.prompt.text) == (3, 2, "hello")
    assert event.metadata["tool_calls"] == "1"


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"error": {"code": "rate_limit", "message": "secret"}}, "rate_limit"),
        ({"error": {"type": "not a word!", "message": "secret"}}, "error"),
        ({"error": "secret"}, "error"),
        ({"type": "error", "code": "overloaded", "message": "secret"}, "overloaded"),
    ],
)
async def test_errors_in_a_stream(colour: str, event: Any, kind: str) -> None:
    """Their kind is told, as far as it is a word, and no message."""
    with telling() as told:
        client, _ = faked(colour, told, [sse(chunk({"content": "hi"}), event)])
        stream = await done(client.chat.completions.create(**ASKED, stream=True))
        with suppress(APIError):  # not everything that is one is one to the reader of a chat
            await items(stream)
        assert told.event.errors == (kind,)


async def test_a_stream_may_end_without_a_word(colour: str) -> None:
    """An answer that said why it ended is whole, whatever is missing behind it."""
    with telling() as told:
        client, _ = faked(
            colour, told, [sse(chunk({"content": "hi"}), chunk(finish="stop"), done=False)]
        )
        await items(await done(client.chat.completions.create(**ASKED, stream=True)))
        assert told.event.errors == ()
        assert told.event.metadata["stream"] == "true"


async def test_pieces_need_not_be_items(colour: str) -> None:
    """However the bytes were cut, comments and broken items in between, the items are the same."""
    usage = {"prompt_tokens": 9, "completion_tokens": 4.0, "total_tokens": 13}
    lines = [
        b": hello\r\n\r\ndata:\n\n",
        b"data: " + json.dumps(chunk({"content": "h\u00e9llo"})).encode() + b"\r\n\r\n",
        b"data: " + json.dumps(chunk({"content": 7})).encode() + b"\n\n",
        b"data: " + json.dumps(chunk({"content": "!"}, "stop", usage=usage)).encode() + b"\n\n",
        b"data: [DONE]",
    ]
    body = b"".join(lines)
    cut = [body[start : start + 7] for start in range(0, len(body), 7)]
    with telling(redaction="full") as told:
        client, _ = faked(
            colour, told, [streamed(*cut, headers={"content-type": "text/event-stream"})]
        )
        await items(await done(client.chat.completions.create(**ASKED, stream=True)))
        event = told.event
    assert event.response.text == "h\u00e9llo!"
    assert (event.prompt.tokens, event.response.tokens) == (9, 4)
    assert event.errors == ()


@pytest.mark.parametrize("declared", ["application/json", "text/event-stream"])
async def test_a_stream_that_comes_as_a_whole(colour: str, declared: str) -> None:
    """Some servers do not stream, though they are asked to: it counts as any answer."""
    answer = streamed(json.dumps(chat("whole")).encode(), headers={"content-type": declared})
    with telling(redaction="full") as told:
        client, _ = faked(colour, told, [answer])
        await items(await done(client.chat.completions.create(**ASKED, stream=True)))
        event = told.event
    assert (event.response.text, event.prompt.tokens) == ("whole", 1000)
    assert event.errors == ()


async def test_a_call_that_is_given_up() -> None:
    """A cancelled call is told of, once."""
    begun = asyncio.Event()

    async def answer(_: Request) -> Any:
        begun.set()
        await asyncio.Event().wait()

    with telling() as told:
        client, _ = faked("async", told, answer)
        task = asyncio.create_task(client.chat.completions.create(**ASKED))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told.event.errors == ("CancelledError",)


async def test_a_stream_that_is_given_up() -> None:
    """As the whole call."""
    begun = asyncio.Event()

    class Silent:
        closed = False

        def open_transport(self, *, synchronous: bool) -> Any:
            return self

        async def send(self, request: Request) -> Response:
            headers = {"content-type": "text/event-stream"}
            stream: Any = self
            return Response(200, headers, request=request, stream=stream)

        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> bytes:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def aclose(self, *, grace: float = 0.0) -> None: ...

    with telling() as told:
        client = instrument(made("async", transport=Silent()), told)
        stream = await client.chat.completions.create(**ASKED, stream=True)
        task = asyncio.create_task(anext(stream))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told.event.errors == ("CancelledError",)


async def test_the_surroundings_of_a_call(colour: str) -> None:
    """Are told where the call began, and go before what is said once for all calls."""
    with telling() as told:
        answers = [sse(chunk({"content": "a"}, "stop"))]
        client, _ = faked(
            colour, told, answers, metadata={"team": "a", "user": "none"}, service_name="shop"
        )
        with telemetry_context(user="u-1"):
            stream = await done(client.chat.completions.create(**ASKED, stream=True))
        await items(stream)
        event = told.event
    assert (event.service_name, event.metadata["user"], event.metadata["team"]) == (
        "shop",
        "u-1",
        "a",
    )


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://acme.openai.azure.com/openai", "azure.ai.openai"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("http://localhost:8000/v1", None),
    ],
)
async def test_who_answers(colour: str, url: str, provider: str | None) -> None:
    """Is known by the host, or told by who instruments."""
    with telling() as told:
        transport = FakeTransport(lambda _: response(json=chat()))
        client = instrument(made(colour, base_url=url, transport=transport), told)
        await done(client.chat.completions.create(**ASKED))
        instrument(uninstrument(client), told, provider="acme")
        await done(client.chat.completions.create(**ASKED))
        first, second = told.events
    assert first.metadata.get("gen_ai.provider.name") == provider
    assert second.metadata["gen_ai.provider.name"] == "acme"


async def test_any_client_of_the_family(colour: str) -> None:
    """Takes the policy, or names the plugin."""
    kind: Any = SyncClient if colour == "sync" else AsyncClient
    with telling() as told:
        for option in (
            {"call_policies": [TelemetryPolicy(told)]},
            {"plugins": [telemetry_plugin(told)]},
        ):
            transport = FakeTransport([response(json=chat()), response(json=[])])
            client = kind(base_url="http://server.test", transport=transport, **option)
            await done(client.request("POST", "/chat/completions", body=ASKED))
            await done(client.request("GET", "/chat/completions"))
        assert [each.prompt.tokens for each in told.events] == [1000, 1000]


class Broken:
    """Fails at everything."""

    def track(self, *_: Any, **__: Any) -> bool:
        """Fail."""
        raise RuntimeError


async def test_failures_of_telemetry(colour: str, caplog: pytest.LogCaptureFixture) -> None:
    """Are no failures of calls: neither at their beginning, nor while they last, nor at their end."""
    caplog.set_level(logging.DEBUG, "sdk_telemetry.instrumentation")
    answers = [response(json=chat()), sse(chunk({"content": "hi"})), APIConnectionError()]
    client, _ = faked(colour, Broken(), answers)
    assert (await done(client.chat.completions.create(**ASKED))).choices
    assert await items(await done(client.chat.completions.create(**ASKED, stream=True)))
    with pytest.raises(APIConnectionError):
        await done(client.chat.completions.create(**ASKED))

    class NoSpans:
        content = False

        def start(self, *_: Any, **__: Any) -> Any:
            raise RuntimeError

    with telling() as told:
        client, _ = faked(colour, told, [response(json=chat())], spans=NoSpans())
        assert (await done(client.chat.completions.create(**ASKED))).choices
        assert told.events == []
    assert len(caplog.records) == 4


async def test_uninstrumented_clients(colour: str) -> None:
    """Tell nothing more; copies from before go on, and other policies stay."""
    with telling() as told:
        client, _ = faked(colour, told, lambda _: response(json=chat()))
        copy = client.with_options(timeout=9)
        assert uninstrument(client) is client
        await done(client.chat.completions.create(**ASKED))
        assert told.events == []
        await done(copy.chat.completions.create(**ASKED))
        assert len(told.events) == 1
        uninstrument(client)
        assert client.call_policies == ()


def test_what_cannot_be_instrumented() -> None:
    """Is refused with what to do."""
    client: Any = OpenAI(api_key="x")
    track = Broken()
    with pytest.raises(ConfigurationError, match=r"`client` must be .* not builtins\.str"):
        instrument("client", track)  # type: ignore[type-var]
    with pytest.raises(ConfigurationError, match="`client`"):
        uninstrument(None)  # type: ignore[type-var]
    with pytest.raises(ConfigurationError, match="`telemetry` must be a TelemetryClient, not int"):
        instrument(client, 3)  # type: ignore[arg-type]
    instrument(client, track)
    with pytest.raises(ConfigurationError, match="instrumented already"):
        instrument(client.with_options(timeout=3), track)
    assert repr(client.call_policies) == "(TelemetryPolicy(),)"
    client.close()


async def test_entering_a_client_that_is_instrumented(colour: str) -> None:
    """Changes nothing of its ways."""
    with telling() as told:
        client, transport = faked(colour, told, [response(json=chat())])
        async with entered(client):
            await done(client.chat.completions.create(**ASKED))
        assert "traceparent" not in transport.requests[0].headers
        assert len(told.events) == 1


async def test_a_stream_that_just_ends(colour: str) -> None:
    """Is one that was cut, as its reader says, too."""
    with telling() as told:
        client, _ = faked(colour, told, [sse(chunk({"content": "hi"}), done=False)])
        stream = await done(client.chat.completions.create(**ASKED, stream=True))
        with pytest.raises(APIConnectionError):
            await items(stream)
        assert told.event.errors == ("StreamInterruptedError",)


async def test_texts_can_be_spared(colour: str) -> None:
    """Whatever the redaction keeps; and other calls than those of models are not told of."""
    with telling(redaction="full") as told:
        client, _ = faked(
            colour, told, lambda _: response(json=chat("an answer")), capture_content=False
        )
        await done(client.chat.completions.create(**ASKED))
        await done(client.post("/else", cast_to=object, body={}))
        event = told.event
    assert (event.prompt.text, event.response.text) == ("", "")
    assert event.metadata["response_chars"] == "9"


async def test_bodies_that_are_read_while_they_are_sent(colour: str) -> None:
    """Are left to who sends them."""
    with telling() as told:
        client, _ = faked(colour, told, [response(json={})])
        await done(client.post("/completions", cast_to=object, content=BytesIO(b"{}")))
        assert told.event.model == "unknown"


def test_who_looks_on_is_told_of_the_end_once() -> None:
    """And its failures are nobody's."""
    told: list[Any] = []

    class Reading:
        def feed(self, piece: bytes) -> None:
            told.append(piece)

        def end(self, error: BaseException | None, *, whole: bool) -> None:
            told.append((error, whole))
            raise RuntimeError

    body = Watched(Pieces(), Reading())
    pieces = iter(body)
    assert next(pieces) == b"a"
    body.hurry(1)
    body.close()
    body.abandon()
    assert next(pieces) == b"b"
    assert told == [b"a", (None, False)]


class Pieces:
    """A body of two pieces, which can neither be hurried nor abandoned."""

    def __iter__(self) -> Any:
        return iter([b"a", b"b"])

    def close(self, *, grace: float = 0.0) -> None:
        """Let go of nothing."""
