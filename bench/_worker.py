"""Time one contender; `python -m bench._worker CONTENDER URL` answers each line it is sent.

A line is a measure and a count; the answer is seconds of CPU, of all threads of this process, and
seconds of wall time for that many operations. It ends at the end of its input.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from typing import TYPE_CHECKING

from . import _wire
from ._contenders import contender

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ._contenders import Contender

CONCURRENT = 100


class WrongAnswerError(Exception):
    """A contender read something else than what the server sent."""


def _check(expected: object, actual: object) -> None:
    if actual != expected:
        msg = f"expected {expected!r:.80}, got {actual!r:.80}"
        raise WrongAnswerError(msg)


def _operate(client: Contender, measure: str, count: int) -> None:
    """Do one synchronous measure's work."""
    if measure == "sync":
        for _ in range(count):
            _check(_wire.ANSWER, client.call())
    elif measure == "stream":
        _check(_wire.TOKEN * count, client.stream(f"burst-{count}"))
    elif measure == "stream-paced":
        _check(_wire.TOKEN * count, client.stream(f"paced-{count}"))
    else:
        for _ in range(count):
            _check((_wire.VECTORS, _wire.DIMENSIONS), client.embed())


async def _calls(client: Contender, count: int) -> None:
    for _ in range(count):
        _check(_wire.ANSWER, await client.acall())


async def _concurrent_calls(client: Contender, count: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(CONCURRENT):
            tasks.create_task(_calls(client, count // CONCURRENT))


async def _stream(client: Contender, count: int) -> None:
    _check(_wire.TOKEN * count, await client.astream(f"burst-{count}"))


def _operation(client: Contender, measure: str, count: int) -> Coroutine[None, None, None] | None:
    """Return an asynchronous measure's work; None when the measure is a synchronous one."""
    if measure == "async-1":
        return _calls(client, count)
    if measure == "async-100":
        return _concurrent_calls(client, count)
    if measure == "stream-async":
        return _stream(client, count)
    return None


def _run(runner: asyncio.Runner, client: Contender, measure: str, count: int) -> None:
    operation = _operation(client, measure, count)
    if operation is None:
        _operate(client, measure, count)
    else:
        runner.run(operation)


def serve(client: Contender) -> None:
    """Serve measurements of *client* until the input ends."""
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            measure, warm, count = line.split()
            # Connections that sat idle while others had their turn are opened again out of account.
            _run(runner, client, measure, int(warm))
            gc.collect()
            cpu, wall = time.process_time(), time.perf_counter()
            _run(runner, client, measure, int(count))
            print(time.process_time() - cpu, time.perf_counter() - wall, flush=True)


if __name__ == "__main__":
    serve(contender(sys.argv[1], sys.argv[2]))
