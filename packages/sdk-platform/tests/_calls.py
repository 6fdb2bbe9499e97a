"""Calls of clients of either colour."""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sdk_core.typing import Flow
from sdk_server.testing import RunningServer


async def done(value: Any) -> Any:
    """Return a result, awaited where it has to be."""
    return await value if inspect.isawaitable(value) else value


async def items(iterable: Any) -> list[Any]:
    """Return what either kind of iterable gives."""
    if hasattr(iterable, "__aiter__"):
        return [item async for item in iterable]
    return list(iterable)


@asynccontextmanager
async def entered(context: Any) -> AsyncIterator[Any]:
    """Enter either kind of context manager."""
    if hasattr(context, "__aenter__"):
        async with context as value:
            yield value
    else:
        with context as value:
            yield value


async def close(client: Any) -> None:
    """Close a client of either colour."""
    await done(client.close())


def revoke(server: RunningServer, token: str | None) -> None:
    """Have the platform forget a token, as an administrator or a thief would."""
    httpx.post(f"{server.platform_url}/auth/revoke", data={"token": token}).raise_for_status()


def accepted(server: RunningServer, token: str) -> bool:
    """Return whether the platform takes a token."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{server.platform_url}/users/me", headers=headers).status_code == 200


def refused(server: RunningServer, token: str) -> None:
    """Wait until the platform refuses a token, for it has expired."""
    while accepted(server, token):
        time.sleep(0.05)


class Recorder:
    """A policy that keeps the requests that pass it, and their answers' statuses."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.statuses: list[int] = []

    def __call__(self, request: Any, inner: Any) -> Flow[Any]:
        """Pass it on."""
        self.requests.append(request)
        answer = yield from inner(request)
        self.statuses.append(answer.status_code)
        return answer
