"""A sink that prints events."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TextIO

from .._event_lines import as_text
from ..errors import ConfigurationError, SendError
from ._contract import Done, Sink

if TYPE_CHECKING:
    from ._records import Record

__all__ = ["ConsoleSink"]


class ConsoleSink(Sink):
    """
    Print one line an event.

    When nobody reads any more (a broken pipe, a closed stream) events fail, and nothing else
    happens. What would steer a terminal is written out.

    Args:
        stream: Where to; None: standard error, as it is when an event is printed.
        format: ``text`` for people: time, service, model, latency, tokens, cost, what went wrong; or
            ``json``, the event as other sinks send it.
        content: In ``text``, the prompt and the answer, too, as far as they are captured.
        name: Its name in statistics.

    Raises:
        ConfigurationError: There is no such format.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        format: Literal["text", "json"] = "text",  # noqa: A002  # as users call it
        content: bool = False,
        name: str = "console",
    ) -> None:
        if format not in {"text", "json"}:
            msg = f"`format` of a console sink must be text or json, not {format!r}"
            raise ConfigurationError(msg)
        self.name = name
        self._stream = stream
        self._is_json = format == "json"
        self._content = content

    def __repr__(self) -> str:
        return f"<ConsoleSink {self.name!r}>"

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Print them; see `Sink.deliver`."""
        stream: TextIO | None = sys.stderr if self._stream is None else self._stream
        error = None
        try:
            if stream is None:  # as in a program that has no console
                error = SendError("there is no standard error to print to", sink=self.name)
            else:
                text = "".join(f"{self._line(record)}\n" for record in records)
                stream.write(_writable(text, stream))
                stream.flush()
        except (OSError, ValueError) as exc:  # a stream that is closed: ValueError
            error = SendError(f"events cannot be printed any more: {exc}", sink=self.name)
        done(records, error)
        return len(records)

    def close(self, timeout: float) -> None:  # there is nothing to wait for
        """Leave the stream open: it is somebody else's."""

    def _line(self, record: Record) -> str:
        if self._is_json:
            return record.payload.decode()
        return as_text(record.event, content=self._content)


def _writable(text: str, stream: TextIO) -> str:
    """Return *text* with what the stream's encoding has not written out."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
