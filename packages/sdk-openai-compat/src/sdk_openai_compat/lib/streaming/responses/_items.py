"""Items of a response's output, as far as they have come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._texts import Text

__all__ = ["GROWING", "Item"]

GROWING: Mapping[str, tuple[str, str, str, str]] = {
    "response.output_text.delta": ("content", "content_index", "output_text", "text"),
    "response.refusal.delta": ("content", "content_index", "refusal", "refusal"),
    "response.reasoning_text.delta": ("content", "content_index", "reasoning_text", "text"),
    "response.reasoning_summary_text.delta": (
        "summary",
        "summary_index",
        "summary_text",
        "text",
    ),
    "response.function_call_arguments.delta": ("arguments", "", "", ""),
    "response.mcp_call_arguments.delta": ("arguments", "", "", ""),
    "response.custom_tool_call_input.delta": ("input", "", "", ""),
    "response.code_interpreter_call_code.delta": ("code", "", "", ""),
}
"""By event: the member of the item that grows; and if that is a list, what says which of its parts,
and the type and the text of the part."""


_BEGINNINGS: Mapping[str, Mapping[str, Any]] = {
    "arguments": {"type": "function_call", "name": ""},
    "input": {"type": "custom_tool_call", "name": ""},
    "summary": {"type": "reasoning"},
}
_MESSAGE: Mapping[str, Any] = {"type": "message", "role": "assistant", "status": "in_progress"}


class Item:
    """
    An item, as far as it has come.

    Args:
        member: What came of it, if it was never said to begin; else empty.
        item_id: Its identifier.
    """

    def __init__(self, member: str, item_id: str | None) -> None:
        self.phase: str | None = None
        self.done: Any = None
        self._known: dict[str, Any] = {**_BEGINNINGS.get(member, _MESSAGE), "id": item_id}
        if "name" in self._known:
            self._known["call_id"] = item_id
        elif self._known["type"] == "reasoning":
            self._known["summary"] = []
        else:
            self._known["content"] = []
        self._texts: dict[tuple[str, int, str, str], Text] = {}

    def begin(self, item: Any) -> None:
        """Take over what is known of the item when it begins."""
        self._known = item.to_dict()
        self.phase = getattr(item, "phase", None)

    def end(self, item: Any) -> None:
        """Take over the complete item."""
        self.done = item

    def grow(self, event: Any) -> Text:
        """Add the delta of *event*, and return the whole text."""
        member, index, kind, inner = GROWING[event.type]
        key = (member, getattr(event, index) if index else 0, kind, inner)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = Text()
            text.add(self._begun(*key))
        text.add(event.delta)
        return text

    def part(self, event: Any) -> None:
        """Take over a part, which begins or is complete."""
        part = event.part.to_dict()
        parts = self._parts("content")
        while len(parts) <= event.content_index:
            parts.append({})
        parts[event.content_index] = part
        for key in [*self._texts]:
            if key[:2] == ("content", event.content_index):
                del self._texts[key]

    def _parts(self, member: str) -> list[Any]:
        found = self._known.get(member)
        if not isinstance(found, list):
            found = self._known[member] = []
        return found

    def _begun(self, member: str, index: int, kind: str, inner: str) -> str:
        """Return the beginning of a text that came with the item or its part."""
        found = self._known.get(member)
        if kind:
            part = found[index] if isinstance(found, list) and len(found) > index else {}
            found = part.get(inner)
        return found if isinstance(found, str) else ""

    def so_far(self) -> dict[str, Any]:
        """Return the item as the API would write it."""
        if self.done is not None:
            complete: dict[str, Any] = self.done.to_dict()
            return complete
        for (member, index, kind, inner), text in self._texts.items():
            if not kind:
                self._known[member] = text.whole()
                continue
            parts = self._parts(member)
            while len(parts) <= index:
                parts.append({})
            parts[index] = {"type": kind, **parts[index], inner: text.whole()}
        return self._known
