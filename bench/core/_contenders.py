"""`sdk_core` over its engines, doing what the contenders of `bench._contenders` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench._contenders import CHAT, TIMEOUT, contender
from bench._worker import async_calls, calls

if TYPE_CHECKING:
    from bench._worker import Work

ENGINES = {
    "sdk-core": "httpx",
    "sdk-core/aiohttp": "aiohttp",
    "sdk-core/httptools": "httptools",
    "sdk-core/pyreqwest": "pyreqwest",
}


class Core:
    """A client that blocks, without generated code: one operation, every default on."""

    def __init__(self, engine: str, url: str) -> None:
        """Make the client."""
        from sdk_core.clients import SyncClient  # noqa: PLC0415  # one a process

        self._operation = _operation()
        self._client = SyncClient(base_url=url, credential="k", timeout=TIMEOUT, transport=engine)

    def call(self) -> str:
        answer = self._client.call(self._operation, body=CHAT)
        text: str = answer["choices"][0]["message"]["content"]
        return text


class AsyncCore:
    """The asynchronous twin of `Core`."""

    def __init__(self, engine: str, url: str) -> None:
        """Make the client."""
        from sdk_core.clients import AsyncClient  # noqa: PLC0415  # one a process

        self._operation = _operation()
        self._client = AsyncClient(base_url=url, credential="k", timeout=TIMEOUT, transport=engine)

    async def acall(self) -> str:
        answer = await self._client.call(self._operation, body=CHAT)
        text: str = answer["choices"][0]["message"]["content"]
        return text


def _operation() -> Any:
    """Return a chat call, with JSON in and out."""
    from sdk_core.operations import Body, Content, Operation  # noqa: PLC0415  # as above

    return Operation(
        id="createChatCompletion",
        method="POST",
        path="/chat/completions",
        body=Body("application/json", required=True),
        responses={"200": (Content("application/json", "json"),)},
    )


def measures(name: str, url: str) -> dict[str, Work]:
    """Return what the contender called *name* can be measured at, over the API at *url*."""
    engine = ENGINES.get(name)
    if engine is None:
        other = contender(name, url)
        return calls(other) | async_calls(other)
    found = async_calls(AsyncCore(engine, url))
    return found if engine == "aiohttp" else found | calls(Core(engine, url))
