"""Flows that are carried out beside the calls of a client."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.errors import APIConnectionError, ConfigurationError
from sdk_core.flows import AsyncRunner, Runner, compose
from sdk_core.messages import Request, Response
from sdk_core.policies import Finish, Retry, Send
from sdk_core.testing import FakeTransport, play, response
from sdk_core.typing import Flow

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

URL = "https://api.example.com/health"


def health(url: str = URL) -> Flow[int]:
    """Ask once."""
    answer = yield Send(Request("GET", url))
    return int(answer.status_code)


async def run(colour: str, flow: Flow[Any], transport: Any = None) -> Any:
    """Carry *flow* out, and close."""
    if colour == "sync":
        with Runner(transport=transport) as runner:
            return runner.run(flow)
    async with AsyncRunner(transport=transport) as runner_too:
        return await runner_too.run(flow)


@pytest.mark.anyio
async def test_a_runner_carries_a_flow_out(colour: str) -> None:
    """Its result is that of the flow."""
    transport = FakeTransport([response(204)])
    assert await run(colour, health(), transport) == 204
    assert [sent.url for sent in transport.requests] == [URL]


@pytest.mark.anyio
async def test_a_runner_has_an_engine_of_its_own(colour: str, serve: Serve, http: Http) -> None:
    """Nothing has to be given: it connects as clients do."""
    server = serve(lambda _: [http(b"", 204)])
    assert await run(colour, health(server.url)) == 204
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_policies_stand_around_a_flow(colour: str) -> None:
    """As around the calls of a client."""
    transport = FakeTransport([response(503, {"retry-after": "0"}), response(200)])
    flow = compose([Retry(1)])(Request("GET", URL))
    answer = await run(colour, flow, transport)
    assert (answer.status_code, answer.retries_taken) == (200, 1)


@pytest.mark.parametrize("kind", [Runner, AsyncRunner])
def test_what_is_no_engine_is_refused_at_once(kind: Any) -> None:
    """Not by the first flow."""
    with pytest.raises(ConfigurationError, match="`transport`"):
        kind(transport=7)


@pytest.mark.anyio
async def test_what_must_be_finished_is_though_its_caller_is_cancelled() -> None:
    """The flow goes on in the loop until it has its answer."""
    begun, answered, done = anyio.Event(), anyio.Event(), anyio.Event()

    async def answer(_: Request) -> Response:
        begun.set()
        await answered.wait()
        return response(204)

    def work() -> Flow[None]:
        yield Send(Request("GET", URL))
        done.set()

    def flow() -> Flow[None]:
        yield Finish(work())

    async def call(scope: anyio.CancelScope) -> None:
        with scope:
            async with AsyncRunner(transport=FakeTransport(answer)) as runner:
                await runner.run(flow())

    scope = anyio.CancelScope()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, scope)
        await begun.wait()
        scope.cancel()
        answered.set()
        with anyio.fail_after(30):
            await done.wait()


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [False, True])
async def test_what_is_finished_has_a_result(colour: str, fails: bool) -> None:
    """Or an error, which is thrown in, and can be caught."""

    def work() -> Flow[int]:
        if fails:
            raise APIConnectionError
        return (yield from health())

    def flow() -> Flow[Any]:
        try:
            return (yield Finish(work()))
        except APIConnectionError:
            return "caught"

    found = await run(colour, flow(), FakeTransport([response(204)]))
    assert found == ("caught" if fails else 204)
    played = play(flow(), *[response(204)] * (not fails))
    assert played.result == found


def test_a_failure_that_nobody_waits_for_is_no_complaint(caplog: pytest.LogCaptureFixture) -> None:
    """The loop's own words would be about a task that no user knows."""

    async def main() -> None:
        begun, answered = asyncio.Event(), asyncio.Event()

        async def fail(_: Request) -> Response:
            begun.set()
            await answered.wait()
            raise APIConnectionError

        def flow() -> Flow[None]:
            yield Finish(health())

        async with AsyncRunner(transport=FakeTransport(fail)) as runner:
            task = asyncio.create_task(runner.run(flow()))
            await begun.wait()
            task.cancel()
            answered.set()
            with suppress(asyncio.CancelledError):
                await task
            others = asyncio.all_tasks() - {asyncio.current_task()}
            await asyncio.gather(*others, return_exceptions=True)

    asyncio.run(main())
    gc.collect()
    assert caplog.text == ""
