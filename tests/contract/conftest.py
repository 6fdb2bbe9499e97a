"""One real server for all contract tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdk_server.testing import RunningServer, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Run the server as users do, in a process of its own."""
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
def faulty_server() -> Iterator[RunningServer]:
    """Run a server that obeys `X-SDK-Fault`."""
    with running_server(faults=True) as running:
        yield running
