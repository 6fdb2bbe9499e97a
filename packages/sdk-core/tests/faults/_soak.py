"""
Make thousands of calls of all kinds; print what they left behind.

`python _soak.py URL CALLS` is a process of its own, so that nothing but the client is counted. The
server's paths: ``/ok``, ``/no`` (a refusal), ``/again`` (a refusal, once), ``/moved``, ``/cut``,
``/events``.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import threading
from collections.abc import Callable, Coroutine
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.errors import APIConnectionError, NotFoundError

WARM = 1_000
ROUNDS = 3
AT_ONCE = 10
# Of each hundred calls: what a busy program meets in a bad week.
MIX = (
    *["ok"] * 45,
    *["post"] * 10,
    *["no"] * 10,
    *["again"] * 5,
    *["moved"] * 5,
    *["cut"] * 5,
    *["stream"] * 10,
    *["dropped"] * 10,
)


def call(client: SyncClient, kind: str) -> None:
    """Make one call; *kind* says how it goes."""
    if kind == "no":
        _refused(lambda: client.request("GET", "/no"), NotFoundError)
    elif kind == "cut":
        _refused(lambda: client.request("GET", "/cut"), APIConnectionError)
    elif kind == "post":
        assert client.request("POST", "/ok", body={"a": "b" * 2000}) == {"ok": True}
    elif kind == "stream":
        assert len(list(client.request("GET", "/events", stream=True))) == 3
    elif kind == "dropped":
        assert next(client.request("GET", "/events", stream=True)) == {"a": 1}
    elif kind == "again":
        assert client.with_options(max_retries=1).request("GET", "/again") == {"ok": True}
    else:
        assert client.request("GET", f"/{kind}") == {"ok": True}


def _refused(ask: Callable[[], object], error: type[Exception]) -> None:
    try:
        ask()
    except error:
        return
    raise AssertionError(error)


async def acall(client: AsyncClient, kind: str) -> None:
    """Do as `call` does."""
    if kind == "no":
        await _arefused(client.request("GET", "/no"), NotFoundError)
    elif kind == "cut":
        await _arefused(client.request("GET", "/cut"), APIConnectionError)
    elif kind == "post":
        assert await client.request("POST", "/ok", body={"a": "b" * 2000}) == {"ok": True}
    elif kind == "stream":
        stream = await client.request("GET", "/events", stream=True)
        assert len([item async for item in stream]) == 3
    elif kind == "dropped":
        async with await client.request("GET", "/events", stream=True) as stream:
            assert await anext(stream) == {"a": 1}
    elif kind == "again":
        assert await client.with_options(max_retries=1).request("GET", "/again") == {"ok": True}
    else:
        assert await client.request("GET", f"/{kind}") == {"ok": True}


async def _arefused(ask: Coroutine[Any, Any, object], error: type[Exception]) -> None:
    try:
        await ask
    except error:
        return
    raise AssertionError(error)


async def _some(client: AsyncClient, calls: int) -> None:
    for number, kind in enumerate(islice(cycle(MIX), calls)):
        if number % 20:
            await acall(client, kind)
            continue
        cancelled = asyncio.create_task(acall(client, kind))
        for _ in range(number // 20 % 8):  # at one wait or another
            await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)


async def _at_once(url: str, calls: int, noted: list[dict[str, int]]) -> None:
    async with AsyncClient(base_url=url, max_retries=0) as client:
        for number in (WARM, *[calls // ROUNDS] * ROUNDS):
            async with asyncio.TaskGroup() as tasks:
                for _ in range(AT_ONCE):
                    tasks.create_task(_some(client, number // AT_ONCE))
            noted.append(held())


def held() -> dict[str, int]:
    """Return what this process holds on to."""
    gc.collect()
    status = Path("/proc/self/status")
    resident = [x for x in status.read_text().splitlines() if x.startswith("VmRSS")]
    return {
        "blocks": sys.getallocatedblocks(),  # tracemalloc would make the calls five times as slow
        "resident_kb": int(resident[0].split()[1]),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }


def main() -> None:
    """Run both colours; print what each held after its first calls, and after each round of others."""
    url, calls = sys.argv[1], int(sys.argv[2])
    blocking: list[dict[str, int]] = []
    with SyncClient(base_url=url, max_retries=0) as client:
        for number in (WARM, *[calls // ROUNDS] * ROUNDS):
            for kind in islice(cycle(MIX), number):
                call(client, kind)
            blocking.append(held())
    waiting: list[dict[str, int]] = []
    asyncio.run(_at_once(url, calls, waiting))
    json.dump({"sync": blocking, "async": waiting, "left": held()}, sys.stdout)


if __name__ == "__main__":
    main()
