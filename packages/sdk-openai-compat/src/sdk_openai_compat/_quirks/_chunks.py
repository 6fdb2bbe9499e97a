"""The chunks of a streamed chat answer, mended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._choices import Changes, finish, is_object, objects, share_reasoning, text_of
from ._options import NONE, Quirks
from ._slots import Slots

if TYPE_CHECKING:
    from ._written import Written

__all__ = ["ChatChunks"]


class ChatChunks:
    """
    Mends the chunks of one stream, one after the other; sans-IO.

    A chunk that has been mended comes through unchanged.

    Args:
        quirks: What is mended besides what always is.
        strict: Refuse what would be mended.
        told: Called with this and the chunk: with the first one, and with those from the first
            finish reason on.

    Attributes:
        finished: The choices whose finish reason has come.
        counted: Whether the usage has come.
    """

    def __init__(
        self,
        quirks: Quirks = NONE,
        *,
        strict: bool = False,
        told: Callable[[ChatChunks, Any], None] | None = None,
    ) -> None:
        self.finished: set[int] = set()
        self.counted = False
        self._told = told
        self._begun = False
        self._changes = Changes(strict=strict)
        self._slots: dict[int, Slots] = {}
        self._written: dict[int, Written] = {}
        self._quirks = NONE if strict else quirks
        self._plain = not (strict or quirks.any)
        self._quick = False  # the first one is looked at

    def mend(self, chunk: Any, data: bytes | None = None) -> Any:
        """
        Return *chunk*, changed where it was odd; None if it only keeps the connection alive.

        Args:
            chunk: A `ChatCompletionChunk`.
            data: The JSON that it was; kept as what came, if something is changed.

        Raises:
            ValueError: It is no chunk, or not one as the specification has them.
        """
        # Nearly all chunks are a piece of text, and pay for no more than these looks.
        if self._quick:
            try:
                (choice,) = chunk.choices
                if choice.finish_reason is None and choice.index.__class__ is int:
                    delta = choice.delta
                    if not delta.tool_calls and not delta.reasoning:
                        return chunk
            except (AttributeError, TypeError, ValueError):
                pass  # told below
        self._changes.made = False
        if self._is_empty(chunk):
            return None
        for position, choice in enumerate(objects(chunk.choices, "choices")):
            self._choice(choice, position)
        if self._changes.made and data is not None:
            chunk._sent = data  # noqa: SLF001  # of our own base class
        first, self._begun = not self._begun, True
        if self._told is not None and (first or self.finished):
            self.counted = self.counted or chunk.usage is not None
            self._told(self, chunk)
        self._quick = self._plain
        return chunk

    def _is_empty(self, chunk: Any) -> bool:
        """Return whether *chunk* says nothing, and does not call itself a chunk either."""
        if "choices" in chunk.model_fields_set or chunk.usage is not None:
            return False
        self._changes.refuse("it has no `choices`")
        return bool(chunk.object != "chat.completion.chunk")

    def _choice(self, choice: Any, position: int) -> None:
        changes = self._changes
        if type(choice.index) is not int:
            changes.set(choice, "index", position, "a choice has no `index`")
        index = choice.index
        delta = choice.delta
        if delta is None:
            from sdk_inference_api.models import ChoiceDelta  # noqa: PLC0415  # loaded by now

            delta = ChoiceDelta()
            changes.set(choice, "delta", delta, "a choice has no `delta`")
        elif not is_object(delta):
            msg = "`delta` is no object"
            raise ValueError(msg)
        share_reasoning(delta)
        if delta.tool_calls:
            self._calls(objects(delta.tool_calls, "tool_calls"), index)
        if choice.finish_reason is not None:
            if index in self.finished:
                changes.set(choice, "finish_reason", None, "a choice is finished twice")
            else:
                finish(choice, changes, called=bool(delta.tool_calls) or index in self._slots)
        if self._quirks.any:
            self._text(choice, delta)
        if choice.finish_reason is not None:
            self.finished.add(index)

    def _calls(self, pieces: list[Any], index: int) -> None:
        slots = self._slots.setdefault(index, Slots())
        for position, piece in enumerate(pieces):
            self._piece(slots, piece, position, alone=len(pieces) == 1)

    def _piece(self, slots: Slots, piece: Any, position: int, *, alone: bool) -> None:
        changes = self._changes
        function = piece.function
        if function is not None and not is_object(function):
            msg = "`function` is no object"
            raise ValueError(msg)
        place = piece.index if type(piece.index) is int else None
        id_ = piece.id if isinstance(piece.id, str) and piece.id else None
        name = None if function is None else function.name
        name = name if isinstance(name, str) and name else None
        slot = slots.find(place, id_, name, position, alone=alone)
        if piece.index != slot.number:
            changes.set(piece, "index", slot.number, "the `index` of a tool call is wrong")
        if piece.id is not None and (id_ is None or slot.id is not None):
            changes.set(piece, "id", None, "the `id` of a tool call is empty or comes twice")
        slot.id = slot.id or id_
        if function is None:
            return
        if function.name is not None and (name is None or slot.name is not None):
            changes.set(function, "name", None, "the name of a function is empty or comes twice")
        slot.name = slot.name or name
        if function.arguments is not None:
            if not isinstance(function.arguments, str):
                text = text_of(function.arguments)
                changes.set(function, "arguments", text, "the arguments of a call are no text")
            slot.pieces.append(function.arguments)

    def _text(self, choice: Any, delta: Any) -> None:
        """Take reasoning and tool calls out of the text of *choice*."""
        written = self._written.get(choice.index)
        if written is None:
            from ._written import Written  # noqa: PLC0415  # what is off is not loaded

            written = self._written[choice.index] = Written(self._quirks)
        slots = self._slots.get(choice.index)
        written.mend(choice, delta, self._changes, len(slots.all) if slots else 0)
