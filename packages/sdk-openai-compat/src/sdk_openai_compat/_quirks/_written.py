"""Reasoning and tool calls that a model wrote into its text, taken out of it."""

from __future__ import annotations

import os
from logging import getLogger
from typing import Any

from ._choices import Changes
from ._options import Quirks
from ._tags import TagSplitter
from ._text_tools import WrittenCall, begins, calls_in

_log = getLogger("sdk_openai_compat.quirks")


class Written:
    """
    What one choice has in its text.

    Args:
        quirks: What is taken out of it.
    """

    def __init__(self, quirks: Quirks) -> None:
        self._splitter = None if quirks.tags is None else TagSplitter(*quirks.tags)
        self._tools = quirks.tools_in_text
        self._kept = ""
        self._begun = False

    def mend(self, choice: Any, message: Any, changes: Changes, before: int) -> None:
        """
        Take out of the text of *message* what it holds, all of it if *choice* is finished.

        Args:
            choice: A choice of a chunk or of a whole answer.
            message: Its ``delta`` or ``message``.
            changes: Told of what is changed.
            before: How many tool calls the choice has.
        """
        text = message.content
        if text is not None and not isinstance(text, str):
            return
        over = choice.finish_reason is not None
        reasoning, rest, calls = self.split(text or "", over=over)
        if rest != (text or ""):
            changes.set(message, "content", rest, "the text holds more than text")
        if reasoning:
            reasoning = (message.reasoning_content or "") + reasoning
            changes.set(message, "reasoning_content", reasoning, "the text holds reasoning")
        if calls:
            _log.warning("%d tool calls were written as text; they are read as calls", len(calls))
            made = [_made(call, message, before + at) for at, call in enumerate(calls)]
            made = [*(message.tool_calls or ()), *made]
            changes.set(message, "tool_calls", made, "the text holds tool calls")
            if choice.finish_reason == "stop":
                changes.set(choice, "finish_reason", "tool_calls", "tools were called")

    def split(self, text: str, *, over: bool) -> tuple[str, str, list[WrittenCall]]:
        """Return what *text* adds to the reasoning and to the text, and the tool calls at the end."""
        reasoning = ""
        if self._splitter is not None:
            reasoning, text = self._splitter.feed(text)
            if over:
                more, rest = self._splitter.end()
                reasoning, text = reasoning + more, text + rest
        if not self._tools:
            return reasoning, text, []
        text = self._kept + text
        at = begins(text, first=not self._begun)
        if over:
            self._kept = ""
            rest, calls = calls_in(text[at:])
            return reasoning, text[:at] + rest, calls
        self._kept = text[at:]
        self._begun = self._begun or bool(text[:at].strip())
        return reasoning, text[:at], []


def _made(call: WrittenCall, message: Any, number: int) -> Any:
    """Return *call* as the model that *message* holds."""
    from sdk_inference_api import models  # noqa: PLC0415  # loaded by now

    function = {"name": call.name, "arguments": call.arguments}
    value = {"id": f"call_{os.urandom(12).hex()}", "type": "function", "function": function}
    if isinstance(message, models.ChoiceDelta):
        return models.ChoiceDeltaToolCall.model_validate({"index": number, **value})
    return models.ChatCompletionMessageFunctionToolCall.model_validate(value)
