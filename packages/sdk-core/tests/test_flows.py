"""Flows that are carried out beside the calls of a client."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from sdk_core.errors import ConfigurationError
from sdk_core.flows import AsyncRunner, Runner, compose
from sdk_core.messages import Request
from sdk_core.policies import Retry, Send
from sdk_core.testing import FakeTransport, response
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
