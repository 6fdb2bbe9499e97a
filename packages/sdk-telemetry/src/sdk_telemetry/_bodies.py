"""
What is read of the bodies of model calls: of requests and answers of OpenAI's API, and its likes.

Only what telemetry needs is decoded, the rest is skipped; a body of another shape says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

__all__ = ["Answer", "Asked", "read_answer", "read_asked"]


class _Part(msgspec.Struct, gc=False):
    text: Any = None
    refusal: Any = None


_Content: TypeAlias = str | list[_Part] | None


class _Turn(msgspec.Struct, gc=False):
    role: Any = None
    content: _Content = None


class Asked(msgspec.Struct, gc=False):
    """What a request asks for: of chats, completions, responses and embeddings."""

    model: Any = None
    messages: list[_Turn] | None = None
    instructions: Any = None
    input: str | list[Any] | None = None
    prompt: str | list[Any] | None = None
    temperature: Any = None
    top_p: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    frequency_penalty: Any = None
    presence_penalty: Any = None
    stop: Any = None
    seed: Any = None
    n: Any = None

    def turns(self) -> list[tuple[str, str]]:
        """Return who said what, where it is text."""
        turns = [
            (_text(each.role) or "user", _joined(each.content)) for each in self.messages or ()
        ]
        for given in (self.input, self.prompt):
            if isinstance(given, str):
                turns.append(("user", given))
            elif given is not None:
                turns += map(_turn, given)
        if isinstance(self.instructions, str):
            turns.insert(0, ("system", self.instructions))
        return turns

    def settings(self) -> dict[str, Any]:
        """Return how the model is to answer, by the names of `otel.Spans`."""
        most = self.max_tokens or self.max_completion_tokens or self.max_output_tokens
        settings = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": most,
            "frequency_penalty": self.frequency_penalty,
            "presence_penalty": self.presence_penalty,
            "stop": self.stop,
            "seed": self.seed,
            "choice_count": self.n,
        }
        return {name: value for name, value in settings.items() if value is not None}


class _Details(msgspec.Struct, gc=False):
    cached_tokens: Any = None
    reasoning_tokens: Any = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    input_tokens: Any = None
    output_tokens: Any = None
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None
    input_tokens_details: _Details | None = None
    output_tokens_details: _Details | None = None


class _ToolCall(msgspec.Struct, gc=False):
    id: Any = None
    index: Any = None


class _Message(msgspec.Struct, gc=False):
    content: _Content = None
    refusal: Any = None
    tool_calls: list[_ToolCall] | None = None
    function_call: Any = None


class _Choice(msgspec.Struct, gc=False):
    index: Any = None
    finish_reason: Any = None
    text: Any = None
    message: _Message | None = None
    delta: _Message | None = None


class _Item(msgspec.Struct, gc=False):
    type: Any = None
    content: _Content = None


class _Incomplete(msgspec.Struct, gc=False):
    reason: Any = None


class _Body(msgspec.Struct, gc=False):
    """A whole answer, or an item of a stream."""

    id: Any = None
    model: Any = None
    status: Any = None
    choices: list[_Choice] | None = None
    output: list[_Item] | None = None
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: Any = None
    # Events of responses.
    type: Any = None
    delta: Any = None
    item: _Item | None = None
    response: _Body | None = None
    code: Any = None


class _Bare(msgspec.Struct, gc=False):
    """What is left of a request or an answer with surprises."""

    model: Any = None
    id: Any = None


_decode = msgspec.json.Decoder(_Body).decode
_decode_asked = msgspec.json.Decoder(Asked).decode
_decode_bare = msgspec.json.Decoder(_Bare).decode

# Where the text of an answer is, and a new call of a tool.
_TEXTS = frozenset({"response.output_text.delta", "response.refusal.delta"})
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_TEXT_OF_CALLS = ("function_call", "custom_tool_call", "mcp_call")


def read_asked(body: object) -> Asked:
    """Return what the *body* of a request says; nothing for one that is no JSON or comes from files."""
    if not isinstance(body, bytes):
        return Asked()
    try:
        return _decode_asked(body)
    except msgspec.DecodeError:
        return Asked(model=_bare(body).model)


def read_answer(body: bytes, answer: Answer) -> bool:
    """Add what *body*, a whole answer, says to *answer*; return whether it says anything."""
    try:
        answer.add(_decode(body))
    except msgspec.DecodeError:
        bare = _bare(body)
        answer.add(_Body(id=bare.id, model=bare.model))
        return bare.model is not None
    return True


def read_item(data: bytes, answer: Answer) -> None:
    """Add what *data*, an item of a stream, says to *answer*."""
    try:
        body = _decode(data)
    except msgspec.DecodeError:
        return
    answer.add(body)


def _bare(body: bytes) -> _Bare:
    try:
        return _decode_bare(body)
    except msgspec.DecodeError:
        return _Bare()


class Answer:
    """
    What an answer has said so far, whole or in pieces.

    Args:
        keeps_text: Keep the text, and not only its length.

    Attributes:
        id: Its name at the provider.
        model: What answered.
        input_tokens: Tokens of the prompt; None: not said.
        output_tokens: Tokens of the answer; None: not said.
        cached_tokens: Those of the prompt that a cache had.
        reasoning_tokens: Those of the answer that are reasoning.
        chars: Characters of the text.
        texts: The text in pieces.
        tool_calls: How many tools it calls.
        begun: Whether any of the text, or of a call of a tool, has come.
        ended: Whether it said that it is over.
        finish_reasons: Why it ended, by the numbers of the choices.
        error: The kind of error that it said.
    """

    __slots__ = (
        "begun",
        "cached_tokens",
        "chars",
        "ended",
        "error",
        "finish_reasons",
        "id",
        "input_tokens",
        "keeps_text",
        "model",
        "output_tokens",
        "reasoning_tokens",
        "texts",
        "tool_calls",
    )

    def __init__(self, *, keeps_text: bool) -> None:
        self.keeps_text = keeps_text
        self.id = ""
        self.model = ""
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.cached_tokens = 0
        self.reasoning_tokens = 0
        self.chars = 0
        self.texts: list[str] = []
        self.tool_calls = 0
        self.begun = False
        self.ended = False
        self.error = ""
        self.finish_reasons: dict[int, str] = {}

    def add(self, body: _Body) -> None:
        """Note what one body says."""
        if body.type is not None and body.choices is None:
            self._event(body)
        if not self.id and isinstance(body.id, str):
            self.id = body.id
        if not self.model and isinstance(body.model, str):
            self.model = body.model
        if body.choices:
            for choice in body.choices:
                self._choice(choice)
        if body.usage is not None:
            self._count(body.usage)
        if body.output is not None:
            self._whole(body)
        if body.error is not None:
            self.error = _kind(body.error)

    def _choice(self, choice: _Choice) -> None:
        said = choice.delta or choice.message
        if said is not None:
            if said.content:
                self._say(_joined(said.content))
            if isinstance(said.refusal, str):
                self._say(said.refusal)
            if said.tool_calls:
                self.begun = True
                # In a stream only the first piece of a call has its name.
                self.tool_calls += sum(each.id is not None for each in said.tool_calls)
            if said.function_call is not None and choice.message is not None:
                self.tool_calls += 1
        if isinstance(choice.text, str):
            self._say(choice.text)
        if isinstance(choice.finish_reason, str):
            self.finish_reasons[_number(choice.index) or 0] = choice.finish_reason

    def _event(self, body: _Body) -> None:
        """Note an event of the stream of a response."""
        if body.type in _TEXTS:
            self._say(_text(body.delta))
        elif body.type == "response.output_item.added":
            if body.item is not None and _calls(body.item):
                self.begun = True
                self.tool_calls += 1
        elif body.type == "error":
            self.error = _kind({"code": body.code})
        elif body.response is not None:
            whole = body.response
            if body.type in _ENDS:
                self.ended = True
                self.finish_reasons[0] = _why(whole)
            if whole.usage is not None:
                self._count(whole.usage)
            if whole.error is not None:
                self.error = _kind(whole.error)
            self.id = self.id or _text(whole.id)
            self.model = self.model or _text(whole.model)

    def _whole(self, body: _Body) -> None:
        """Note a response that came as a whole."""
        for item in body.output or ():
            self.tool_calls += _calls(item)
            self._say(_joined(item.content))
        self.finish_reasons[0] = _why(body)

    def _say(self, text: str) -> None:
        if text:
            self.begun = True
            if self.keeps_text and self.chars < _MOST:
                self.texts.append(text)
            self.chars += len(text)

    def _count(self, usage: _Usage) -> None:
        asked = _number(usage.prompt_tokens)
        answered = _number(usage.completion_tokens)
        self.input_tokens = _number(usage.input_tokens) if asked is None else asked
        self.output_tokens = _number(usage.output_tokens) if answered is None else answered
        details = usage.prompt_tokens_details or usage.input_tokens_details
        if details is not None:
            self.cached_tokens = _number(details.cached_tokens) or 0
        details = usage.completion_tokens_details or usage.output_tokens_details
        if details is not None:
            self.reasoning_tokens = _number(details.reasoning_tokens) or 0


_MOST = 100_000  # characters: the longest text that an event may have


def _calls(item: _Item) -> bool:
    return item.type in _TEXT_OF_CALLS


def _why(body: _Body) -> str:
    """Return why a response ended: its status, or what made it incomplete."""
    if body.incomplete_details is not None and isinstance(body.incomplete_details.reason, str):
        return body.incomplete_details.reason
    return _text(body.status)


def _kind(error: object) -> str:
    """Return what kind an error is, as far as it is a word: no message, which may quote."""
    if isinstance(error, Mapping):
        for name in ("code", "type"):
            said = error.get(name)
            if isinstance(said, str) and word(said):
                return said
    return "error"


def word(text: str) -> bool:
    """Return whether *text* is a word, such as ``rate_limit_exceeded``."""
    return 0 < len(text) <= 64 and text.replace("_", "").replace("-", "").replace(".", "").isalnum()


def _turn(said: object) -> tuple[str, str]:
    """Return who said what, of one of the things that a response or an embedding is made of."""
    if isinstance(said, str):
        return "user", said
    if not isinstance(said, Mapping):
        return "user", ""  # tokens
    content = said.get("content")
    if isinstance(content, list):
        parts = (each for each in content if isinstance(each, Mapping))
        return _text(said.get("role")) or "user", _lines(_text(each.get("text")) for each in parts)
    return _text(said.get("role")) or "user", _text(content)


def _joined(content: _Content) -> str:
    if isinstance(content, list):
        return _lines(_text(part.text) or _text(part.refusal) for part in content)
    return content or ""


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(filter(None, texts))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    """Return a count; None for what is none."""
    if type(value) is int:
        return value if 0 <= value <= _MOST_TOKENS else None
    if type(value) is float and 0 <= value <= _MOST_TOKENS:
        return int(value)
    return None


_MOST_TOKENS = (1 << 32) - 1  # what an event can say
