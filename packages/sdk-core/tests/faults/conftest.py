"""What the tests of this folder share: trust, engines that have been started, and no waiting."""

from __future__ import annotations

import gc
import random
from typing import Any

import pytest

from sdk_core.policies import Retry

from ._lanes import LANES, Lane, done
from ._server import FaultServer
from ._world import Certificates


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Make an authority, whose file clients can trust."""
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Let each engine load and start what it keeps for the process, and spare it collections."""
    for lane in LANES:
        with FaultServer() as server:
            lane.run(_ask_once(lane, f"http://127.0.0.1:{server.port}"))
    gc.collect()
    gc.freeze()


async def _ask_once(lane: Lane, url: str) -> None:
    client = lane.connect(url)
    assert await done(client.request("GET", "/")) == {"ok": True}
    await done(client.close())


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no retry wait longer than the server asks for."""
    init: Any = Retry.__init__
    defaults = tuple(_zero if value is random.random else value for value in init.__defaults__)
    monkeypatch.setattr(init, "__defaults__", defaults)


def _zero() -> float:
    return 0.0
