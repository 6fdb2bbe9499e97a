"""One real server for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdk_server.testing import RunningServer, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Run the server as users do, in a process of its own; it obeys `X-SDK-Fault`."""
    with running_server(faults=True) as running:
        yield running


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run asynchronous tests in both kinds of loop."""
    return str(request.param)
