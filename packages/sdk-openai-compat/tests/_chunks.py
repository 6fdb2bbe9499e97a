"""Chunks of streamed chat completions, and the bytes of streams."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import httpx

from sdk_inference_api.models import ChatCompletionChunk


def choice(delta: Any, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """Return what is new in one choice."""
    return {"index": index, "delta": delta, "finish_reason": finish, **more}


def chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a chunk with these choices."""
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**whole, "choices": list(choices), **more}


def piece(delta: Any, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a chunk with one choice."""
    return chunk(choice(delta, finish, **more))


def called(index: int, arguments: str | None, **more: Any) -> dict[str, Any]:
    """Return a delta with a piece of a tool call; its beginning, if there is an ``id``."""
    function: dict[str, Any] = {} if arguments is None else {"arguments": arguments}
    if "name" in more:
        function["name"] = more.pop("name")
    return {"tool_calls": [{"index": index, "function": function, **more}]}


def model(value: dict[str, Any]) -> ChatCompletionChunk:
    """Return a chunk as clients give it."""
    return ChatCompletionChunk.model_validate_json(json.dumps(value))


def streaming(items: Iterable[dict[str, Any]], end: str = "data: [DONE]\n\n") -> httpx.Response:
    """Return the answer that streams *items*."""
    body = "".join(f"data: {json.dumps(item)}\n\n" for item in items) + end
    return httpx.Response(200, text=body, headers={"content-type": "text/event-stream"})
