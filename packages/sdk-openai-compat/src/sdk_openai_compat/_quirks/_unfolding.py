"""Whole answers as streams and streams as whole answers: for servers that give the other one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ._events import ENDS

Unfold = Callable[[bytes], Iterator[bytes]]
"""Returns the data of the items that a whole answer stands for; ValueError if it is none."""


def unfold_chat(body: bytes) -> Iterator[bytes]:
    """Return a chat answer as one chunk."""
    answer = _answer(body, "choices")
    choices = [_unfolded(choice) for choice in answer["choices"] if isinstance(choice, Mapping)]
    yield _json({**answer, "object": "chat.completion.chunk", "choices": choices})


def unfold_completion(body: bytes) -> Iterator[bytes]:
    """Return a text completion as one chunk, which looks the same."""
    _answer(body, "choices")
    yield body


def unfold_response(body: bytes) -> Iterator[bytes]:
    """Return a response as the least of events that say all of it."""
    response = _answer(body, "output")
    yield _json({"type": "response.created", "response": {**response, "output": []}})
    for index, item in enumerate(response["output"]):
        at = {"output_index": index}
        yield _json({"type": "response.output_item.added", "item": item, **at})
        for place, part in enumerate(_parts(item)):
            text = {"item_id": item.get("id"), "content_index": place, **at}
            delta = {"delta": part["text"], "logprobs": []}
            yield _json({"type": "response.output_text.delta", **delta, **text})
            yield _json({"type": "response.output_text.done", "text": part["text"], **text})
        yield _json({"type": "response.output_item.done", "item": item, **at})
    status = response.get("status")
    ending = status if status in ("failed", "incomplete") else "completed"
    yield _json({"type": f"response.{ending}", "response": response})


def fold_chat(chunks: Sequence[Any]) -> dict[str, Any]:
    """Return the chat answer that *chunks*, mended ones, add up to, as the JSON of a whole one."""
    found: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        sent = chunk.to_dict(warnings=False)
        found.update((name, value) for name, value in sent.items() if value is not None)
        for each in sent.get("choices") or ():
            choice = choices.setdefault(each["index"], {"message": {"role": "assistant"}})
            delta = each.pop("delta", None) or {}
            choice.update((name, value) for name, value in each.items() if value is not None)
            _add(choice["message"], delta)
    for choice in choices.values():
        choice["message"].setdefault("content", None)
        choice.setdefault("finish_reason", None)
    whole = [choices[index] for index in sorted(choices)]
    return {**found, "object": "chat.completion", "choices": whole}


def fold_completion(chunks: Sequence[Any]) -> dict[str, Any]:
    """Return the text completion that *chunks* add up to."""
    found: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    for chunk in chunks:
        sent = chunk.to_dict(warnings=False)
        found.update((name, value) for name, value in sent.items() if value is not None)
        for each in sent.get("choices") or ():
            choice = choices.setdefault(each["index"], {"text": "", "finish_reason": None})
            piece = each.get("text")
            text = choice["text"] + (piece if isinstance(piece, str) else "")
            choice.update((name, value) for name, value in each.items() if value is not None)
            choice["text"] = text
    return {**found, "choices": [choices[index] for index in sorted(choices)]}


def fold_response(events: Sequence[Any]) -> dict[str, Any]:
    """Return the response that the last of *events* holds."""
    if events[-1].type not in ENDS:
        msg = "it has no last event"
        raise ValueError(msg)
    response: dict[str, Any] = events[-1].response.to_dict(warnings=False)
    return response


def _answer(body: bytes, member: str) -> dict[str, Any]:
    value = json.loads(body.decode("utf-8", "replace"))
    if not isinstance(value, dict) or not isinstance(value.get(member), list):
        msg = f"it has no list `{member}`"
        raise ValueError(msg)  # noqa: TRY004  # about data, not about a type of Python
    return value


def _unfolded(choice: Mapping[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    delta = dict(message) if isinstance(message, Mapping) else {}
    calls = delta.get("tool_calls")
    if isinstance(calls, list):
        delta["tool_calls"] = [
            {**call, "index": index} if isinstance(call, Mapping) else call
            for index, call in enumerate(calls)
        ]
    rest = {name: value for name, value in choice.items() if name != "message"}
    return {**rest, "delta": delta}


def _parts(item: Any) -> list[Any]:
    """Return the parts of a message that are text."""
    content = item.get("content") if isinstance(item, Mapping) else None
    return [
        part
        for part in (content if isinstance(content, list) else ())
        if isinstance(part, Mapping) and isinstance(part.get("text"), str)
    ]


def _add(message: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        if name == "tool_calls":
            for piece in value or ():
                _add_call(message.setdefault("tool_calls", []), piece)
        elif isinstance(value, str) and name != "role":
            known = message.get(name)
            message[name] = known + value if isinstance(known, str) else value
        elif value is not None:
            message[name] = value


def _add_call(calls: list[dict[str, Any]], piece: Mapping[str, Any]) -> None:
    index = piece["index"]
    while len(calls) <= index:
        calls.append({"type": "function", "function": {"name": "", "arguments": ""}})
    call = calls[index]
    function = piece.get("function") or {}
    for name in ("name", "arguments"):
        call["function"][name] += function.get(name) or ""
    call.update((name, piece[name]) for name in ("id", "type") if piece.get(name))


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
