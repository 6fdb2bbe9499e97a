"""What an engine says to a chat request, as chunks, whole or streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from .._encoding import JSONError, decode_json
from .._engines import Answer, Streamed
from .._events import Delta, EventReader
from .._problems import Problem
from ._calls import Json


def whole(answer: Answer) -> Json:
    """Return an engine's whole answer as an object.

    Raises:
        Problem: 502; an upstream answered with something else.
    """
    value: Any = answer.body
    if isinstance(value, bytes):
        value = _parsed(value)
    if not isinstance(value, dict) or not value.get("choices"):
        raise Problem(502, "The upstream's answer has no `choices`.", code="upstream_error")
    return value


def chunk_of(completion: Json) -> Json:
    """Return a whole chat completion as the one chunk that says it all."""
    choices = []
    for choice in completion["choices"]:
        message = choice.get("message") or {}
        calls = [
            {"index": index, **call} for index, call in enumerate(message.get("tool_calls") or ())
        ]
        delta = {**message, "tool_calls": calls}
        reason = choice.get("finish_reason") or "stop"
        choices.append({**choice, "delta": delta, "finish_reason": reason})
    return {**completion, "choices": choices}


async def chunks(streamed: Streamed) -> AsyncGenerator[Json, None]:
    """Yield the chunks of a streamed answer.

    Raises:
        Problem: 502; an upstream failed, or its stream was cut.
    """
    read, finished = read_chunks(), False
    async with aclosing(streamed.deltas) as deltas:
        async for delta in deltas:
            for chunk in read(delta):
                if chunk is None:
                    return
                choices = chunk.get("choices") or ()
                finished = finished or any(choice.get("finish_reason") for choice in choices)
                yield chunk
    if not finished:
        raise Problem(502, "The upstream's answer was cut.", code="upstream_error")


def read_chunks() -> Callable[[Delta], Iterator[Json | None]]:
    """Return what reads the deltas of one stream, in their order, as chunks; `None` is its end."""
    reader = EventReader()

    def read(delta: Delta) -> Iterator[Json | None]:
        if isinstance(delta, bytes):
            yield from map(_chunk, reader.feed(delta))
        else:
            yield dict(delta)

    return read


def _chunk(data: bytes) -> Json | None:
    """Return the chunk that an event holds, `None` for the end of the stream."""
    if data == b"[DONE]":
        return None
    value = _parsed(data)
    if not isinstance(value, dict) or value.get("error"):
        error = value.get("error") if isinstance(value, dict) else None
        told = error.get("message") if isinstance(error, dict) else error
        raise Problem(502, f"The upstream failed: {told or 'no message'}", code="upstream_error")
    return value


def _parsed(data: bytes) -> Any:
    try:
        return decode_json(data)
    except JSONError as error:
        raise Problem(502, f"The upstream sent invalid JSON: {error}.") from None


class Assembly:
    """Put a whole chat completion together from the chunks of a stream."""

    def __init__(self) -> None:
        self._head: Json = {}
        self._choices: dict[int, Json] = {}

    def feed(self, chunk: Json) -> None:
        """Take the next chunk."""
        self._head |= {
            name: value
            for name, value in chunk.items()
            if value is not None and name not in ("object", "choices", "obfuscation")
        }
        for choice in chunk.get("choices") or ():
            index = choice.get("index") or 0
            known = self._choices.setdefault(
                index, {"index": index, "message": {}, "logprobs": None, "finish_reason": None}
            )
            _merge(known["message"], choice.get("delta") or {})
            if choice.get("logprobs"):
                known["logprobs"] = known["logprobs"] or {}
                for name, entries in choice["logprobs"].items():
                    known["logprobs"][name] = (known["logprobs"].get(name) or []) + (entries or [])
            known["finish_reason"] = choice.get("finish_reason") or known["finish_reason"]

    @property
    def finished(self) -> bool:
        """Whether every choice has come to its end."""
        return bool(self._choices) and all(
            choice["finish_reason"] for choice in self._choices.values()
        )

    def completion(self) -> Json:
        """Return the chat completion as far as it has come."""
        choices = [self._choices[index] for index in sorted(self._choices)]
        return {**self._head, "object": "chat.completion", "choices": choices}


_NAMES = ("role", "id", "type", "name")


def _merge(known: Json, delta: Json) -> None:
    """Add a delta to what is known: texts grow, names are replaced, list entries have an index."""
    for name, value in delta.items():
        if isinstance(value, str):
            known[name] = value if name in _NAMES else (known.get(name) or "") + value
        elif isinstance(value, dict):
            _merge(known.setdefault(name, {}), value)
        elif isinstance(value, list):
            _merge_calls(known.setdefault(name, []), value)
        elif value is not None or name not in known:
            known[name] = value


def _merge_calls(known: list[Json], deltas: list[Json]) -> None:
    for position, delta in enumerate(deltas):
        index = delta.get("index", position)
        while len(known) <= index:
            known.append({})
        _merge(known[index], {name: value for name, value in delta.items() if name != "index"})
