"""
Readers: from the bytes of a stream to its items, and the verdict on how it ended.

Sans-IO, shared by both colours of `Stream`. A reader keeps the raw data of the last 65,536 items: it
is what `StreamInterruptedError.partial` is made of, and costs one reference an item until then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from ._decoding import declares_error, decoder, raise_if_error
from ._error_bodies import said
from ._sse import MAX_ITEM_SIZE, EventTooLargeError, ServerSentEvent, SSEDecoder
from .errors import APIConnectionError, APIError, StreamInterruptedError

if TYPE_CHECKING:
    from ._messages import Response
    from .operations import Content, Streaming

_NOTHING = "the server sent no event at all"
_KEPT = 1 << 16  # items; a stream without end must not fill the memory


Mend: TypeAlias = Callable[[Any, bytes], Any]
"""Makes of an item, and the data that it was, the item that the caller gets; None leaves it out."""


class Reader:
    """
    Reads the items of one stream.

    Attributes:
        finished: Whether the server said that the stream is over.
        patience: Seconds that the next bytes may take, once the answer seems to be finished and the
            server keeps the connection open; None until then: as long as the call says.
        what: The name of the type of an item.
        feed: Takes the bytes as they come, and returns the items that they complete.
    """

    def __init__(
        self,
        response: Response,
        content: Content,
        streaming: Streaming | None,
        *,
        strict: bool,
    ) -> None:
        self.finished = False
        self.patience: float | None = None
        self.what = content.type.name if content.type is not None else "JSON"
        self.feed: Callable[[bytes], Iterable[Any]] = (
            self._first if content.kind == "events" else self._lines
        )
        self._mend: Mend | None = None
        self._again: Callable[[], Mend] | None = None
        self._unfold: Callable[[bytes], Iterable[bytes]] | None = None
        self._fold: Callable[[Sequence[Any]], Any] | None = None
        self._response = response
        self._decode = decoder(content.type)
        self._type = content.type
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

    def adapt(
        self,
        mend: Mend,
        again: Callable[[], Mend],
        unfold: Callable[[bytes], Iterable[bytes]] | None = None,
        fold: Callable[[Sequence[Any]], Any] | None = None,
    ) -> None:
        """
        Have odd items mended, and those of a cut stream put together.

        Args:
            mend: Mends the items as they come. It raises ValueError for an item that is none.
            again: Returns what does the same to the same items once more, from the first one on.
            unfold: Returns the data of the items that an answer stands for that came as a whole,
                though a stream was asked for; ValueError if it is no answer.
            fold: Returns what items, which need not be all, make together; None if that is nothing.
        """
        self._mend, self._again, self._unfold, self._fold = mend, again, unfold, fold

    def _first(self, chunk: bytes) -> Iterable[Any]:
        """Take the first bytes: some servers call a stream what is one JSON text."""
        start = chunk.lstrip()
        if start:
            whole = start[:1] == b"{" and not self._strict
            self.feed = self._keep if whole else self._events
            return self.feed(chunk)
        return self._events(chunk)

    def _keep(self, chunk: bytes) -> Iterable[Any]:
        """Keep a piece of an answer that comes as a whole."""
        self._line.append(chunk)
        self._line_size += len(chunk)
        if self._line_size > MAX_ITEM_SIZE:
            msg = f"an event is longer than {MAX_ITEM_SIZE} bytes"
            raise self.interrupted(msg)
        return ()

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
                if self._completed_by is not None and not self._seen:
                    break  # such an answer is at least one item
                self.finished = True
                return
            if event.event == "error":
                raise self._error(event.data)
            if event.data:
                yield from self._item(event.data)
        else:
            return
        raise self.interrupted(_NOTHING)

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
            if (data[:1] == b":" or data == b"null") and not self._strict:
                return ()  # gateways send comments as data
            raise self._invalid(exc) from exc
        if doubtful and not declares_error(self._type, item):
            self._check(data)
        mend = self._mend
        if mend is not None:
            try:
                item = mend(item, data)
            except ValueError as exc:
                raise self._invalid(exc) from exc
            if item is None:
                return ()
        self._seen.append(data)
        if len(self._seen) >= 2 * _KEPT:
            self._forgotten += len(self._seen) - _KEPT
            del self._seen[:-_KEPT]
        return (item,)

    def _invalid(self, exc: ValueError) -> StreamInterruptedError:
        reason = " ".join(str(exc).split())[:200]
        return self.interrupted(f"item {self._count + 1} is no valid {self.what} ({reason})")

    def _check(self, data: bytes) -> None:
        try:
            with suppress(ValueError):  # no JSON: decoding says so better
                raise_if_error(data, self._response)
        except APIError as error:
            error.partial, _ = self._so_far()
            raise

    def _error(self, data: bytes) -> APIError:
        """Return the error that an event of type ``error`` holds, with or without a wrapper."""
        self._check(data)
        body: Any = data.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):
            body = json.loads(body)
        error = APIError(said(body, self._response), self._response.request, body=body)
        error.response = self._response
        error.request_id = self._response.headers.get("x-request-id")
        error.partial, _ = self._so_far()
        return error

    def end(self) -> Iterator[Any]:
        """
        Read what is left when the bytes have ended.

        Raises:
            StreamInterruptedError: The answer was not finished.
        """
        left = b"".join(self._line).strip()
        if self.feed == self._keep:
            yield from self._unfolded(left)
            return
        if self._kind == "events":
            event = self._sse.end()  # some servers forget the last blank line
            yield from self._items_of(() if event is None else (event,))
            if self.finished:
                return
        elif left:
            yield from self._item(left)
        if not self._complete():
            raise self.interrupted(
                "the connection closed before the answer was finished" if self._seen else _NOTHING
            )
        self.finished = True

    def _unfolded(self, body: bytes) -> Iterator[Any]:
        """Return the items of an answer that came as a whole, though a stream was asked for."""
        try:
            if self._unfold is None:
                msg = "it is one text"
                raise ValueError(msg)  # noqa: TRY301  # told below as all others
            found = [*self._unfold(body)]
        except ValueError as exc:
            self._check(body)
            reason = " ".join(str(exc).split())[:200]
            msg = f"the server sent neither events nor a whole answer ({reason})"
            raise self.interrupted(msg) from exc
        for data in found:
            yield from self._item(data)
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
        if self._strict and self._terminated:
            return False
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
        found = []
        mend = None if self._again is None else self._again()
        for data in self._seen[-_KEPT:]:
            item = self._decode(data, False)
            if mend is not None:
                with suppress(ValueError):  # it was none before, when the first ones were known
                    item = mend(item, data)
            found.append(item)
        return found

    def _so_far(self) -> tuple[Any, Sequence[Any]]:
        """Return what has come, put together if that can be done, and the items that it came in."""
        items = self.items()
        folded = self._fold(items) if self._fold is not None else None
        return (items if folded is None else folded), items

    def interrupted(self, reason: str) -> StreamInterruptedError:
        """Return the error for a stream that ended because of *reason*, with what had come."""
        partial, items = self._so_far()
        return StreamInterruptedError(
            f"Stream interrupted after {self._count} items: {reason}",
            request=self._response.request,
            response=self._response,
            partial=partial,
            items=items,
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
