"""Servers and clients that several test files share."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sdk_server.testing import RunningServer, running_server

from ._upstreams import Upstream, proxy, raw_upstream


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run async tests on both event loops."""
    return str(request.param)


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Run one real server, which obeys fault headers, for all tests that only ask it."""
    with running_server(faults=True) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    """Return a client that sends the admin's API key."""
    headers = {"authorization": f"Bearer {server.api_key}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as made:
        yield made


@pytest.fixture(scope="session")
def through(server: RunningServer) -> Iterator[httpx.Client]:
    """Return a client of a proxy whose upstream is the echo server."""
    with proxy(f"{server.inference_url}/", key=server.api_key) as made:
        yield made


@pytest.fixture(scope="session")
def upstream() -> Upstream:
    """Return the upstream behind `crooked`."""
    return Upstream()


@pytest.fixture(scope="session")
def crooked(upstream: Upstream) -> Iterator[httpx.Client]:
    """Return a client of a proxy whose upstream is `upstream`."""
    with raw_upstream(upstream) as url, proxy(url) as made:
        yield made
