"""Misbehave on request, for the tests of clients: the request header `X-SDK-Fault`."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import anyio
import attrs
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ._problems import Dialect, Fault, Problem
from ._requests import request_id

HEADER = "X-SDK-Fault"

_PIECE = 64  # bytes; an answer that is no stream is cut in pieces of this size
_REMEMBERED = 10_000


@attrs.frozen(kw_only=True)
class FaultPlan:
    """Hold what one request asks the server to do wrong.

    Args:
        status: Answer with this status instead.
        times: Number of requests with the same `id` that fail; the later ones succeed.
        id: Names the request over its retries.
        retry_after: Value of the header `retry-after`, in seconds.
        delay: Seconds to wait before the answer, and before each further event of a stream.
        cut: Close the connection after this many events (or pieces of 64 bytes).
        malformed: Break the JSON of this event, counted from 1.
        hang: Never answer.
        html: Answer 200 with a web page.
        empty: Answer 200 with a stream that holds no event.
    """

    status: int | None = None
    times: int | None = None
    id: str | None = None
    retry_after: float | None = None
    delay: float = 0.0
    cut: int | None = None
    malformed: int | None = None
    hang: bool = False
    html: bool = False
    empty: bool = False

    @classmethod
    def parse(cls, text: str) -> FaultPlan:
        """Return the plan that a header value describes, such as `status=503; retry-after=0`.

        Raises:
            ValueError: A name is unknown or a value is not allowed; the message names it.
        """
        values: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in text.split(";"))):
            name, separator, value = (piece.strip() for piece in part.partition("="))
            if name in ("hang", "html", "empty"):
                if separator:
                    msg = f"`{name}` takes no value"
                    raise ValueError(msg)
                values[name] = True
            elif name in _READERS:
                values[name.replace("-", "_")] = _READERS[name](name, value)
            else:
                msg = f"`{name}` is unknown"
                raise ValueError(msg)
        if ("times" in values) != ("id" in values):
            msg = "`times` and `id` belong together"
            raise ValueError(msg)
        return cls(**values)


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not low <= int(value[:12]) <= high:
            msg = f"`{name}` must be a whole number from {low} to {high}, and is `{value}`"
            raise ValueError(msg)
        return int(value)

    return read


def _seconds(name: str, value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        msg = f"`{name}` must be a number of seconds from 0 to 3600, and is `{value}`"
        raise ValueError(msg)
    return seconds


def _text(name: str, value: str) -> str:
    if not value:
        msg = f"`{name}` must not be empty"
        raise ValueError(msg)
    return value


_READERS: dict[str, Callable[[str, str], object]] = {
    "status": _whole(400, 599),
    "times": _whole(0, 1_000_000),
    "id": _text,
    "retry-after": _seconds,
    "delay": _seconds,
    "cut": _whole(0, 1_000_000),
    "malformed": _whole(1, 1_000_000),
}


class FaultInjection:
    """Obey `X-SDK-Fault`; to be installed only when faults are asked for.

    Args:
        app: The ASGI application to wrap.
        dialect: Writes refusals for a path in the error shape of its API.
        stopping: Set when the server stops, which ends a hanging answer.
    """

    def __init__(
        self, app: ASGIApp, *, dialect: Callable[[str], Dialect], stopping: anyio.Event
    ) -> None:
        self.app = app
        self._dialect = dialect
        self._stopping = stopping
        self._seen: OrderedDict[str, int] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3)."""
        text = Headers(scope=scope).get(HEADER) if scope["type"] == "http" else None
        if text is None:
            await self.app(scope, receive, send)
            return
        try:
            plan = FaultPlan.parse(text)
        except ValueError as error:
            await self._refuse(
                Problem(
                    400,
                    f"`{HEADER}`: {error}.",
                    code="invalid_fault",
                    faults=[Fault(location="header", path=(HEADER,), message=str(error))],
                ),
                scope,
                receive,
                send,
            )
            return
        if plan.id is not None and plan.times is not None and self._count(plan.id) > plan.times:
            await self.app(scope, receive, send)
            return
        await self._misbehave(plan, scope, receive, send)

    def _count(self, name: str) -> int:
        self._seen[name] = self._seen.pop(name, 0) + 1
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return self._seen[name]

    async def _misbehave(self, plan: FaultPlan, scope: Scope, receive: Receive, send: Send) -> None:
        if plan.hang:
            await self._hang(receive)
            return
        if plan.status is None and not plan.html and not plan.empty:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._cancel_on_stop, tasks.cancel_scope)
                distorted = _Distortion(
                    plan, send, headers=self._retry_after(plan), stop=tasks.cancel_scope.cancel
                )
                await self.app(scope, receive, distorted)
                tasks.cancel_scope.cancel()
            return
        with anyio.move_on_after(plan.delay):
            await self._hang(receive)
            return
        if plan.status is not None:
            await self._refuse(
                Problem(
                    plan.status,
                    f"Injected by `{HEADER}`.",
                    code="injected_fault",
                    headers=self._retry_after(plan),
                ),
                scope,
                receive,
                send,
            )
        elif plan.html:
            page = "<!doctype html><title>Sign in</title><p>This is a web page, not an API.</p>"
            await Response(page, media_type="text/html")(scope, receive, send)
        else:
            await Response(b"", media_type="text/event-stream")(scope, receive, send)

    async def _refuse(self, problem: Problem, scope: Scope, receive: Receive, send: Send) -> None:
        dialect = self._dialect(scope["path"])
        await dialect(problem, request_id=request_id(scope))(scope, receive, send)

    async def _hang(self, receive: Receive) -> None:
        """Wait until the client goes away or the server stops."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._cancel_on_stop, tasks.cancel_scope)
            while (await receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

    async def _cancel_on_stop(self, scope: anyio.CancelScope) -> None:
        await self._stopping.wait()
        scope.cancel()

    @staticmethod
    def _retry_after(plan: FaultPlan) -> dict[str, str]:
        return {} if plan.retry_after is None else {"retry-after": f"{plan.retry_after:g}"}


class _Distortion:
    """Pass an answer on, delayed, broken and cut as a plan says."""

    def __init__(
        self, plan: FaultPlan, send: Send, *, headers: dict[str, str], stop: Callable[[], None]
    ) -> None:
        self._plan = plan
        self._send = send
        self._headers = headers
        self._stop = stop
        self._events = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await anyio.sleep(self._plan.delay)
            MutableHeaders(scope=message).update(self._headers)
            await self._send(message)
            self._cut_at(0)
            return
        body = message.get("body", b"")
        if body.startswith(b":") or not body:
            await self._send(message)
            return
        whole = not self._events and not message.get("more_body")
        if whole and self._plan.cut is not None:
            piece = body[: self._plan.cut * _PIECE]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            self._cut_at(self._plan.cut)
            return
        if self._events:
            await anyio.sleep(self._plan.delay)
        self._events += 1
        if self._events == self._plan.malformed:
            body = _broken(body)
        await self._send({**message, "body": body})
        self._cut_at(self._events)

    def _cut_at(self, events: int) -> None:
        if events == self._plan.cut:
            # An application that stops before the end of its answer makes the server close the
            # connection, without the terminator of a stream and short of a promised length.
            self._stop()


def _broken(body: bytes) -> bytes:
    """Return a text whose JSON ends in the middle, padded so that its length stays true."""
    text = body.rstrip(b"\n")
    half = text[: max(len(text) // 2, 1)]
    return half + b" " * (len(text) - len(half)) + body[len(text) :]
