"""What the recorded bytes hold, worked out with the standard library alone.

Nothing here may import a package under test: these are the answers that it is held against.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ._recordings import Recording

JSON = dict[str, Any]

_LINE_END = re.compile(rb"\r\n|\n|\r")
_TERMINATOR = b"[DONE]"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that the model asks for; `arguments` is JSON text."""

    id: str | None
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the alternatives in an answer, put together from all its pieces."""

    index: int
    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    finish_reason: str | None
    tokens: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, however it travelled."""

    id: str
    model: str
    choices: tuple[Choice, ...]
    usage: JSON | None

    @property
    def is_finished(self) -> bool:
        """Whether there is a choice, and a finish reason for each."""
        return bool(self.choices) and all(choice.finish_reason for choice in self.choices)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an error reply must become."""

    error: str
    status: int
    message: str
    body: object
    code: object
    type: object
    param: object
    request_id: str | None


def stream_events(body: bytes) -> list[bytes]:
    """Return the data of each complete event (WHATWG HTML section 9.2.6), without the terminator."""
    events: list[bytes] = []
    data: list[bytes] = []
    # What follows the last line end is not a line yet.
    for line in _LINE_END.split(body)[:-1]:
        if line.startswith(b"data:"):
            data.append(line[5:].removeprefix(b" "))
        elif not line and data:
            events.append(b"\n".join(data))
            data = []
    return [event for event in events if event != _TERMINATOR]


def stream_chunks(body: bytes) -> list[JSON]:
    """Return the JSON object of each complete event."""
    return [json.loads(event) for event in stream_events(body)]


def unfinished_chunk(body: bytes) -> list[JSON]:
    """Return the event that the bytes end in, if only its blank line is missing.

    A client may drop it as the standard says, or keep it because it is whole.
    """
    before = stream_events(body)
    try:
        after = [json.loads(event) for event in stream_events(body + b"\n\n")]
    except ValueError:
        return []
    return after[len(before) :]


def streamed_answer(chunks: Sequence[Mapping[str, Any]]) -> Answer:
    """Put the chunks of a stream together.

    Text and arguments are joined; of a finish reason the first, of usage the last one counts.
    """
    usage: JSON | None = None
    choices: dict[int, list[Mapping[str, Any]]] = {}
    for chunk in chunks:
        usage = chunk.get("usage") or usage
        for piece in chunk.get("choices") or ():
            choices.setdefault(piece["index"], []).append(piece)
    first = chunks[0] if chunks else {"id": "", "model": ""}
    joined = tuple(_join(index, pieces) for index, pieces in sorted(choices.items()))
    return Answer(first["id"], first["model"], joined, usage)


def whole_answer(body: Mapping[str, Any]) -> Answer:
    """Read an answer that came in one piece."""
    choices = tuple(_join(choice["index"], [choice]) for choice in body["choices"])
    return Answer(body["id"], body["model"], choices, body.get("usage"))


def _join(index: int, pieces: Sequence[Mapping[str, Any]]) -> Choice:
    # Chat answers nest the message, streamed or whole; plain completions do not.
    messages = [piece.get("delta", piece.get("message", piece)) or {} for piece in pieces]
    reasons = (piece.get("finish_reason") for piece in pieces)
    logprobs = (piece.get("logprobs") or {} for piece in pieces)
    reason = next(filter(None, reasons), None)
    tool_calls = _join_calls(message.get("tool_calls") or () for message in messages)
    return Choice(
        index=index,
        text=_text(messages, "content", "text"),
        reasoning=_text(messages, "reasoning_content", "reasoning"),
        tool_calls=tool_calls,
        # Who stopped to have tools called says so, whatever the server calls it.
        finish_reason="tool_calls" if reason == "stop" and tool_calls else reason,
        tokens=tuple(
            (token["token"], token["logprob"])
            for each in logprobs
            for token in each.get("content") or ()
        ),
    )


def _text(messages: Iterable[Mapping[str, Any]], *names: str) -> str:
    return "".join(message.get(name) or "" for message in messages for name in names)


def _join_calls(messages: Iterable[Sequence[Mapping[str, Any]]]) -> tuple[ToolCall, ...]:
    """Join calls: an id not seen before opens one, other pieces belong to that of their index."""
    calls: list[JSON] = []
    by_index: dict[int, JSON] = {}
    for pieces in messages:
        for position, piece in enumerate(pieces):
            index = piece.get("index")
            index = position if index is None else index
            call = by_index.get(index)
            named, known = piece.get("id"), call and call["id"]
            if call is None or (named and known and named != known):
                call = by_index[index] = {"id": piece.get("id"), "name": "", "arguments": ""}
                calls.append(call)
            call["id"] = call["id"] or named
            function = piece.get("function") or {}
            call["name"] = call["name"] or function.get("name") or ""
            call["arguments"] += function.get("arguments") or ""
    return tuple(ToolCall(**call) for call in calls)


_ERRORS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}


def refusal(recording: Recording) -> Refusal:
    """Say what the error reply of a recording must become."""
    decoded = _decoded(recording.body)
    body = decoded["error"] if isinstance(decoded, dict) and "error" in decoded else decoded
    fields = body if isinstance(body, dict) else {}
    other = "InternalServerError" if recording.status >= 500 else "APIStatusError"
    return Refusal(
        error=_ERRORS.get(recording.status, other),
        status=recording.status,
        message=server_message(decoded),
        body=body,
        code=fields.get("code"),
        type=fields.get("type"),
        param=fields.get("param"),
        request_id=recording.head.get("x-request-id"),
    )


def server_message(decoded: object) -> str:
    """Find the sentence that a server meant for people, in the shapes that servers use.

    Those are `error.message`, `error`, `detail`, `detail[].msg`, `message`, and bare text.
    """
    if not isinstance(decoded, dict):
        return str(decoded)
    inner = decoded.get("error", decoded.get("detail", decoded.get("message")))
    if isinstance(inner, dict):
        return str(inner["message"])
    if isinstance(inner, list):
        return str(inner[0]["msg"])
    return str(inner)


def _decoded(body: bytes) -> object:
    """Decode an error body: JSON, an event stream whose first event is JSON, or text."""
    for candidate in (body, *stream_events(body)):
        try:
            return json.loads(candidate)
        except ValueError:
            continue
    return body.decode().strip()
