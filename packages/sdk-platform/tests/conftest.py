"""What the tests share: one real server, both colours, and an environment without surprises."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from sdk_platform import AsyncPlatformClient, PlatformClient
from sdk_server.testing import RunningServer, running_server

from ._calls import close

Connect = Callable[..., Any]


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


@pytest.fixture
async def connect(colour: str, server: RunningServer) -> AsyncIterator[Connect]:
    """Return what makes clients of the running server, unless options say otherwise."""
    kind: Any = PlatformClient if colour == "sync" else AsyncPlatformClient
    async with AsyncExitStack() as stack:

        def make(**options: Any) -> Any:
            made = kind(**{"base_url": server.platform_url, **options})
            stack.push_async_callback(close, made)
            return made

        yield make


@pytest.fixture
def ada(server: RunningServer) -> dict[str, str]:
    """Return the name and the password of the one user that there is."""
    return {"username": server.admin_user, "password": server.admin_password}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what the machine that runs the tests knows out of them."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "SDK_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home" / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home" / "config"))
