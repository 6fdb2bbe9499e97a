"""Recorded replies, spoilt: at the level of bytes, of frames and of JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from random import Random
from typing import Any

_CHUNK_SIZE = re.compile(rb"\r\n[0-9a-fA-F]+\r\n")
_DATA = re.compile(rb"^data: ?(.*)$", re.MULTILINE)
_FRAMES = (
    b"data: {}\n\n",
    b"data: null\n\n",
    b"data: []\n\n",
    b'data: "text"\n\n',
    b"data: \n\n",
    b"data: [DONE]\n\n",
    b": comment\n\n",
    b"event: error\ndata: boom\n\n",
    b'event: error\ndata: {"error": null}\n\n',
    b'data: {"error": {"message": 1}}\n\n',
    b'data: {"error": ["boom", {"message": "boom"}]}\n\n',
    b"error: {\n\n",
    b"id: \x00\nretry: 99999999999999999999\n\n",
    b'data: {"choices": null}\n\n',
    b'data: {"choices": [null]}\n\n',
    b'data: {"choices": [{"index": 1e400, "delta": 1}]}\n\n',
    b"\xef\xbb\xbfdata: \xff\xfe\n\n",
    b"\r\r\n\n\r",
    b"data: " + b"[" * 5000 + b"\n\n",
    b'data: {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": -1}]}}]}\n\n',
    b'data: {"choices": [{"index": 0, "delta": {"tool_calls": {"0": {}}}}]}\n\n',
)
_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "text",
    "\ud800",
    "\0",
    "\u2028",
    [],
    {},
    [None],
    [[]],
    {"": None},
    {"error": {"message": "boom"}},
)

Mutation = Callable[[bytes, Random], bytes]


def flip(data: bytes, random: Random) -> bytes:
    """Change single bits."""
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut(data: bytes, random: Random) -> bytes:
    """Leave the end out, or a piece in the middle."""
    start = random.randrange(len(data))
    return data[:start] + (b"" if random.random() < 0.5 else data[start + random.randint(1, 40) :])


def double(data: bytes, random: Random) -> bytes:
    """Send a piece twice."""
    start = random.randrange(len(data))
    end = start + random.randint(1, 300)
    return data[:end] + data[start:end] + data[end:]


def insert(data: bytes, random: Random) -> bytes:
    """Put bytes in that nobody expects."""
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.randint(1, 20)) + data[at:]


def insert_frame(data: bytes, random: Random) -> bytes:
    """Put an odd event between two."""
    places = [match.end() for match in re.finditer(rb"\n\n", data)] or [len(data)]
    at = random.choice(places)
    return data[:at] + random.choice(_FRAMES) + data[at:]


def swap_frames(data: bytes, random: Random) -> bytes:
    """Change the order of the events, or leave some out."""
    frames = data.split(b"\n\n")
    random.shuffle(frames)
    return b"\n\n".join(frames[: random.randint(1, len(frames))])


def resize_chunk(data: bytes, random: Random) -> bytes:
    """Change the announced size of a chunk, or the announced length."""
    found = list(_CHUNK_SIZE.finditer(data))
    if not found:
        return data.replace(b"Content-Length: ", b"Content-Length: 1", 1)
    match = random.choice(found)
    size = random.choice((b"0", b"1", b"ffffffff", b"-1", b"zz", b"", b"10", b"fffffffffffffffff"))
    return data[: match.start()] + b"\r\n" + size + b"\r\n" + data[match.end() :]


def spoil_json(data: bytes, random: Random) -> bytes:
    """Change a value somewhere in one of the JSON texts."""
    found = list(_DATA.finditer(data)) or list(re.finditer(rb"(\{.*\})", data, re.DOTALL))
    if not found:
        return data
    match = random.choice(found)
    try:
        value = json.loads(match[1])
    except (ValueError, RecursionError):
        return data
    value = _spoilt(value, random)
    depth = random.choice((50, 300, 3000)) if random.random() < 0.05 else 0
    text = "[" * depth + json.dumps(value) + "]" * depth
    return data[: match.start(1)] + text.encode("utf-8", "surrogatepass") + data[match.end(1) :]


def _spoilt(value: Any, random: Random) -> Any:
    """Change one place: another type, a member dropped, doubled or renamed, a list cut."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        choice = random.random()
        changed = dict(value)
        if choice < 0.15:
            del changed[name]
        elif choice < 0.2:
            changed[name.upper()] = changed.pop(name)
        else:
            changed[name] = _spoilt(value[name], random)
        return changed
    if isinstance(value, list) and value and random.random() < 0.85:
        at = random.randrange(len(value))
        choice = random.random()
        if choice < 0.1:
            return value + value
        if choice < 0.2:
            return value[:at]
        return [_spoilt(each, random) if at == i else each for i, each in enumerate(value)]
    return random.choice(_VALUES)


ON_BODIES: tuple[Mutation, ...] = (
    flip,
    cut,
    double,
    insert,
    insert_frame,
    insert_frame,
    swap_frames,
    spoil_json,
    spoil_json,
    spoil_json,
)
"""What may happen to a body; what is there twice happens more often."""

ON_MESSAGES: tuple[Mutation, ...] = (*ON_BODIES, resize_chunk, resize_chunk)
"""What may happen to a whole HTTP message."""


def mutated(data: bytes, random: Random, mutations: tuple[Mutation, ...]) -> bytes:
    """Return *data* after one to three mutations."""
    for _ in range(random.randint(1, 3)):
        if data:
            data = random.choice(mutations)(data, random)
    return data


def pieces(data: bytes, random: Random) -> list[bytes]:
    """Return *data* split at some places, or everywhere."""
    if random.random() < 0.1 and len(data) < 3000:
        return [data[at : at + 1] for at in range(len(data))]
    places = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(0, 12)))
    bounds = [0, *places, len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]
