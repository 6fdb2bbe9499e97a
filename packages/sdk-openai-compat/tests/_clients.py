"""Clients of both colours, and an HTTP library that answers by itself."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sdk_openai_compat import AsyncOpenAI, OpenAI
from sdk_server.testing import RunningServer

KEY = "sk-test-0123456789"
HELLO: Any = [{"role": "user", "content": "hello"}]
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "hi", "refusal": None},
        }
    ],
}


class Wire:
    """Answers every request alike, and keeps what was sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer or (lambda _: httpx.Response(200, json=CHAT))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._answer(request)

    @property
    def sent(self) -> httpx.Request:
        """The one request."""
        (request,) = self.requests
        return request

    def client(self, colour: str, **options: Any) -> Any:
        """Return a client that talks to this."""
        return mocked(colour, self, **options)


def mocked(colour: str, answer: Callable[[httpx.Request], httpx.Response], **options: Any) -> Any:
    """Return a client whose requests go to *answer*."""
    transport = httpx.MockTransport(answer)
    options = {"api_key": KEY, "base_url": "http://server/v1", **options}
    if colour == "sync":
        return OpenAI(http_client=httpx.Client(transport=transport), **options)
    return AsyncOpenAI(http_client=httpx.AsyncClient(transport=transport), **options)


def connected(colour: str, server: RunningServer, **options: Any) -> Any:
    """Return a client of the running server."""
    kind: Any = OpenAI if colour == "sync" else AsyncOpenAI
    return kind(**{"base_url": server.inference_url, "api_key": server.api_key, **options})


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
