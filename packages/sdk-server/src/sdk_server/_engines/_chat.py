"""The echo engine's chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from .._encoding import JSONError, decode_json, encode_json
from .._problems import refuse
from .._secrets import digest
from . import _tokens as tokens
from ._instances import UnfillableError, fill, fits

Json = dict[str, Any]


@attrs.frozen(kw_only=True)
class ToolCall:
    """Call one tool: a `function`, a `custom` tool, or a function in the `legacy` way."""

    kind: str
    id: str
    name: str
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The arguments or the input."""
        return "".join(self.pieces)


@attrs.frozen(kw_only=True)
class Reply:
    """Hold what the echo engine says, before it is put into one of the two forms."""

    text: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    finish: str

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.text) + sum(len(call.pieces) for call in self.calls)


def reply(body: Mapping[str, Any]) -> Reply:
    """Return what the echo engine answers to a chat request.

    Raises:
        Problem: The request asks for something that the engine cannot do.
    """
    _check(body)
    calls = _calls(body)
    limit = body.get("max_completion_tokens")
    limit = body.get("max_tokens") if limit is None else limit
    if calls:
        kept, cut = _limited([call.pieces for call in calls], limit)
        done = "function_call" if calls[0].kind == "legacy" else "tool_calls"
        return Reply(
            calls=tuple(
                attrs.evolve(call, pieces=pieces) for call, pieces in zip(calls, kept, strict=False)
            ),
            finish="length" if cut else done,
        )
    text = stopped(_text(body), body.get("stop"))
    kept, cut = _limited([tuple(tokens.split(text))], limit)
    return Reply(text=kept[0], finish="length" if cut else "stop")


def prompt_size(body: Mapping[str, Any]) -> int:
    """Return the number of tokens in a conversation."""
    return sum(
        tokens.count(tokens.texts_of(message.get("content")))
        + tokens.count(
            call.get("function", {}).get("arguments", "") + call.get("custom", {}).get("input", "")
            for call in message.get("tool_calls") or ()
        )
        for message in body["messages"]
    )


def stopped(text: str, stop: str | Sequence[str] | None) -> str:
    """Return a text up to the first of the stop texts in it."""
    stops = [stop] if isinstance(stop, str) else stop or []
    ends = [text.find(s) for s in stops if s and s in text]
    return text[: min(ends)] if ends else text


def message(answer: Reply) -> Json:
    """Return the message of a whole answer."""
    value: Json = {
        "role": "assistant",
        "content": None if answer.calls else "".join(answer.text),
        "refusal": None,
    }
    if answer.calls and answer.calls[0].kind == "legacy":
        call = answer.calls[0]
        value["function_call"] = {"name": call.name, "arguments": call.text}
    elif answer.calls:
        value["tool_calls"] = [
            {
                "id": call.id,
                "type": call.kind,
                call.kind: {"name": call.name, _argument(call): call.text},
            }
            for call in answer.calls
        ]
    return value


def deltas(answer: Reply) -> Iterator[tuple[Json, str | None]]:
    """Yield the deltas of a streamed answer, each with the token whose probability it tells."""
    if not answer.calls:
        yield {"role": "assistant", "content": "", "refusal": None}, None
        for token in answer.text:
            yield {"content": token}, token
        return
    yield {"role": "assistant", "content": None, "refusal": None}, None
    for index, call in enumerate(answer.calls):
        if call.kind == "legacy":
            yield {"function_call": {"name": call.name, "arguments": ""}}, None
            for piece in call.pieces:
                yield {"function_call": {"arguments": piece}}, None
            continue
        start = {"index": index, "id": call.id, "type": call.kind}
        yield {"tool_calls": [start | {call.kind: {"name": call.name, _argument(call): ""}}]}, None
        for piece in call.pieces:
            yield {"tool_calls": [{"index": index, call.kind: {_argument(call): piece}}]}, None


def logprobs(pieces: Sequence[str], number: int) -> Json:
    """Return the log probabilities of tokens with `number` alternatives each."""
    return {
        "content": [
            {
                "token": token,
                "logprob": tokens.logprob(token),
                "bytes": list(token.encode()),
                "top_logprobs": [
                    {"token": other, "logprob": value, "bytes": list(other.encode())}
                    for other, value in tokens.alternatives(token, number)
                ],
            }
            for token in pieces
        ],
        "refusal": None,
    }


def _argument(call: ToolCall) -> str:
    return "input" if call.kind == "custom" else "arguments"


def _check(body: Mapping[str, Any]) -> None:
    if body.get("top_logprobs") and not body.get("logprobs"):
        raise refuse(("top_logprobs",), "`top_logprobs` needs `logprobs` to be true.")
    if body.get("stream_options") and not body.get("stream"):
        raise refuse(("stream_options",), "`stream_options` needs `stream` to be true.")
    if "audio" in (body.get("modalities") or ()):
        raise refuse(
            ("modalities",), f"The model `{body['model']}` answers with text alone.", "unsupported"
        )


def _last_text(body: Mapping[str, Any]) -> str:
    """Return what to echo: tool results that nobody answered yet, else the last user message."""
    messages = body["messages"]
    results = []
    for entry in reversed(messages):
        if entry["role"] not in ("tool", "function"):
            break
        results.append("\n".join(tokens.texts_of(entry.get("content"))))
    if results:
        return "\n".join(reversed(results))
    spoken = next((m for m in reversed(messages) if m["role"] == "user"), messages[-1])
    return "\n".join(tokens.texts_of(spoken.get("content")))


def _text(body: Mapping[str, Any]) -> str:
    text = _last_text(body)
    form = body.get("response_format", {"type": "text"})
    if form["type"] == "text":
        return text
    try:
        said = decode_json(text.encode())
    except JSONError:
        said = None
    if form["type"] == "json_object":
        return encode_json(said if isinstance(said, dict) else {"text": text}).decode()
    schema = form["json_schema"].get("schema", {})
    # A message that already follows the schema is echoed: tests can choose the answer.
    if said is not None and fits(schema, said):
        return encode_json(said).decode()
    try:
        return encode_json(fill(schema)).decode()
    except UnfillableError as error:
        raise refuse(
            ("response_format", "json_schema", "schema"),
            f"The schema cannot be followed: {error}.",
            "invalid_schema",
        ) from None


def _calls(body: Mapping[str, Any]) -> list[ToolCall]:
    choice = body.get("tool_choice")
    offered: dict[tuple[str, str], tuple[int, Mapping[str, Any]]] = {
        (tool["type"], tool[tool["type"]]["name"]): (index, tool[tool["type"]])
        for index, tool in enumerate(body.get("tools") or ())
    }
    wanted = list(offered)
    if isinstance(choice, Mapping) and choice["type"] == "allowed_tools":
        allowed = choice["allowed_tools"]
        wanted = [_named(tool) for tool in allowed["tools"]]
        choice = allowed["mode"]
    elif isinstance(choice, Mapping):
        wanted, choice = [_named(choice)], "named"
    if choice in ("required", "named"):
        if not wanted:
            raise refuse(("tool_choice",), "`tool_choice` is `required`, but there are no `tools`.")
        for kind, name in wanted:
            if (kind, name) not in offered:
                raise refuse(("tool_choice",), f"`tools` has no {kind} named `{name}`.")
        if not body.get("parallel_tool_calls"):
            wanted = wanted[:1]
        return [_call(body, position, key, offered[key]) for position, key in enumerate(wanted)]
    legacy = body.get("function_call")
    if not isinstance(legacy, Mapping):
        return []
    for index, function in enumerate(body.get("functions") or ()):
        if function["name"] == legacy["name"]:
            arguments = _arguments(function, ("functions", index, "parameters"))
            return [ToolCall(kind="legacy", id="", name=legacy["name"], pieces=arguments)]
    raise refuse(("function_call",), f"`functions` has no function named `{legacy['name']}`.")


def _named(tool: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(tool.get("type", "function"))
    definition = tool.get(kind, tool)
    name = definition.get("name") if isinstance(definition, Mapping) else None
    return kind, str(name)


def _call(
    body: Mapping[str, Any],
    position: int,
    key: tuple[str, str],
    found: tuple[int, Mapping[str, Any]],
) -> ToolCall:
    kind, name = key
    index, definition = found
    seed = json.dumps([len(body["messages"]), position, kind, name])
    return ToolCall(
        kind=kind,
        id=f"call_{digest(seed).hex()[:24]}",
        name=name,
        pieces=(
            _arguments(definition, ("tools", index, "function", "parameters"))
            if kind == "function"
            else tuple(tokens.split(_last_text(body)))
        ),
    )


def _arguments(function: Mapping[str, Any], param: tuple[str | int, ...]) -> tuple[str, ...]:
    try:
        value = fill({"type": "object", **function.get("parameters", {})})
    except UnfillableError as error:
        text = f"The parameters of `{function['name']}` cannot be filled: {error}."
        raise refuse(param, text, "invalid_schema") from None
    return tuple(tokens.split(encode_json(value).decode()))


def _limited(
    pieces: Sequence[tuple[str, ...]], limit: int | None
) -> tuple[list[tuple[str, ...]], bool]:
    """Return the pieces that a token limit leaves, and whether it cut any."""
    kept: list[tuple[str, ...]] = []
    for part in pieces:
        if limit is not None and limit < len(part):
            kept.append(part[:limit])
            return kept, True
        if limit is not None:
            limit -= len(part)
        kept.append(part)
    return kept, False
