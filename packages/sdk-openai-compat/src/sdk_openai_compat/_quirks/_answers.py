"""Answers that come as a whole, mended."""

from __future__ import annotations

from logging import getLogger
from typing import Any

from ._choices import (
    MARKS,
    Changes,
    fill,
    finish,
    is_object,
    objects,
    share_reasoning,
    text_of,
)
from ._options import NONE, Quirks

__all__ = ["mend_chat", "mend_completion"]

_log = getLogger("sdk_openai_compat.quirks")


def mend_chat(answer: Any, data: bytes, quirks: Quirks = NONE, *, strict: bool = False) -> None:
    """
    Change what is odd in *answer*, a `ChatCompletion`.

    Args:
        answer: What is mended.
        data: The JSON that it was.
        quirks: What is mended besides what always is.
        strict: Refuse what would be mended.

    Raises:
        ValueError: It is no chat answer, or not one as the specification has them.
    """
    changes = Changes(strict=strict)
    for position, choice in enumerate(_choices(answer)):
        if type(choice.index) is not int:
            changes.set(choice, "index", position, "a choice has no `index`")
        message = choice.message
        if not is_object(message):
            msg = "a choice has no `message`"
            raise ValueError(msg)
        if message.role is None:
            changes.refuse("a message has no `role`")
            fill(message, "role", "assistant")
        share_reasoning(message)
        if message.tool_calls:
            _calls(message, changes)
        finish(choice, changes, called=bool(message.tool_calls))
        if quirks.any and not strict:
            from ._written import Written  # noqa: PLC0415  # what is off is not loaded

            Written(quirks).mend(choice, message, changes, 0)
        elif isinstance(message.content, str) and any(mark in message.content for mark in MARKS):
            _log.warning(
                "a text holds what looks like a tool call; `quirks=Quirks(tools_in_text=True)` reads it"
            )
    if changes.made:
        answer._sent = data  # noqa: SLF001  # of our own base class


def mend_completion(answer: Any, data: bytes, *, strict: bool = False) -> None:
    """Change what is odd in *answer*, a `Completion` or a chunk of one; see `mend_chat`."""
    changes = Changes(strict=strict)
    for position, choice in enumerate(_choices(answer)):
        if type(choice.index) is not int:
            changes.set(choice, "index", position, "a choice has no `index`")
        finish(choice, changes, called=False)
    if changes.made:
        answer._sent = data  # noqa: SLF001  # as above


def _choices(answer: Any) -> list[Any]:
    if not (answer.choices or "choices" in answer.model_fields_set):
        msg = "it has no `choices`"
        raise ValueError(msg)
    return objects(answer.choices, "choices")


def _calls(message: Any, changes: Changes) -> None:
    """Mend the tool calls of a whole message, of which some servers send no more than the content."""
    calls: Any = message.tool_calls
    if not isinstance(calls, list):
        msg = "`tool_calls` is no list"
        raise ValueError(msg)  # noqa: TRY004  # about data, not about a type of Python
    made = [_call(call, changes) for call in calls]
    if any(new is not old for new, old in zip(made, calls, strict=True)):
        changes.set(message, "tool_calls", made, "a tool call is not as it should be")


def _call(call: Any, changes: Changes) -> Any:
    """Return *call*, or what it was meant to be."""
    from sdk_core.models import construct  # noqa: PLC0415  # loaded by now
    from sdk_inference_api import models  # noqa: PLC0415  # as above

    if isinstance(call, models.ChatCompletionMessageFunctionToolCall) and is_object(call.function):
        if isinstance(call.function.arguments, str):
            return call
    elif is_object(call) and getattr(call, "type", None) not in {None, "", "function"}:
        return call
    changes.refuse("a tool call is none of a function")
    value = call.to_dict(warnings=False) if is_object(call) else call
    inner = value.get("function") if isinstance(value, dict) else None
    if not isinstance(inner, dict):
        msg = "a tool call has no function"
        raise ValueError(msg)  # noqa: TRY004  # as above
    arguments = inner.get("arguments")
    text = "" if arguments is None else text_of(arguments)
    changed = {**value, "type": "function", "function": {**inner, "arguments": text}}
    return construct(models.ChatCompletionMessageFunctionToolCall, changed)
