"""Instrumented clients of both colours, and what is told of their calls."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sdk_core.testing import FakeTransport, streamed
from sdk_openai_compat import AsyncOpenAI, OpenAI
from sdk_telemetry import TelemetryClient, TelemetryEvent, instrument
from sdk_telemetry.redaction import Redaction
from sdk_telemetry.sinks import MemorySink

from ._consumer import accept

HELLO: Any = [{"role": "user", "content": "hello there"}]


class Told:
    """A telemetry client whose events can be read: each was accepted by the consumer's rules."""

    def __init__(self, **options: Any) -> None:
        self._sink = MemorySink()
        self.client = TelemetryClient(sinks=[self._sink], service_name="tests", **options)

    @property
    def redaction(self) -> Redaction:
        """What is kept of texts."""
        return self.client.redaction

    def track(self, *args: Any, **kwargs: Any) -> bool:
        """Take an event."""
        return self.client.track(*args, **kwargs)

    @property
    def events(self) -> list[TelemetryEvent]:
        """What was told so far."""
        assert self.client.flush(10) == 0
        stats = self.client.stats()
        assert stats.accepted == stats.delivered, stats
        for record in self._sink.records:
            accept(record.payload)
        return self._sink.events

    @property
    def event(self) -> TelemetryEvent:
        """The one event."""
        (event,) = self.events
        return event


@contextmanager
def telling(**options: Any) -> Iterator[Told]:
    """Yield a telemetry client, and close it."""
    told = Told(**options)
    try:
        yield told
    finally:
        assert told.client.close(10) == 0


def made(colour: str, **options: Any) -> Any:
    """Return an OpenAI client of a colour."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    return kind(**{"api_key": "sk-test-0123456789", "base_url": "http://server.test/v1", **options})


def faked(colour: str, told: Any, answers: Any, **options: Any) -> tuple[Any, FakeTransport]:
    """Return an instrumented client without a network, and what carries its calls."""
    transport = FakeTransport(answers)
    client = made(colour, transport=transport, max_retries=options.pop("max_retries", 0))
    return instrument(client, told, **options), transport


def sse(*items: Any, done: bool = True) -> Any:
    """Return an answer that is a stream of *items*."""
    lines = [f"data: {json.dumps(each)}\n\n".encode() for each in items]
    if done:
        lines.append(b"data: [DONE]\n\n")
    return streamed(*lines, headers={"content-type": "text/event-stream"})


def chunk(
    delta: Mapping[str, Any] | None = None, finish: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return a chunk of a chat; without *delta* and *finish* it has no choices."""
    choices: Iterable[Any] = ()
    if delta is not None or finish is not None:
        choices = [{"index": 0, "delta": delta or {}, "finish_reason": finish}]
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": list(choices),
        **more,
    }


def chat(text: str = "hi", **more: Any) -> dict[str, Any]:
    """Return a whole chat."""
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        **more,
    }


async def done(value: Any) -> Any:
    """Return a result, awaited where it has to be."""
    return await value if inspect.isawaitable(value) else value


async def items(iterable: Any) -> list[Any]:
    """Return what either kind of iterable gives."""
    if hasattr(iterable, "__aiter__"):
        return [item async for item in iterable]
    return list(iterable)


@asynccontextmanager
async def entered(context: Any) -> AsyncIterator[Any]:
    """Enter either kind of context manager."""
    if hasattr(context, "__aenter__"):
        async with context as value:
            yield value
    else:
        with context as value:
            yield value
