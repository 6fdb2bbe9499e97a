"""What the tests of this folder share: a file on a server, and a download in both colours."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core import transfers
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.policies import Retry

from ._remote import DATA, Remote


@pytest.fixture
def remote(serve: Callable[..., SimpleNamespace], http: Callable[..., bytes]) -> Any:
    """Serve a file: ``remote(data, kind, **options)``."""

    def start(data: bytes = DATA, kind: type[Remote] = Remote, **options: Any) -> Remote:
        return kind(data, **options).serve(serve, http)

    return start


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait before the next try."""
    monkeypatch.setattr(transfers, "_waits", Retry(rand=lambda: 0.0))


@pytest.fixture
def fetch(colour: str) -> Any:
    """Download in both colours: ``fetch(url, file, **options)``; a path of the server is ``/file``."""

    def run(
        url: str, file: Path, source: Any = "/file", *, client: Any = None, **options: Any
    ) -> Path:
        given = {"max_retries": 2, **(client or {})}
        if colour == "sync":
            with SyncClient(base_url=url, **given) as sync_client:
                return transfers.download(sync_client, source, file, **options)

        async def arun() -> Path:
            async with AsyncClient(base_url=url, **given) as async_client:
                return await transfers.async_download(async_client, source, file, **options)

        return anyio.run(arun)

    return run
