"""Answers that came in the other shape: a stream where a whole was asked for, and the reverse."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from sdk_core.messages import Response
from sdk_core.wire import Reader

from ._kinds import KINDS, adapt
from ._options import NONE

if TYPE_CHECKING:
    from sdk_core.operations import Content


def whole(client: Any, response: Response) -> Response:
    """
    Return *response*, an event stream that was not asked for, as a whole answer.

    Raises:
        APIError: It holds an error.
        StreamInterruptedError: It was not finished.
    """
    content = _items(client, response)
    if content is None or content.type is None:
        return response
    body = response.content
    if body.lstrip()[:1] != b"{":  # else it only calls itself a stream
        operation = response.request.operation
        assert operation is not None
        reader = Reader(response, content, operation.streaming, strict=False)
        adapt(reader, response, NONE, strict=False)
        items = list(reader.feed(body))
        if not reader.finished:
            items += reader.end()
        try:
            body = json.dumps(KINDS[content.type.name].fold(items)).encode()
        except ValueError as exc:
            raise reader.interrupted(str(exc)) from exc
    headers = response.headers.merged({"content-type": "application/json"})  # type: ignore[attr-defined]  # a `Headers`
    other = Response(response.status_code, headers, request=response.request, content=body)
    other.elapsed, other.retries_taken = response.elapsed, response.retries_taken
    return other


def streamed(client: Any, response: Response) -> None:
    """Have *response*, a whole answer where a stream was asked for, read as a stream, if it can be."""
    content = _items(client, response)
    if content is None or content.type is None:
        return
    body = response.content
    try:
        for _ in KINDS[content.type.name].unfold(body):
            pass
    except (ValueError, RecursionError):
        return  # what it is instead is told by those who expect it
    response.stream = _InMemory(body)


def _items(client: Any, response: Response) -> Content | None:
    """Return how the items of an answer to that request are written, if they are of a known kind."""
    for content in client._streamable(response):  # noqa: SLF001  # of the same family
        if content.type is not None and content.type.name in KINDS:
            found: Content = content
            return found
    return None


class _InMemory:
    """A body that has been read, for readers of either colour."""

    def __init__(self, body: bytes) -> None:
        self._left = [body]

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            raise StopIteration
        return self._left.pop()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()

    def close(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # nothing has to come
        self._left.clear()

    async def aclose(self, *, grace: float = 0.0) -> None:  # noqa: ARG002  # as above
        self._left.clear()
