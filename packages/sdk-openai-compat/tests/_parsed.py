"""What the tests of parsed answers share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pydantic

from ._clients import CHAT, HELLO, Wire, done


class Answer(pydantic.BaseModel):
    """What is asked for."""

    value: int


class Look(pydantic.BaseModel):
    """Look something up."""

    name: str


@dataclass
class Plain:
    """The same as a dataclass."""

    value: int


LAX: Any = {"type": "function", "function": {"name": "lax", "parameters": {}}}


STRICT: Any = {"type": "function", "function": {"name": "strict", "strict": True}}


def call(name: str, arguments: str) -> dict[str, Any]:
    """Return a tool call."""
    return {
        "id": f"call-{name}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def chat(finish: str = "stop", **message: Any) -> dict[str, Any]:
    """Return a chat completion with this message."""
    whole = {"role": "assistant", "content": None, "refusal": None, **message}
    return {**CHAT, "choices": [{"index": 0, "finish_reason": finish, "message": whole}]}


def response(*output: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a response with this output."""
    return {
        "id": "resp-1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": "completed",
        "parallel_tool_calls": True,
        "tools": [],
        "output": list(output),
        **more,
    }


def message(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a message of a response."""
    whole = {"type": "message", "id": "msg-1", "role": "assistant", "status": "completed"}
    return {**whole, "content": list(parts), **more}


def text(value: str) -> dict[str, Any]:
    """Return a part of a message."""
    return {"type": "output_text", "text": value, "annotations": []}


def answering(value: Any) -> Wire:
    """Return what answers with *value*."""
    return Wire(lambda _: httpx.Response(200, json=value))


async def parsed_chat(colour: str, answer: Any, **options: Any) -> Any:
    """Return *answer* as `parse` gives it."""
    client = answering(answer).client(colour)
    return await done(client.chat.completions.parse(model="m", messages=HELLO, **options))


async def parsed_response(colour: str, answer: Any, **options: Any) -> Any:
    """Return *answer* as `parse` gives it."""
    client = answering(answer).client(colour)
    return await done(client.responses.parse(model="m", input="hello", **options))
