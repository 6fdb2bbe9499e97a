"""
What the tests of other people's libraries share: a real server.

Run by ``./dev thirdparty:run``, in an environment that has the libraries, under
``python -m sdk_openai_compat run``: whatever they import as openai is this family's package.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from sdk_server.testing import RunningServer, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """Run the server as users do, in a process of its own; it obeys `X-SDK-Fault`."""
    with running_server(faults=True) as running:
        yield running


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, server: RunningServer) -> None:
    """Let libraries that read the environment find the server, and nothing else."""
    for name in os.environ:
        if name.startswith(("OPENAI_", "AZURE_", "LANGCHAIN_", "LANGSMITH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OPENAI_BASE_URL", server.inference_url)
    monkeypatch.setenv("OPENAI_API_KEY", server.api_key)
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Most of the libraries know asyncio alone."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def _one_loop(anyio_backend: str) -> AsyncIterator[None]:
    """Run all tests in one loop: langchain keeps a client of httpx2 for the whole process."""
    yield  # noqa: PT022  # the loop lasts as long as this
