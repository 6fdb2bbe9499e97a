"""What the tests share: one real server, both colours, an environment without surprises."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sdk_server.testing import RunningServer, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Run the server as users do, in a process of its own; it obeys `X-SDK-Fault`."""
    with running_server(faults=True) as running:
        yield running


@pytest.fixture(params=["sync", "asyncio", "trio"])
def colour(request: pytest.FixtureRequest) -> str:
    """Run the test with the blocking client, and with the asynchronous one in both loops."""
    return str(request.param)


@pytest.fixture
def anyio_backend(colour: str) -> str:
    """Run the test's own coroutine in the loop that its colour needs."""
    return "trio" if colour == "trio" else "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep keys and proxies of the machine that runs the tests out of them."""
    for name in os.environ:
        if name.startswith("OPENAI_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
