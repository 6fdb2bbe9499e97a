"""Call the server's own operations from within, for requests that wait in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import attrs
from starlette.types import ASGIApp, Message, Scope

from ._accounts import Caller

CALLER = "sdk_server.caller"
"""Member of an ASGI scope that says who calls. Only the server itself can set it: what comes over
the network has no such members."""


@attrs.frozen(kw_only=True)
class Dispatched:
    """Hold an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


async def dispatch(
    app: ASGIApp, caller: Caller, path: str, body: bytes, *, method: str = "POST"
) -> Dispatched:
    """Send a request with a JSON body to an ASGI application and return its whole answer.

    Args:
        app: The application.
        caller: Who calls.
        path: The path, such as `/v1/embeddings`.
        body: The JSON text.
        method: The method.
    """
    headers = {b"content-type": b"application/json", b"content-length": b"%d" % len(body)}
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [*headers.items()],
        "client": None,
        "server": None,
        CALLER: caller,
    }
    waiting = [body]
    start: dict[str, Any] = {}
    pieces: list[bytes] = []

    async def receive() -> Message:
        while not waiting:
            # Nobody goes away here; who asks waits until the answer is complete.
            await anyio.sleep_forever()
        return {"type": "http.request", "body": waiting.pop(), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, send)
    told = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    return Dispatched(status=start["status"], headers=told, body=b"".join(pieces))
