"""One choice of a streamed chat completion, and its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sdk_core.models import construct
from sdk_inference_api.models import ChatCompletionMessage, ChoiceLogprobs

from ..._chat_models import ParsedChatCompletionMessage, ParsedChoice
from ..._objects import adopt, fill, late
from ..._parsing._reading import is_rich, read_part, read_text
from .._texts import Text, merged, text_of
from ._calls import Call
from ._events import (
    ContentDeltaEvent,
    ContentDoneEvent,
    LogprobsContentDeltaEvent,
    LogprobsContentDoneEvent,
    LogprobsRefusalDeltaEvent,
    LogprobsRefusalDoneEvent,
    RefusalDeltaEvent,
    RefusalDoneEvent,
)

__all__ = ["Choice"]

_FIELDS: dict[str, Any] = dict.fromkeys(ParsedChatCompletionMessage.model_fields)
_OBJECTS = frozenset({"audio", "function_call"})
_LOGPROBS: dict[str, tuple[Any, Any]] = {
    "content": (LogprobsContentDeltaEvent, LogprobsContentDoneEvent),
    "refusal": (LogprobsRefusalDeltaEvent, LogprobsRefusalDoneEvent),
}


class Choice:
    """
    A choice, as far as it has come.

    Args:
        index: Its position among the choices.
        wanted: The type of its text, or the format that was sent.
        tools: The tools of the request.

    Attributes:
        finish_reason: Why the model stopped, once it has.
    """

    def __init__(self, index: int, wanted: Any, tools: list[Any]) -> None:
        self.finish_reason: str | None = None
        self._index = index
        self._wanted = wanted
        self._rich = is_rich(wanted)
        self._tools = tools
        self._role: str | None = None
        self._texts: dict[str, Text] = {}  # by the name of the member
        self._calls: dict[int, Call] = {}
        self._others: dict[str, Any] = {}  # members of the message that are no texts
        self._named: set[str] = set()  # what the server sent, and not what was filled in
        self._beside: dict[str, Any] = {}  # members of the choice itself
        self._logprobs: dict[str, list[Any]] = {}
        self._ended: set[str] = set()  # texts and lists whose last event has been given
        self._current: Call | None = None
        self._parsed: tuple[int, Any] = (-1, None)  # for how much of the text
        self._message: Any = adopt(ParsedChatCompletionMessage, {**_FIELDS})
        self._choice: Any = adopt(ParsedChoice, {})

    def take(self, choice: Any, events: list[Any]) -> None:
        """Add what came of the choice, and append the *events* that tell of it."""
        delta = choice.delta
        pieces = None
        for name, value in delta.__dict__.items():
            if value is None:
                continue
            if name == "role":
                self._role = self._role or value
            elif name == "tool_calls":
                pieces = value
            elif name in _OBJECTS:
                self._merge(name, value.to_dict() if hasattr(value, "to_dict") else value)
            else:
                piece = value if type(value) is str else text_of(value)
                text = self._add(name, piece, delta)
                if name == "content":
                    values: dict[str, Any] = {"type": "content.delta", "delta": piece}
                    if not self._rich:
                        values["parsed"] = None
                    events.append(late(ContentDeltaEvent, values, (text, text.length)))
                elif name == "refusal":
                    values = {"type": "refusal.delta", "delta": piece}
                    events.append(late(RefusalDeltaEvent, values, (text, text.length)))
        if extra := delta.model_extra:
            for name, value in extra.items():
                if isinstance(value, str):
                    self._add(name, value, delta)
                else:
                    self._merge(name, value)
        if extra := choice.model_extra:
            self._beside = {**self._beside, **extra}
        touched = [self._piece(piece, events) for piece in pieces or ()]
        if choice.logprobs is not None:
            self._add_logprobs(choice.logprobs, events)
        for call in touched:
            if call is not self._current:
                self._end_texts(events, finished=False)
                self._end_calls([self._current] if self._current else [], events, finished=False)
                self._current = call
        self.finish_reason = self.finish_reason or choice.finish_reason

    def finish(self, events: list[Any]) -> None:
        """
        Append the *events* that tell of the end of what has not been told to end.

        Raises:
            ValueError: A text, or the arguments of a call, are not what was asked for.
        """
        self._end_texts(events, finished=True)
        self._end_calls(self._calls.values(), events, finished=True)

    def _add(self, name: str, piece: str, delta: Any) -> Text:
        text = self._texts.get(name)
        if text is None:
            text = self._texts[name] = Text()
            if name in delta.model_fields_set:
                self._named.add(name)
        text.add(piece)
        self._ended.discard(name)
        return text

    def _merge(self, name: str, value: Any) -> None:
        self._named.add(name)
        self._others[name] = merged(self._others.get(name), value)

    def _piece(self, piece: Any, events: list[Any]) -> Call:
        call = self._calls.get(piece.index)
        if call is None:
            call = self._calls[piece.index] = Call(piece.index, self._tools)
        event = call.take(piece)
        if event is not None:
            events.append(event)
        return call

    def _add_logprobs(self, logprobs: Any, events: list[Any]) -> None:
        for name, (delta, _) in _LOGPROBS.items():
            came = getattr(logprobs, name, None)
            if not isinstance(came, list):
                continue
            known = self._logprobs.setdefault(name, [])
            if came:
                known.extend(came)
                self._ended.discard(f"logprobs.{name}")
                values = {"type": f"logprobs.{name}.delta", name: came}
                events.append(late(delta, values, (known, len(known))))

    def _end_texts(self, events: list[Any], *, finished: bool) -> None:
        texts, ended = self._texts, self._ended
        content = texts.get("content")
        if content is not None and content.length and "content" not in ended:
            event = self._end_content(content, finished=finished)
            if event is not None:
                ended.add("content")
                events.append(event)
        if "refusal" in texts and "refusal" not in ended:
            ended.add("refusal")
            values = {"type": "refusal.done", "refusal": texts["refusal"].whole()}
            events.append(adopt(RefusalDoneEvent, values))
        for name, (_, done) in _LOGPROBS.items():
            if name in self._logprobs and f"logprobs.{name}" not in ended:
                ended.add(f"logprobs.{name}")
                entries = [*self._logprobs[name]]
                events.append(adopt(done, {"type": f"logprobs.{name}.done", name: entries}))

    def _end_content(self, content: Text, *, finished: bool) -> Any:
        whole = content.whole()
        parsed = None
        if self._rich and "refusal" not in self._texts:
            try:
                parsed = read_text(self._wanted, whole)
            except ValueError:
                if finished:
                    raise
                return None  # a tool call has begun, but the text goes on
        self._parsed = (content.length, parsed)
        values = {"type": "content.done", "content": whole, "parsed": parsed}
        return adopt(ContentDoneEvent, values)

    def _end_calls(self, calls: Iterable[Call], events: list[Any], *, finished: bool) -> None:
        ends = (call.end(finished=finished) for call in calls)
        events.extend(event for event in ends if event is not None)

    def snapshot(self) -> Any:
        """Return the choice so far: one object, brought up to date."""
        # Its texts go first: what nobody else holds grows in place.
        vars(self._message).update({name: None for name in self._texts if name in _FIELDS})
        came: dict[str, Any] = {name: text.whole() for name, text in self._texts.items()}
        came |= {name: _typed(name, value) for name, value in self._others.items()}
        extra = {name: came.pop(name) for name in [*came] if name not in _FIELDS}
        sent = {"role", "content", *(self._named - extra.keys())}
        if self._calls:
            came["tool_calls"] = [call.snapshot() for call in self._calls.values()]
            sent.add("tool_calls")
        if (parsed := self._so_far()) is not None:
            sent.add("parsed")
        role = self._role or "assistant"
        fill(self._message, {**_FIELDS, **came, "role": role, "parsed": parsed}, sent, extra)
        choice = {
            "index": self._index,
            "message": self._message,
            "finish_reason": self.finish_reason,
            "logprobs": None,
        }
        sent = {"index", "message", "finish_reason"}
        if self._logprobs:
            lists = {"content": None, "refusal": None, **self._logprobs}
            choice["logprobs"] = adopt(ChoiceLogprobs, lists)
            sent.add("logprobs")
        fill(self._choice, choice, sent, self._beside)
        return self._choice

    def _so_far(self) -> Any:
        content = self._texts.get("content")
        if not self._rich or content is None or "refusal" in self._texts:
            return None
        length, parsed = self._parsed
        if length != content.length:
            parsed = read_part(content.whole())
            self._parsed = (content.length, parsed)
        return parsed


def _typed(name: str, value: Any) -> Any:
    """Return what came in pieces as the message declares it, if it does."""
    if name not in _FIELDS:
        return value
    return getattr(construct(ChatCompletionMessage, {name: value}), name)
