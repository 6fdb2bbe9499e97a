"""Calls to a real server, in each colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from sdk_openai_compat import AsyncOpenAI, OpenAI

each_colour = pytest.mark.parametrize("colour", ["sync", "asyncio", "trio"])
"""Run a test with the synchronous client, and with the asynchronous one in both its loops."""

QUESTION: list[Any] = [{"role": "user", "content": "How is the weather?"}]
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
]


class Asker:
    """
    Calls the methods of a client by their names.

    Args:
        url: Where the server is, its version included.
        colour: Which client, and which loop.
        options: More of the client's options.
    """

    def __init__(self, url: str, colour: str, **options: Any) -> None:
        self._options = {"base_url": url, "max_retries": 0, "timeout": 60, **options}
        self._colour = colour

    def one(self, method: str, **arguments: Any) -> Any:
        """Return what a call gives."""
        return self._run(method, arguments, lambda result: result)

    def all(self, method: str, **arguments: Any) -> list[Any]:
        """Return the items of what a call gives."""
        items: list[Any] = self._run(method, arguments, None)
        return items

    def _run(self, method: str, arguments: Any, take: Callable[[Any], Any] | None) -> Any:
        if self._colour != "sync":
            return anyio.run(self._arun, method, arguments, take, backend=self._colour)
        with OpenAI(**self._options) as client:
            result = _method(client, method)(**arguments)
            return list(result) if take is None else take(result)

    async def _arun(self, method: str, arguments: Any, take: Callable[[Any], Any] | None) -> Any:
        async with AsyncOpenAI(**self._options) as client:
            started = _method(client, method)(**arguments)
            result = await started if hasattr(started, "__await__") else started
            return [item async for item in result] if take is None else take(result)


def _method(client: Any, name: str) -> Any:
    for part in name.split("."):
        client = getattr(client, part)
    return client


def text_of(chunks: list[Any]) -> str:
    """Return the text of a streamed answer."""
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def finish_of(chunks: list[Any]) -> list[str]:
    """Return the finish reasons of a streamed answer."""
    return [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]


def calls_of(chunks: list[Any]) -> list[tuple[str, str]]:
    """Return the names and arguments of the tool calls of a streamed answer, by their index."""
    found: dict[int, list[str]] = {}
    for chunk in chunks:
        for choice in chunk.choices:
            for piece in choice.delta.tool_calls or ():
                call = found.setdefault(piece.index, ["", ""])
                call[0] += piece.function.name or ""
                call[1] += piece.function.arguments or ""
    return [(name, arguments) for name, arguments in found.values()]
