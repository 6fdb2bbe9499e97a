"""Every way in which a call can travel: an engine, and what runs it. The one list of them."""

from __future__ import annotations

import inspect
import ssl
import sys
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, Literal, TypeVar
from unittest.mock import patch

import anyio.lowlevel
import attrs
import httpx
import httpx2

from sdk_core import _httpcore
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.transports import HTTPX, Aiohttp, Httptools, Pyreqwest

T = TypeVar("T")
Loop = Literal["sync", "asyncio", "trio"]


@attrs.frozen
class Lane:
    """
    An engine in a colour.

    Attributes:
        engine: Whose sockets they are.
        loop: What runs the calls; ``sync`` is no loop at all.
        options: What a client is given to use it, for the file of the authorities that it trusts;
            made inside the loop, for every client anew.
    """

    engine: str
    loop: Loop
    options: Callable[[str | None], dict[str, Any]] = attrs.field(repr=False)

    @property
    def id(self) -> str:
        """The name in a test's name."""
        return f"{self.engine}-{self.loop}"

    def connect(self, url: str, trust: str | None = None, **options: Any) -> Any:
        """Return a client that trusts the authorities in the file *trust*; for use inside `run`."""
        options.setdefault("max_retries", 0)
        kind: Any = SyncClient if self.loop == "sync" else AsyncClient
        return kind(base_url=url, **self.options(trust), **options)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run *main* to its end, in a loop of its own where there is one."""
        alone = self.engine == "httpcore"
        with patch.object(_httpcore, "alone", lambda: alone):
            return self._run(main)

    def _run(self, main: Coroutine[Any, Any, T]) -> T:
        if self.loop == "asyncio":
            import asyncio  # noqa: PLC0415  # each loop is for its own lanes

            return asyncio.run(main)
        if self.loop == "trio":
            import trio  # noqa: PLC0415  # as above

            async def coroutine() -> T:
                return await main

            return trio.run(coroutine)
        try:
            main.send(None)
        except StopIteration as stop:
            result: T = stop.value
            return result
        msg = "a blocking client waited for a loop"
        raise AssertionError(msg)

    async def breathe(self) -> None:
        """Let the loop look at what has come, and end what is ending, as it would in any program."""
        for _ in range(10 if self.loop != "sync" else 0):
            await anyio.lowlevel.checkpoint()

    def tasks(self) -> int:
        """Return how many tasks the running loop has."""
        if self.loop == "asyncio":
            return len(sys.modules["asyncio"].all_tasks())
        if self.loop == "trio":
            living: int = sys.modules["trio"].lowlevel.current_statistics().tasks_living
            return living
        return 0


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


async def items(stream: Any) -> list[Any]:
    """Return what a stream of either colour holds."""
    return [item async for item in stream] if hasattr(stream, "__anext__") else list(stream)


_LOOPS: tuple[Loop, ...] = ("sync", "asyncio", "trio")
_Options = Callable[[str | None], dict[str, Any]]


def _engine(kind: Callable[..., Any], default: dict[str, Any]) -> _Options:
    return lambda trust: default if trust is None else {"transport": kind(verify=trust)}


def _own(client: Callable[..., Any]) -> _Options:
    return lambda trust: {"http_client": client(verify=_trusting(trust))}


@cache  # it takes longer to read the authorities than to make a call
def _trusting(trust: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=trust)


def _lanes() -> list[Lane]:
    lanes = [Lane("httpx", loop, _engine(HTTPX, {})) for loop in _LOOPS]
    # The same where nobody has imported httpx.
    lanes += [Lane("httpcore", loop, _engine(HTTPX, {})) for loop in _LOOPS]
    fast = _engine(Pyreqwest, {"transport": "pyreqwest"})
    lanes += [Lane("pyreqwest", loop, fast) for loop in _LOOPS if loop != "trio"]
    parser = _engine(Httptools, {"transport": "httptools"})
    lanes += [Lane("httptools", loop, parser) for loop in _LOOPS if loop != "trio"]
    lanes += [Lane("aiohttp", "asyncio", _engine(Aiohttp, {"transport": "aiohttp"}))]
    for family in (httpx, httpx2):
        for loop in _LOOPS:
            client = family.Client if loop == "sync" else family.AsyncClient
            lanes.append(Lane(f"{family.__name__}.Client", loop, _own(client)))
    return lanes


LANES = _lanes()
