"""Processes that share a store: one of them renews, and all of them go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from sdk_auth import FileStore, OAuth, Password, TokenClient
from sdk_auth.tokens import Token

PROCESSES = 8
COLOURS = ("sync", "asyncio", "trio")

WORKER = """
import sys
from sdk_auth import FileStore, OAuth, Password
from sdk_core.clients import AsyncClient, SyncClient

colour, folder, issuer, secret, password = sys.argv[1:]
grant = Password(
    token_url=f"{issuer}/token",
    client_id="service",
    client_secret=secret,
    username="alice",
    password=password,
)
oauth = OAuth(grant, store=FileStore(folder))


def blocking():
    with SyncClient(base_url=issuer, auth=oauth) as client:
        print("up", flush=True)
        sys.stdin.readline()
        return client.request("GET", "/resource")


async def waiting():
    async with AsyncClient(base_url=issuer, auth=oauth) as client:
        print("up", flush=True)
        sys.stdin.readline()
        return await client.request("GET", "/resource")


if colour == "sync":
    found = blocking()
else:
    import anyio

    found = anyio.run(waiting, backend="trio" if colour == "trio" else "asyncio")
print(found["user"], flush=True)
"""


@pytest.mark.slow
def test_one_of_eight_processes_renews(oauth_server: Any, tmp_path: Path) -> None:
    """The refresh token is good for one use, so that a second one would end the sign-in of all."""
    store = FileStore(tmp_path / "tokens")
    grant = Password(
        token_url=oauth_server.token_url,
        client_id="service",
        client_secret="service-secret-1",
        username="alice",
        password="alice-password",
    )
    with TokenClient() as client:
        token = client.login(OAuth(grant, store=store))
    assert token.expires_at is not None
    store.save(grant.key, attrs.evolve(token, expires_at=token.issued_at - 1))
    oauth_server.forms.clear()
    workers = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", WORKER, COLOURS[number % 3], store.path),
                *(oauth_server.issuer, "service-secret-1", "alice-password"),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "up\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0] for worker in workers]
    assert said == ["alice\n"] * PROCESSES
    assert [form["grant_type"] for form in oauth_server.forms] == ["refresh_token"]
    kept = store.load(grant.key)
    assert isinstance(kept, Token)
    assert kept.access_token != token.access_token
