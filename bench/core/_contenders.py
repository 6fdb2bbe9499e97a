"""`sdk_core` over one of its engines, doing what the contenders of `bench._contenders` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench._contenders import CHAT, TIMEOUT, contender

if TYPE_CHECKING:
    from bench._contenders import Contender

ENGINES = {"sdk-core": None, "sdk-core/pyreqwest": "pyreqwest", "sdk-core/aiohttp": "aiohttp"}


class Core:
    """A client without generated code: one operation, JSON in and out, every default on."""

    def __init__(self, engine: str | None, url: str) -> None:
        """Make both clients, but of aiohttp only the one that there is."""
        from sdk_core.clients import AsyncClient, SyncClient  # noqa: PLC0415  # one a process
        from sdk_core.operations import Body, Content, Operation  # noqa: PLC0415  # as above

        self._operation: Operation[Any] = Operation(
            id="createChatCompletion",
            method="POST",
            path="/chat/completions",
            body=Body("application/json", required=True),
            responses={"200": (Content("application/json", "json"),)},
        )
        options: dict[str, Any] = {"base_url": url, "credential": "k", "timeout": TIMEOUT}
        if engine is not None:
            options["transport"] = engine
        if engine != "aiohttp":
            self._client = SyncClient(**options)
        self._async = AsyncClient(**options)

    def call(self) -> str:
        answer = self._client.call(self._operation, body=CHAT)
        text: str = answer["choices"][0]["message"]["content"]
        return text

    async def acall(self) -> str:
        answer = await self._async.call(self._operation, body=CHAT)
        text: str = answer["choices"][0]["message"]["content"]
        return text

    def stream(self, model: str) -> str:
        raise NotImplementedError(model)  # `bench` measures streams

    def embed(self) -> tuple[int, int]:
        raise NotImplementedError  # as above

    async def astream(self, model: str) -> str:
        raise NotImplementedError(model)  # as above


def make(name: str, url: str) -> Contender:
    """Return the contender called *name*."""
    return Core(ENGINES[name], url) if name in ENGINES else contender(name, url)
