"""What the tests of streams share: bodies in memory, read in both colours."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from sdk_core._messages import Response
from sdk_core._readers import Reader
from sdk_core.errors import APIError, StreamInterruptedError
from sdk_core.models import BaseModel
from sdk_core.operations import Content, Ref, Streaming
from sdk_core.streams import AsyncStream, Stream
from sdk_core.testing import request


class Delta(BaseModel):
    """One item."""

    text: str = ""


EVENTS = Content("text/event-stream", "events", Ref.to(Delta))


LINES = Content("application/jsonl", "lines", Ref.to(Delta))


PLAIN = Streaming()


DONE = Streaming(terminator="[DONE]")


CHAT = Streaming(terminator="[DONE]", completed_by="/choices/*/finish_reason")


class Body:
    """A body in memory, in both colours; an error among its pieces is raised in its place."""

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self._pieces = iter(pieces)
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            return piece
        raise StopAsyncIteration

    def close(self, *, grace: float = 0.0) -> None:
        """Count."""
        self.closed += 1

    async def aclose(self, *, grace: float = 0.0) -> None:
        """Count."""
        self.closed += 1


class Outcome:
    """What came of reading a stream to its end."""

    def __init__(self, body: Body, response: Response) -> None:
        self.items: list[Any] = []
        self.error: Exception | None = None
        self.body = body
        self.response = response

    @property
    def texts(self) -> list[str]:
        """The items' texts."""
        return [item.text for item in self.items]

    @property
    def interruption(self) -> StreamInterruptedError:
        """The error that the stream must have ended with."""
        assert isinstance(self.error, StreamInterruptedError)
        assert self.items == self.error.partial
        return self.error


async def consume(
    colour: str,
    *pieces: bytes | Exception,
    content: Content = EVENTS,
    streaming: Streaming | None = DONE,
    strict: bool = False,
) -> Outcome:
    """Read a stream of these pieces in one colour."""
    body = Body(pieces)
    answer = Response(200, {"x-request-id": "r"}, request=request(), stream=body)
    reader = Reader(answer, content, streaming, strict=strict)
    outcome = Outcome(body, answer)
    try:
        if colour == "sync":
            for item in Stream[Any](answer, reader):
                outcome.items.append(item)  # what came before an error counts
        else:
            async for item in AsyncStream[Any](answer, reader):
                outcome.items.append(item)  # as above
    except (APIError, RuntimeError) as error:
        outcome.error = error
    assert body.closed
    return outcome


def event(text: str) -> bytes:
    """Return one event."""
    return b"data: " + json.dumps({"text": text}).encode() + b"\n\n"


def chunk(*choices: object, **more: object) -> bytes:
    """Return one event of a chat completion."""
    return b"data: " + json.dumps({"choices": list(choices), **more}).encode() + b"\n\n"
