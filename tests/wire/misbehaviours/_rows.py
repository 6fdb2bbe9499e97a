"""What a row of the table is, and what its bytes are made of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .._framing import as_chunk, event_stream, reply_head
from .._replay import Reply

HEAD = {"id": "i", "object": "chat.completion.chunk", "created": 0, "model": "m"}
DONE = b"data: [DONE]"
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Hello</p></body></html>"
WEATHER = ("call_1", "get_weather", '{"city":"Paris"}')
TIME = ("call_2", "get_time", '{"zone":"CET"}')


@dataclass(frozen=True, slots=True)
class Out:
    """What an answer must hold in its first choice."""

    text: str = ""
    finish: str | None = "stop"
    reasoning: str = ""
    calls: tuple[tuple[str | None, str, str], ...] = ()
    usage: int | None = None
    choices: int = 1


@dataclass(frozen=True, slots=True)
class Fails:
    """What must be raised: the class, words of its message, and how many items came before."""

    error: str
    words: str = ""
    items: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One misbehaviour.

    Args:
        who: The server or the issue.
        reply: What it sends.
        out: What must come out.
        stream: Whether a stream is asked for.
        more: More arguments of the call.
        strict: What a strict client must raise; None if it must do the same.
        quirks: The opt-in mending that the client asks for, if any.
    """

    who: str
    reply: Reply
    out: Out | Fails
    stream: bool = True
    more: dict[str, Any] = field(default_factory=dict)
    strict: str | None = None
    quirks: dict[str, Any] = field(default_factory=dict)


def dumps(value: object) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> bytes:
    """Build the line of an event with one choice."""
    if isinstance(delta, str):
        delta = {"content": delta}
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    return b"data: " + dumps({**HEAD, "choices": [choice], **more})


def calls(*pieces: dict[str, Any]) -> bytes:
    """Build the line of an event with pieces of tool calls."""
    return chunk({"tool_calls": list(pieces)})


def piece(
    arguments: Any = None,
    *,
    name: Any = None,
    id: Any = None,  # noqa: A002  # as the specification calls it
    index: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """Build a piece of a tool call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    function = {key: value for key, value in function.items() if value is not None}
    found = {"index": index, "id": id, "function": function, **more}
    return {key: value for key, value in found.items() if value is not None}


def sse(*events: bytes) -> Reply:
    """Build an event stream whose connection ends with it."""
    return Reply((event_stream(*events),))


def held(*events: bytes) -> Reply:
    """Build an event stream whose connection stays open behind its last event."""
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    return Reply((head, *(as_chunk(each + b"\n\n") for each in events)), keep_open=True)


def body(content: bytes, status: str = "200 OK", kind: str = "application/json") -> Reply:
    """Build a reply that is no stream."""
    return Reply((reply_head(status, kind) + content,))


def whole(message: Any, finish: Any = "stop", **more: Any) -> Reply:
    """Build a whole chat answer with one choice."""
    if isinstance(message, dict):
        message = {"role": "assistant", "content": None, **message}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    head = {**HEAD, "object": "chat.completion"}
    return body(dumps({**head, "choices": [choice], **more}))


def called(arguments: Any = '{"city":"Paris"}', **more: Any) -> dict[str, Any]:
    """Build the message of an answer with a tool call."""
    function = {"name": "get_weather", "arguments": arguments}
    return {"tool_calls": [{"id": "call_1", "type": "function", "function": function, **more}]}


STOP = chunk(None, "stop")
USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
FIRST, SECOND = piece("", name="get_weather", id="call_1"), piece("", name="get_time", id="call_2")
