"""What these tests share: clients of both colours over a transport."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

from sdk_core._cassettes import Answer, Recording, Sent, save
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.testing import request

URL = "https://api.example.com/v1"


async def done(value: Any) -> Any:
    """Await what is awaitable: one test for both colours."""
    return await value if inspect.isawaitable(value) else value


def connect(colour: str, transport: Any, base_url: str = URL, **options: Any) -> Any:
    """Return a client of that colour."""
    cls: Any = SyncClient if colour == "sync" else AsyncClient
    options.setdefault("max_retries", 0)
    return cls(base_url=base_url, transport=transport, **options)


async def open_stream(client: Any, **of_request: Any) -> Any:
    """Return the body of an answer that has not been read."""
    answer = await done(client._driver.transport.send(request(stream=True, **of_request)))
    return answer.stream


async def first_of(body: Any, colour: str) -> Any:
    """Read one piece."""
    return next(iter(body)) if colour == "sync" else await anext(aiter(body))


async def pieces_of(body: Any, colour: str) -> list[bytes]:
    """Read a body to its end."""
    return list(body) if colour == "sync" else [piece async for piece in body]


def text_of(file: Path) -> str:
    """Return what *file* holds."""
    return file.read_text(encoding="utf-8")


def recordings(file: Path) -> list[Any]:
    """Return what the cassette *file* has."""
    found: list[Any] = json.loads(text_of(file))["recordings"]
    return found


def make(file: Path, *sent: Sent) -> None:
    """Write a cassette of these requests, which are answered with their numbers."""
    headers = {"content-type": "application/json"}
    save(
        file,
        [
            Recording(each, Answer(200, headers, (b"%d" % number,)))
            for number, each in enumerate(sent)
        ],
    )


def exists(file: Path) -> bool:
    """Return whether there is such a file."""
    return file.exists()


def neighbours(file: Path) -> list[str]:
    """Return the names of what stands in the folder of *file*."""
    return [each.name for each in file.parent.iterdir()]
