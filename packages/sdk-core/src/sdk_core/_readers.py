"""
Readers: from the bytes of a stream to its items, and the verdict on how it ended.

Sans-IO, shared by both colours of `Stream`. A reader keeps the raw data of the last 65,536 items: it
is what `StreamInterruptedError.partial` is made of, and costs one reference an item until then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ._decoding import declares_error, decoder, raise_if_error
from ._error_bodies import said
from ._sse import MAX_ITEM_SIZE, EventTooLargeError, ServerSentEvent, SSEDecoder
from .errors import APIConnectionError, APIError, StreamInterruptedError

if TYPE_CHECKING:
    from ._messages import Response
    from .operations import Content, Streaming

_KEPT = 1 << 16  # items; a stream without end must not fill the memory


class Reader:
    """
    Reads the items of one stream.

    Attributes:
        finished: Whether the server said that the stream is over.
    """

    def __init__(
        self, response: Response, content: Content, streaming: Streaming | None, *, strict: bool
    ) -> None:
        self.finished = False
        self.feed: Callable[[bytes], Iterable[Any]] = (
            self._events if content.kind == "events" else self._lines
        )
        self._response = response
        self._decode = decoder(content.type)
        self._type = content.type
        self._what = content.type.name if content.type is not None else "JSON"
        self._strict = strict
        self._terminator = (
            streaming.terminator.encode() if streaming and streaming.terminator else None
        )
        self._terminated = self._terminator is not None and not (
            streaming is not None and streaming.unterminated
        )
        self._completed_by = streaming.completed_by if streaming else None
        self._completed_values = streaming.completed_values if streaming else ()
        self._kind = content.kind
        self._sse = SSEDecoder(max_event_size=MAX_ITEM_SIZE, error_field=True)
        self._line: list[bytes] = []
        self._line_size = 0
        self._seen: list[bytes] = []
        self._forgotten = 0

    def _events(self, chunk: bytes) -> Iterable[Any]:
        try:
            events = self._sse.feed(chunk)
        except EventTooLargeError as exc:
            raise self.interrupted(str(exc)) from exc
        if len(events) == 1:  # as most chunks hold, which costs no generator
            data, event, _, _ = events[0]
            if data and data != self._terminator and event != "error":
                return self._item(data)
        return self._items_of(events)

    def _items_of(self, events: Iterable[ServerSentEvent]) -> Iterator[Any]:
        for event in events:
            if event.data == self._terminator:
                self.finished = True
                return
            if event.event == "error":
                raise self._error(event.data)
            if event.data:
                yield from self._item(event.data)

    def _lines(self, chunk: bytes) -> Iterator[Any]:
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join((*self._line, lines[0]))
            self._line.clear()
            self._line_size = 0
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
        for line in lines:
            if data := line.strip():
                yield from self._item(data)
        if self._line_size > MAX_ITEM_SIZE:
            msg = f"a line is longer than {MAX_ITEM_SIZE} bytes"
            raise self.interrupted(msg)

    def _item(self, data: bytes) -> tuple[Any, ...]:
        """Return the item that *data* is; none, if it only keeps the connection alive."""
        doubtful = data.find(b'"error"') >= 0  # `in` costs the double
        try:
            item = self._decode(data, self._strict)
        except ValueError as exc:
            if doubtful and not declares_error(self._type):
                self._check(data)
            if data.startswith(b":") or data == b"null":  # gateways send comments as data
                return ()
            reason = " ".join(str(exc).split())[:200]
            msg = f"item {self._count + 1} is no valid {self._what} ({reason})"
            raise self.interrupted(msg) from exc
        if doubtful and not declares_error(self._type, item):
            self._check(data)
        self._seen.append(data)
        if len(self._seen) >= 2 * _KEPT:
            self._forgotten += len(self._seen) - _KEPT
            del self._seen[:-_KEPT]
        return (item,)

    def _check(self, data: bytes) -> None:
        with suppress(ValueError):  # no JSON: decoding says so better
            raise_if_error(data, self._response)

    def _error(self, data: bytes) -> APIError:
        """Return the error that an event of type ``error`` holds, with or without a wrapper."""
        self._check(data)
        body: Any = data.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            body = json.loads(body)
        error = APIError(said(body, self._response), self._response.request, body=body)
        error.response = self._response
        error.request_id = self._response.headers.get("x-request-id")
        return error

    def end(self) -> Iterator[Any]:
        """
        Read what is left when the bytes have ended.

        Raises:
            StreamInterruptedError: The answer was not finished.
        """
        if self._kind == "events":
            event = self._sse.end()
            if event is not None and event.data == self._terminator:
                self.finished = True
                return
            left = event.data if event is not None else b""
        else:
            left = b"".join(self._line).strip()
        if left:
            yield from self._item(left)
        if not self._complete():
            raise self.interrupted(
                "the connection closed before the answer was finished"
                if self._seen
                else "the server sent no event at all"
            )
        self.finished = True

    def broken(self, error: APIConnectionError) -> None:
        """
        Judge a connection that broke: harmless behind a finished answer.

        Raises:
            StreamInterruptedError: The answer was not finished.
        """
        if self.finished or (self._completed_by is not None and self._complete()):
            self.finished = True
            return
        raise self.interrupted(str(error)) from error

    def _complete(self) -> bool:
        """
        Return whether an answer without its terminator is finished nevertheless.

        Without a rule in the document, an end without a required terminator is a cut, and any
        other end is an end; JSON lines may be none at all.
        """
        if self._completed_by is None:
            return not self._terminated and (bool(self._seen) or self._kind == "lines")
        path = self._completed_by.strip("/").split("/")
        begun: set[Any] = set()
        done: set[Any] = set()
        for data in reversed(self._seen):
            _walk(decoder(None)(data, False), path, (), begun, done, self._completed_values)
            if done and "*" not in path:
                break
        return bool(begun) and begun == done

    @property
    def _count(self) -> int:
        return self._forgotten + len(self._seen)

    def items(self) -> Sequence[Any]:
        """Return the items that have been read, of very many the last ones."""
        return [self._decode(data, False) for data in self._seen[-_KEPT:]]

    def interrupted(self, reason: str) -> StreamInterruptedError:
        """Return the error for a stream that ended because of *reason*, with what had come."""
        return StreamInterruptedError(
            f"Stream interrupted after {self._count} items: {reason}",
            request=self._response.request,
            response=self._response,
            partial=self.items(),
        )


def _walk(
    value: Any,
    path: Sequence[str],
    key: tuple[Any, ...],
    begun: set[Any],
    done: set[Any],
    values: Sequence[str],
) -> None:
    """
    Note under which keys the place at *path* exists, and under which it has been final.

    Final is one of *values*, or whatever is not null where there are none.
    """
    if not path:
        begun.add(key)
        if value in values if values else value not in (None, ""):
            done.add(key)
        return
    step, rest = path[0], path[1:]
    if step == "*":
        for position, element in enumerate(value if isinstance(value, list) else ()):
            index = element.get("index") if isinstance(element, dict) else None
            place = index if type(index) is int else position
            _walk(element, rest, (*key, place), begun, done, values)
    else:
        inner = value.get(step) if isinstance(value, dict) else None
        _walk(inner, rest, key, begun, done, values)
