"""Messages as the GenAI conventions have them on spans: JSON of roles and parts, written and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["text_of", "to_json", "written"]


def to_json(value: object) -> str:
    """Return a value as JSON; what JSON does not know is shown as text."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    except (TypeError, ValueError, RecursionError):
        return "null"


def written(messages: Sequence[object] | None, finish_reasons: Sequence[str] = ()) -> str | None:
    """
    Return messages as an attribute has them; None without any, or for what is none.

    Args:
        messages: Pairs of role and text, or mappings as the conventions or chat requests have them.
        finish_reasons: Why each of them ended, for messages of a model.
    """
    if not messages:
        return None
    try:
        made = [_message(message) for message in messages]
    except (TypeError, ValueError):
        return None
    for message, reason in zip(made, finish_reasons, strict=False):
        message["finish_reason"] = reason
    return to_json(made)


def text_of(attribute: object) -> str:
    """Return the texts of messages that an attribute holds, a line each; "" for anything else."""
    try:
        value = json.loads(attribute) if isinstance(attribute, str) else attribute
    except (ValueError, RecursionError):
        return ""
    return "\n".join(_texts(value))


def _message(message: object) -> dict[str, Any]:
    if isinstance(message, Mapping):
        if "parts" in message:
            return dict(message)
        role, content = message.get("role", "user"), message.get("content")
    else:
        role, content = message  # type: ignore[misc]  # a pair, if it is no mapping
    several = [content] if isinstance(content, (str, Mapping)) else content or ()
    return {"role": role, "parts": [_part(each) for each in several]}


def _part(part: object) -> object:
    if isinstance(part, str):
        return {"type": "text", "content": part}
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return {"type": "text", "content": part["text"]}
    return part


def _texts(value: object) -> Iterator[str]:
    for message in value if isinstance(value, list) else ():
        parts = message.get("parts") if isinstance(message, dict) else None
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and isinstance(part.get("content"), str):
                yield part["content"]
