"""Say a chat answer as the items and the events of the responses API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from .._encoding import encode_json
from .._problems import Problem
from .._secrets import new_id
from ._calls import Json
from ._items import new_identity

_OUTCOMES: Mapping[str, str] = {
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}


@attrs.define
class _Open:
    """Hold an item that is under way.

    Args:
        key: What the next delta must say to belong to it.
        item: The item as it was begun.
        member: Where its text belongs: a member of the item, or of its one part.
        part: The part as it was begun, `None` for an item without parts.
        events: What the events about its text are called, without their last word.
        text: The text so far.
        logprobs: Log probabilities of its tokens.
    """

    key: object
    item: Json
    member: str
    part: Json | None
    events: str
    text: str = ""
    logprobs: list[Json] = attrs.field(factory=list)


class Composer:
    """Compose an answer from the chunks of a chat completion, and tell the events of it.

    Args:
        response: The answer as it is begun; it grows.
        pad: Whether the events of text are padded to hide how long it is.
    """

    def __init__(self, response: Json, *, pad: bool = False) -> None:
        self.response = response
        self._pad = pad
        self._number = 0
        self._open: _Open | None = None
        self._closed: set[object] = set()
        self._reason: str | None = None
        self._usage: Json | None = None

    def begin(self) -> Iterator[Json]:
        """Tell that the answer was begun."""
        if self.response["status"] == "queued":
            yield self._state("response.created")
            yield self._state("response.queued")
        else:
            yield self._state("response.created")
        self.response["status"] = "in_progress"
        yield self._state("response.in_progress")

    def feed(self, chunk: Json) -> Iterator[Json]:
        """Take the next chunk of the chat completion."""
        if chunk.get("model"):
            self.response["model"] = chunk["model"]
        if chunk.get("service_tier"):
            self.response["service_tier"] = chunk["service_tier"]
        self._usage = chunk.get("usage") or self._usage
        for choice in (chunk.get("choices") or ())[:1]:
            delta = choice.get("delta") or {}
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            if isinstance(thought, str):
                yield from self._say("reasoning_text", thought, [])
            if delta.get("content"):
                probabilities = (choice.get("logprobs") or {}).get("content") or []
                yield from self._say("output_text", delta["content"], probabilities)
            if delta.get("refusal"):
                yield from self._say("refusal", delta["refusal"], [])
            for call in delta.get("tool_calls") or ():
                yield from self._call(call)
            self._reason = choice.get("finish_reason") or self._reason

    def finish(self, now: float) -> Iterator[Json]:
        """End the answer.

        Args:
            now: Seconds since 1970-01-01 UTC.
        """
        if self._open is None and not self.response["output"]:
            yield from self._begin_text("output_text")
        cut = _OUTCOMES.get(self._reason or "")
        yield from self._close("incomplete" if cut else "completed")
        self.response["usage"] = _usage(self._usage)
        if cut:
            self.response |= {"status": "incomplete", "incomplete_details": {"reason": cut}}
            yield self._state("response.incomplete")
            return
        self.response |= {"status": "completed", "completed_at": int(now)}
        yield self._state("response.completed")

    def fail(self, problem: Problem) -> Iterator[Json]:
        """End the answer with a failure."""
        code = "server_error" if problem.status >= 500 else "invalid_prompt"
        if problem.status == 429:
            code = "rate_limit_exceeded"
        error = {"code": code, "message": problem.message}
        self.response |= {"status": "failed", "error": error}
        yield self._state("response.failed")

    def _event(self, kind: str, **members: Any) -> Json:
        event = {"type": kind, "sequence_number": self._number, **members}
        self._number += 1
        return event

    def _state(self, kind: str) -> Json:
        snapshot = {**self.response, "output": [*self.response["output"]]}
        return self._event(kind, response=snapshot)

    def _say(self, kind: str, text: str, probabilities: list[Json]) -> Iterator[Json]:
        if self._open is None or self._open.key != kind:
            yield from self._begin_text(kind)
        assert self._open is not None
        self._open.text += text
        self._open.logprobs += probabilities
        place = self._place(self._open)
        if kind == "output_text":
            place["logprobs"] = [_short(entry) for entry in probabilities]
        yield self._event(f"{self._open.events}.delta", **place, **self._delta(text))

    def _begin_text(self, kind: str) -> Iterator[Json]:
        yield from self._close("completed")
        item: Json = {"type": "reasoning", "summary": []}
        if kind != "reasoning_text":
            item = {"type": "message", "role": "assistant"}
        item |= {"id": new_identity(item), "status": "in_progress", "content": []}
        member = "refusal" if kind == "refusal" else "text"
        part: Json = {"type": kind, member: ""}
        if kind == "output_text":
            part |= {"annotations": [], "logprobs": []}
        self._open = _Open(kind, item, member, part, f"response.{kind}")
        yield self._added(item)
        yield self._event("response.content_part.added", **self._place(self._open), part=part)

    def _call(self, call: Json) -> Iterator[Json]:
        key = ("call", call.get("index", 0))
        if self._open is None or self._open.key != key:
            if key in self._closed:
                message = "The upstream came back to a tool call that it had ended."
                raise Problem(502, message, code="upstream_error")
            yield from self._begin_call(key, call)
        assert self._open is not None
        definition = call.get("custom") or call.get("function") or {}
        text = definition.get("arguments") or definition.get("input") or ""
        if not isinstance(text, str):  # some servers send the arguments as an object
            text = encode_json(text).decode()
        if text:
            self._open.text += text
            place = self._place(self._open)
            yield self._event(f"{self._open.events}.delta", **place, **self._delta(text))

    def _begin_call(self, key: object, call: Json) -> Iterator[Json]:
        yield from self._close("completed")
        custom = call.get("type") == "custom" or "custom" in call
        kind, member = ("custom_tool_call", "input") if custom else ("function_call", "arguments")
        events = "custom_tool_call_input" if custom else "function_call_arguments"
        item: Json = {
            "type": kind,
            "id": new_identity({"type": kind}),
            "call_id": call.get("id") or new_id("call"),
            "name": (call.get("custom") or call.get("function") or {}).get("name") or "",
            member: "",
            "status": "in_progress",
        }
        self._open = _Open(key, item, member, None, f"response.{events}")
        yield self._added(item)

    def _added(self, item: Json) -> Json:
        index = len(self.response["output"])
        return self._event("response.output_item.added", output_index=index, item=item)

    def _close(self, status: str) -> Iterator[Json]:
        ended, self._open = self._open, None
        if ended is None:
            return
        self._closed.add(ended.key)
        place = self._place(ended)
        whole: Json = {ended.member: ended.text}
        item = {**ended.item, "status": status}
        if ended.part is None:
            item |= whole
            if item["type"] == "function_call":
                whole["name"] = item["name"]
            yield self._event(f"{ended.events}.done", **place, **whole)
        else:
            part = {**ended.part, **whole}
            item["content"] = [part]
            if part["type"] == "output_text":
                part["logprobs"] = ended.logprobs
                whole["logprobs"] = [_short(entry) for entry in ended.logprobs]
            yield self._event(f"{ended.events}.done", **place, **whole)
            yield self._event("response.content_part.done", **place, part=part)
        self.response["output"].append(item)
        index = len(self.response["output"]) - 1
        yield self._event("response.output_item.done", output_index=index, item=item)

    def _place(self, item: _Open) -> Json:
        place = {"item_id": item.item["id"], "output_index": len(self.response["output"])}
        return place if item.part is None else {**place, "content_index": 0}

    def _delta(self, text: str) -> Json:
        return {"delta": text, **({"obfuscation": "." * (-len(text) % 16)} if self._pad else {})}


def _short(entry: Json) -> Json:
    """Return a log probability as the events tell it, without the bytes."""
    others = entry.get("top_logprobs") or ()
    top = [{"token": other["token"], "logprob": other["logprob"]} for other in others]
    return {"token": entry["token"], "logprob": entry["logprob"], "top_logprobs": top}


def _usage(usage: Json | None) -> Json | None:
    if usage is None:
        return None
    read, written = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": cached or 0},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": thought or 0},
        "total_tokens": usage.get("total_tokens") or read + written,
    }
