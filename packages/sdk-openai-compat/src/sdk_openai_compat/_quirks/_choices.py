"""What the choices of whole and of streamed answers have in common."""

from __future__ import annotations

import json
from typing import Any

MARKS = ("<tool_call>", "<function=", "[TOOL_CALLS]", "<|python_tag|>")
"""What begins a tool call in a text."""

REASONS = frozenset({"stop", "length", "tool_calls", "content_filter", "function_call"})
"""Why a choice may be finished, by the specification."""


class Changes:
    """
    Notes what is mended; where the specification is the law, refuses it.

    Attributes:
        made: Whether something has been changed since this was last set to False.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.made = False
        self.strict = strict

    def set(self, model: Any, name: str, value: Any, why: str) -> None:
        """
        Give an attribute of *model* another value.

        Raises:
            ValueError: Nothing may be changed; it says *why* something would have to be.
        """
        self.refuse(why)
        self.made = True
        setattr(model, name, value)

    def refuse(self, why: str) -> None:
        """Raise ValueError, if the specification is the law."""
        if self.strict:
            raise ValueError(why)


def is_object(value: Any) -> bool:
    """Return whether *value* is a model, as every object of an answer that could be read is."""
    return hasattr(type(value), "model_fields")


def objects(values: Any, what: str) -> list[Any]:
    """
    Return *values*, if they are a list of objects.

    Raises:
        ValueError: They are not; nobody could do anything with them.
    """
    if not isinstance(values, list):
        msg = f"`{what}` is no list"
        raise ValueError(msg)  # noqa: TRY004  # about data, not about a type of Python
    if not all(map(is_object, values)):
        msg = f"`{what}` holds something that is no object"
        raise ValueError(msg)
    return values


def fill(model: Any, name: str, value: Any) -> None:
    """Give *model* a value that the server did not send: it is there, and is not sent back."""
    _ = model.model_fields_set  # some models only work it out from their values
    model.__dict__[name] = value


def share_reasoning(message: Any) -> None:
    """Have the reasoning under the name that most servers use, too."""
    if message.reasoning_content is None and isinstance(message.reasoning, str):
        fill(message, "reasoning_content", message.reasoning)


def finish(choice: Any, changes: Changes, *, called: bool) -> None:
    """Mend why *choice* is finished; *called* says whether it has tool calls."""
    reason = choice.finish_reason
    if reason == "" or not isinstance(reason, str | None):
        changes.set(choice, "finish_reason", None, "`finish_reason` is no text, or an empty one")
    elif changes.strict:
        if reason is not None and reason not in REASONS:
            changes.refuse(f"there is no finish reason {reason!r}")
    elif reason == "stop" and called:
        changes.set(choice, "finish_reason", "tool_calls", "tools were called")


def text_of(arguments: Any) -> str:
    """Return the arguments of a call as JSON text, which some servers send as an object."""
    if isinstance(arguments, str):
        return arguments
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
