"""Give every exchange an identifier."""

from __future__ import annotations

import re
import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SANE = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
_KEY = "sdk_server.request_id"


def request_id(scope: Scope) -> str:
    """Return the identifier of the exchange that `scope` belongs to."""
    return str(scope.get(_KEY, "unknown"))


class RequestIdentity:
    """Put `x-request-id` on every answer; a sane one from the client is kept.

    Args:
        app: The ASGI application to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        identity = sent if _SANE.fullmatch(sent) else f"req_{secrets.token_hex(12)}"
        scope[_KEY] = identity

        async def identify(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["x-request-id"] = identity
            await send(message)

        await self.app(scope, receive, identify)
