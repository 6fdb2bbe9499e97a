"""Time one contender; `python -m bench._worker CONTENDER URL` answers each line it is sent.

A line is a measure and a count; the answer is seconds of CPU, of all threads of this process, and
seconds of wall time for that many operations. It ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, TypeAlias

from . import _wire
from ._contenders import Facade, contender

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._contenders import AsyncCaller, Caller, Reader

CONCURRENT = 100

Work: TypeAlias = "Callable[[int], Coroutine[None, None, None] | None]"
"""Does a measure's operation that many times; what it returns is run in the event loop."""


class WrongAnswerError(Exception):
    """A contender read something else than what the server sent."""


def _check(expected: object, actual: object) -> None:
    if actual != expected:
        msg = f"expected {expected!r:.80}, got {actual!r:.80}"
        raise WrongAnswerError(msg)


def calls(client: Caller) -> dict[str, Work]:
    """Return the measure of calls one after the other."""

    def sync(count: int) -> None:
        for _ in range(count):
            _check(_wire.ANSWER, client.call())

    return {"sync": sync}


def async_calls(client: AsyncCaller) -> dict[str, Work]:
    """Return the measures of calls in an event loop, one at a time and many at once."""

    async def one(count: int) -> None:
        for _ in range(count):
            _check(_wire.ANSWER, await client.acall())

    async def many(count: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CONCURRENT):
                tasks.create_task(one(count // CONCURRENT))

    return {"async-1": one, f"async-{CONCURRENT}": many}


def reads(client: Reader) -> dict[str, Work]:
    """Return the measures of answers that are large, or come in pieces."""

    def stream(count: int) -> None:
        _check(_wire.TOKEN * count, client.stream(f"burst-{count}"))

    def paced(count: int) -> None:
        _check(_wire.TOKEN * count, client.stream(f"paced-{count}"))

    async def astream(count: int) -> None:
        _check(_wire.TOKEN * count, await client.astream(f"burst-{count}"))

    def embed(count: int) -> None:
        for _ in range(count):
            _check((_wire.VECTORS, _wire.DIMENSIONS), client.embed())

    return {"stream": stream, "stream-paced": paced, "stream-async": astream, "embeddings": embed}


def helpers(client: Facade) -> dict[str, Work]:
    """Return the measures of streams whose answer is also put together."""

    def helper(count: int) -> None:
        _check(_wire.TOKEN * count, client.helper(f"burst-{count}"))

    async def ahelper(count: int) -> None:
        _check(_wire.TOKEN * count, await client.ahelper(f"burst-{count}"))

    return {"helper": helper, "helper-async": ahelper}


def _run(runner: asyncio.Runner, work: Work, count: int) -> None:
    operation = work(count)
    if operation is not None:
        runner.run(operation)


def serve(measures: Mapping[str, Work]) -> None:
    """Serve *measures*, by the names that are asked for, until the input ends."""
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            measure, warm, count = line.split()
            # Connections that sat idle while others had their turn are opened again out of account.
            _run(runner, measures[measure], int(warm))
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            _run(runner, measures[measure], int(count))
            print(time.process_time() - cpu, time.perf_counter() - wall, flush=True)


if __name__ == "__main__":
    contestant = contender(sys.argv[1], sys.argv[2])
    measures = calls(contestant) | async_calls(contestant) | reads(contestant)
    if isinstance(contestant, Facade):
        measures |= helpers(contestant)
    serve(measures)
