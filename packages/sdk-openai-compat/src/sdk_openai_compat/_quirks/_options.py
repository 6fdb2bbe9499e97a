"""What a client does about quirks beyond what it always does."""

from __future__ import annotations

from typing import Any

import attrs

from sdk_core.errors import ConfigurationError


def _tags(instance: Any, attribute: Any, value: Any) -> None:  # noqa: ARG001  # attrs passes them
    if isinstance(value, bool):
        return
    if not (isinstance(value, tuple) and len(value) == 2 and all(map(_is_text, value))):
        msg = f"`thinking` must be True, False or a pair of tags, not {value!r}"
        raise ConfigurationError(msg)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


@attrs.frozen
class Quirks:
    """
    Ask for mending that a program has to want, because it changes the text of answers.

    Attributes:
        thinking: Take what stands between ``<think>`` and ``</think>``, or another pair of tags,
            out of the text and give it as ``reasoning_content``; for servers that leave it there.
        tools_in_text: Read tool calls that a model wrote into its text, as models do whose server
            has no template for tools: ``<tool_call>{...}</tool_call>``,
            ``<function=name>{...}</function>``, ``[TOOL_CALLS][{...}]``, ``<|python_tag|>{...}``, or
            a text that is nothing but ``{"name": ..., "parameters": {...}}``. A warning is logged.

    Raises:
        ConfigurationError: *thinking* is neither a bool nor two texts.
    """

    thinking: bool | tuple[str, str] = attrs.field(default=False, validator=_tags)
    tools_in_text: bool = False

    @property
    def tags(self) -> tuple[str, str] | None:
        """The tags around reasoning, or None."""
        if isinstance(self.thinking, tuple):
            return self.thinking
        return ("<think>", "</think>") if self.thinking else None

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return self.tags is not None or self.tools_in_text


NONE = Quirks()
