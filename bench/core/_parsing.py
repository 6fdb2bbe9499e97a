"""What server-sent events cost to parse, beside splitting bytes."""

from __future__ import annotations

import json
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING

from sdk_core._sse import SSEDecoder  # what all public streams stand on

from ._figures import Figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT = 10_000
SIZE = 187
"""Bytes of one event, which is what chat servers send."""

FLOOR = 1.5


def _split(chunks: list[bytes], end: bytes) -> int:
    """Find events in the least way that still sees their fields, and one kind of line end."""
    buffer, events = b"", []
    for chunk in chunks:
        buffer += chunk
        *blocks, buffer = buffer.split(end + end)
        for block in blocks:
            data, event, last = [], "message", ""
            for line in block.split(end):
                name, _, value = line.partition(b": ")
                if name == b"data":
                    data.append(value)
                elif name == b"event":
                    event = value.decode()
                elif name == b"id":
                    last = value.decode()
            events.append((b"\n".join(data), event, last))
    return len(events)


def _ours(chunks: list[bytes]) -> int:
    """Find them as all streams do: by the whole standard, with limits."""
    decoder = SSEDecoder()
    return sum(len(decoder.feed(chunk)) for chunk in chunks)


def _events(prefix: str, end: bytes) -> list[bytes]:
    events = []
    for number in range(COUNT):
        start = prefix.format(number) + "data: "
        body = {"id": f"c{number:06}", "choices": [{"index": 0, "delta": {"content": ""}}]}
        body["pad"] = "p" * (SIZE - len(start) - 2 - len(json.dumps(body | {"pad": ""})))
        events.append(f"{start}{json.dumps(body)}\n\n".encode().replace(b"\n", end))
    return events


def _cut(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def _seconds(parse: Callable[[list[bytes]], int], chunks: list[bytes]) -> float:
    begun = time.process_time()
    assert parse(chunks) == COUNT
    return time.process_time() - begun


def figures(rounds: int) -> Iterator[Figure]:
    """Compare events with each set of fields that servers send, in each size of reads."""
    for what, prefix, end in (
        ("data", "", b"\n"),
        ("event and data", "event: delta\n", b"\n"),
        ("id and data", "id: {}\n", b"\n"),
        ("id, event and data", "id: {}\nevent: delta\n", b"\n"),
        ("data on two lines", "data: [\n", b"\n"),
        ("event and data, CR LF", "event: delta\n", b"\r\n"),
    ):
        events = _events(prefix, end)
        stream = b"".join(events)
        cuts = {"one a chunk": events, "4 KiB": _cut(stream, 4096), "64 KiB": _cut(stream, 65536)}
        split = partial(_split, end=end)
        for how, chunks in cuts.items():
            pairs = [(_seconds(_ours, chunks), _seconds(split, chunks)) for _ in range(rounds)]
            yield Figure(
                f"SSE parse, {what}, {how} / split",
                median(mine / other for mine, other in pairs),
                FLOOR,
                f"{median(mine for mine, _ in pairs) / COUNT * 1e6:.2f} us an event",
            )
