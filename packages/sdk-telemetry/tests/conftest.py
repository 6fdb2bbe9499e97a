"""What tests share: both colours, and an environment that configures nothing."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio: the asynchronous client is one of it."""
    return "asyncio"


@pytest.fixture(params=["sync", "async"])
def colour(request: pytest.FixtureRequest) -> str:
    """Run a test in both colours."""
    param: str = request.param
    return param


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep settings and proxies of the machine that runs the tests out of them."""
    for name in list(os.environ):
        if name.upper().startswith(
            ("SENTINEL_", "SDK_TELEMETRY_", "OTEL_")
        ) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
