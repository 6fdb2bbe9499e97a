"""
The platform in one client: sign in, find a model, download a file of it, ask it a question.

Run it with ``SDK_PLATFORM_API_BASE_URL``, ``PLATFORM_USERNAME`` and ``PLATFORM_PASSWORD`` set, of a
server that was started with ``--faults``: it breaks the connection of the download, twice.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from sdk_auth import FileStore
from sdk_core.progress import Bar
from sdk_platform import (
    AsyncPlatformClient,
    NotSignedInError,
    PlatformClient,
    SessionEndedError,
    WrongPasswordError,
)

USERNAME = os.environ.get("PLATFORM_USERNAME", "admin")
PASSWORD = os.environ.get("PLATFORM_PASSWORD", "")


def sign_in(client: PlatformClient) -> None:
    """Sign in if nobody is, and say what keeps others out."""
    try:
        user = client.auth.whoami()
    except (NotSignedInError, SessionEndedError):
        user = client.auth.login(USERNAME, PASSWORD)
    print(f"signed in as {user.username}")
    try:
        client.auth.login(USERNAME, "a guess")
    except WrongPasswordError as error:
        print(f"{type(error).__name__}: {error}")


def work(client: PlatformClient, folder: Path) -> None:
    """Find a model, download a file of it over a bad line, and ask it."""
    for model in client.models.search(capabilities=["chat"]):
        files = client.models.list_files(model.id).collect()
        print(f"{model.id} has {', '.join(f'{file.name} ({file.size} bytes)' for file in files)}")

    bad_line = client.with_options(default_headers={"X-SDK-Fault": "cut=5; times=2; id=example"})
    path = bad_line.models.download(
        "echo-1", "weights.bin", to=folder / "weights.bin", progress=Bar("weights.bin", sys.stdout)
    )
    print(f"downloaded {path.name}, {path.stat().st_size} bytes; the connection broke twice")

    answer = client.openai.chat.completions.create(
        model="echo-1", messages=[{"role": "user", "content": "Hello, platform!"}]
    )
    print(f"answered: {answer.choices[0].message.content}")


async def work_later(store: FileStore, folder: Path) -> None:
    """Do the same, awaited, in a program that finds the session in the store."""
    async with AsyncPlatformClient(store=store) as client:
        await client.auth.refresh()  # which calls do by themselves when it is time
        found = [model.id async for model in client.models.search("embed")]
        path = await client.models.download(found[0], "config.json", to=folder / "config.json")
        print(f"later {found[0]}: {path.read_text('utf-8').splitlines()[1].strip()}")
        stream = await client.openai.chat.completions.create(
            model="echo-1", messages=[{"role": "user", "content": "Bye!"}], stream=True
        )
        pieces = [choice.delta.content or "" async for chunk in stream for choice in chunk.choices]
        print(f"later answered: {''.join(pieces)}")


def main() -> None:
    """Sign in once, work twice, sign out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = FileStore(folder / "tokens")  # the default is at home
        with PlatformClient(store=store) as client:
            sign_in(client)
            work(client, folder)
        asyncio.run(work_later(store, folder))
        with PlatformClient(store=store) as client:
            client.auth.logout()
            try:
                client.auth.whoami()
            except NotSignedInError:
                print("signed out")


if __name__ == "__main__":
    main()
