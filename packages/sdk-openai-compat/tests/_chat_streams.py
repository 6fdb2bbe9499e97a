"""What the tests of streamed chat completions share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pydantic

from sdk_openai_compat import (
    pydantic_function_tool,
)
from sdk_openai_compat.lib.streaming.chat import (
    ChatCompletionStreamState,
)

from ._chunks import chunk, model, piece


class Answer(pydantic.BaseModel):
    """What is asked for."""

    value: int


class Look(pydantic.BaseModel):
    """Look something up."""

    name: str


LOOK: Any = pydantic_function_tool(Look)


LAX: Any = {"type": "function", "function": {"name": "lax", "parameters": {}}}


USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}


def fed(chunks: Iterable[dict[str, Any]], **options: Any) -> tuple[Any, list[Any]]:
    """Return a state that was given *chunks*, and its events."""
    state: Any = ChatCompletionStreamState(**options)
    return state, [event for each in chunks for event in state.handle_chunk(model(each))]


def told(events: list[Any]) -> list[Any]:
    """Return *events* but those of chunks."""
    return [event for event in events if event.type != "chunk"]


def kinds(events: list[Any]) -> list[str]:
    """Return what *events* tell of."""
    return [event.type for event in told(events)]


TEXT = [
    piece({"role": "assistant", "content": ""}),
    piece({"content": '{"val'}),
    piece({"content": 'ue": 3}'}),
    piece({}, "stop"),
    chunk(usage=USAGE),
]


def in_order(events: list[Any]) -> None:
    """Check what holds for the events of every stream of one choice."""
    open_: dict[Any, str] = {}
    for event in told(events):
        kind, _, what = event.type.rpartition(".")
        key = (kind, getattr(event, "index", None))
        if what == "delta":
            snapshot = event.arguments if hasattr(event, "arguments") else event.snapshot
            assert snapshot.startswith(open_.get(key, ""))
            open_[key] = snapshot
        else:
            whole = getattr(event, "arguments" if "tool_calls" in kind else kind)
            assert open_.pop(key) == whole
    assert set(open_.values()) <= {""}
