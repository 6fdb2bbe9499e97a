"""Single flight: a thousand that find a token expired, and one that renews it, at a real server."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import anyio
import attrs
import pytest

from sdk_auth._oauth import OAuth
from sdk_auth.grants import Password
from sdk_core._engines import open_transport
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.testing import response

from ._server.running import OAuthServer

MANY = 1000


class _Split:
    """Sends what is for the OAuth server there, over sockets; the API answers here, at once."""

    closed = False

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.real = open_transport(None, None, synchronous=True)
        self.shown: Counter[str] = Counter()
        self.lock = threading.Lock()

    def send(self, sent: Any) -> Any:
        if sent.url.startswith(self.issuer):
            return self.real.send(sent)
        with self.lock:
            self.shown[sent.headers["authorization"]] += 1
        return response(json={}, request=sent)

    def close(self) -> None:
        self.real.close()


class _AsyncSplit:
    closed = False

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.real = open_transport(None, None, synchronous=False)
        self.shown: Counter[str] = Counter()

    async def send(self, sent: Any) -> Any:
        if sent.url.startswith(self.issuer):
            return await self.real.send(sent)
        self.shown[sent.headers["authorization"]] += 1
        return response(json={}, request=sent)

    async def aclose(self) -> None:
        await self.real.aclose()


@pytest.fixture
def oauth(oauth_server: OAuthServer) -> OAuth:
    """Return a policy whose refresh tokens are good for one use: two renewals end the login."""
    return OAuth(
        Password(
            client_id="service",
            client_secret="service-secret-1",
            username="alice",
            password="alice-password",
            issuer=oauth_server.issuer,
        )
    )


def _expire(oauth: OAuth) -> None:
    assert oauth._held is not None
    oauth._held = attrs.evolve(oauth._held, soft=0.0, hard=0.0)


def _threads(work: Any) -> None:
    start = threading.Barrier(MANY)

    def run() -> None:
        start.wait(60)
        work()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_a_thousand_threads_renew_once(oauth_server: OAuthServer, oauth: OAuth) -> None:
    """All of them then show the new token."""
    split = _Split(oauth_server.issuer)
    with SyncClient(base_url="https://api.example.com", auth=oauth, transport=split) as client:
        client.request("GET", "/")
        _expire(oauth)
        before, old = oauth_server.requests["token"], set(split.shown)
        done: list[Any] = []
        _threads(lambda: done.append(client.request("GET", "/")))
    assert len(done) == MANY
    assert oauth_server.requests["token"] - before == 1
    (new,) = set(split.shown) - old
    assert split.shown[new] == MANY


@pytest.mark.anyio
async def test_a_thousand_tasks_renew_once(oauth_server: OAuthServer, oauth: OAuth) -> None:
    """In asyncio and in trio."""
    split = _AsyncSplit(oauth_server.issuer)
    async with AsyncClient(
        base_url="https://api.example.com", auth=oauth, transport=split
    ) as client:
        await client.request("GET", "/")
        _expire(oauth)
        before, old = oauth_server.requests["token"], set(split.shown)
        async with anyio.create_task_group() as group:
            for _ in range(MANY):
                group.start_soon(client.request, "GET", "/")
    assert oauth_server.requests["token"] - before == 1
    (new,) = set(split.shown) - old
    assert split.shown[new] == MANY


@pytest.mark.anyio
async def test_threads_and_tasks_renew_once_together(
    oauth_server: OAuthServer, oauth: OAuth
) -> None:
    """One policy serves a blocking and an asynchronous client at the same time."""
    blocking, loop = _Split(oauth_server.issuer), _AsyncSplit(oauth_server.issuer)
    with SyncClient(base_url="https://api.example.com", auth=oauth, transport=blocking) as sync:
        sync.request("GET", "/")
        _expire(oauth)
        before = oauth_server.requests["token"]
        start = threading.Barrier(51)

        def work() -> None:
            start.wait(60)
            sync.request("GET", "/")

        threads = [threading.Thread(target=work, daemon=True) for _ in range(50)]
        for thread in threads:
            thread.start()
        async with (
            AsyncClient(base_url="https://api.example.com", auth=oauth, transport=loop) as client,
            anyio.create_task_group() as group,
        ):
            for _ in range(50):
                group.start_soon(client.request, "GET", "/")
            start.wait(60)
        for thread in threads:
            thread.join(60)
    assert oauth_server.requests["token"] - before == 1
    assert sum(loop.shown.values()) == 50
    assert sum(blocking.shown.values()) == 51
    assert set(loop.shown) < set(blocking.shown)
