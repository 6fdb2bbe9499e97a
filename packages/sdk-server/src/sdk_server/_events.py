"""Send server-sent events (WHATWG HTML, section 9.2) with keep-alives and clean endings."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectSendStream
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ._encoding import encode_json
from ._problems import Problem, openai_error

log = logging.getLogger("sdk_server")

Delta = Mapping[str, Any] | bytes
"""One step of a streamed answer: an object becomes one event; bytes are an upstream's own framing
and pass as they are, terminator included."""

KEEPALIVE = b": keep-alive\n\n"
DONE = b"data: [DONE]\n\n"


def frame(value: object, *, name: str | None = None) -> bytes:
    """Return `value` as one event whose data is JSON, and whose type is `name`."""
    # JSON never holds a raw line break, so one data line is always enough.
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + encode_json(value) + b"\n\n"


class EventReader:
    """Read the data of events from a stream that comes in pieces, cut anywhere."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield the data of each event that *piece* completes."""
        text = self._rest + piece
        # A carriage return at the end may be the first half of a line break.
        held = b"\r" if text.endswith(b"\r") else b""
        text = text[: len(text) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = text.split(b"\n")
        self._rest = rest + held
        for line in lines:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            elif not line and self._data:
                data, self._data = b"\n".join(self._data), []
                yield data


class EventStream(Response):
    """Answer with a stream of events; the work stops when the client goes away.

    Args:
        deltas: The steps of the answer. It is closed in every case.
        keepalive: Seconds without an event after which a comment is sent.
        stopping: Set when the server stops: the stream then ends with an error event.
        headers: Further response headers.
        grace: Seconds that a client has to read the error event when the server stops.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        deltas: AsyncGenerator[Delta, None],
        *,
        keepalive: float,
        stopping: anyio.Event,
        headers: Mapping[str, str] | None = None,
        grace: float = 1.0,
    ) -> None:
        super().__init__(
            headers={"cache-control": "no-cache", "x-accel-buffering": "no", **(headers or {})}
        )
        # A length is for answers that are known before they begin.
        del self.headers["content-length"]
        self.deltas = deltas
        self.keepalive = keepalive
        self.stopping = stopping
        self.grace = grace
        self._sent = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Send the response (ASGI 3)."""
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        # Deltas and keep-alives come from tasks of their own and meet in one channel: waiting for
        # the next delta with a time limit would cancel it, and a cancelled iterator is finished.
        sender, receiver = anyio.create_memory_object_stream[bytes]()
        work = anyio.CancelScope()
        async with anyio.create_task_group() as tasks, receiver:
            tasks.start_soon(self._produce, sender, work)
            tasks.start_soon(self._stop, work, tasks.cancel_scope)
            tasks.start_soon(self._watch, receive, tasks.cancel_scope)
            async for piece in receiver:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                self._sent = anyio.current_time()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            tasks.cancel_scope.cancel()

    async def _produce(
        self, sender: MemoryObjectSendStream[bytes], work: anyio.CancelScope
    ) -> None:
        async with sender, aclosing(self.deltas) as deltas:
            last = b""
            with work:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._beat, sender)
                    last = await _relay(deltas, sender)
                    tasks.cancel_scope.cancel()
            if work.cancelled_caught:
                last = _failure(Problem(503, "The server is stopping.", code="server_stopping"))
            if last:
                await sender.send(last)

    async def _beat(self, sender: MemoryObjectSendStream[bytes]) -> None:
        self._sent = anyio.current_time()
        while True:
            await anyio.sleep_until(self._sent + self.keepalive)
            if anyio.current_time() >= self._sent + self.keepalive:
                await sender.send(KEEPALIVE)

    async def _stop(self, work: anyio.CancelScope, everything: anyio.CancelScope) -> None:
        await self.stopping.wait()
        work.cancel()
        # A client that does not read keeps the last event from being sent.
        await anyio.sleep(self.grace)
        everything.cancel()

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()


async def _relay(
    deltas: AsyncGenerator[Delta, None], sender: MemoryObjectSendStream[bytes]
) -> bytes:
    """Send every delta and return what ends the stream."""
    last = DONE
    try:
        async for delta in deltas:
            if isinstance(delta, bytes):
                last = b""
                await sender.send(delta)
            else:
                await sender.send(frame(delta))
    except Problem as problem:
        return _failure(problem)
    except Exception:
        log.exception("a stream failed")
        return _failure(Problem(500, "The server failed; its log says why."))
    return last


def _failure(problem: Problem) -> bytes:
    return frame({"error": openai_error(problem)})
