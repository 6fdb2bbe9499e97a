"""Say a request of the responses API as a chat request, which is what every engine understands."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .._engines._tokens import texts_of
from .._problems import refuse
from ._calls import Json
from ._items import Path

_SAME = (
    "model",
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "service_tier",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
)
_UNSUPPORTED = ("prompt", "moderation", "context_management")


def chat_request(body: Mapping[str, Any], items: Sequence[tuple[Path, Json]]) -> Json:
    """Return the chat request that asks the same.

    Args:
        body: The request of the responses API.
        items: The whole conversation, each item with its place in the request.

    Raises:
        Problem: 400; a chat request cannot ask for this.
    """
    for name in _UNSUPPORTED:
        if body.get(name) is not None:
            raise refuse((name,), f"This server does not know `{name}`.", "unsupported")
    if not body.get("model"):
        raise refuse(("model",), "`model` is required.", "missing_required_parameter")
    request: Json = {name: body[name] for name in _SAME if body.get(name) is not None}
    later = [
        tool for _, item in items if item["type"] == "additional_tools" for tool in item["tools"]
    ]
    tools = [*(body.get("tools") or ()), *later]
    request["messages"] = _messages(body.get("instructions"), items)
    if tools:
        request["tools"] = [_tool(tool, index) for index, tool in enumerate(tools)]
    if body.get("tool_choice") is not None and (tools or body["tool_choice"] == "required"):
        request["tool_choice"] = _tool_choice(body["tool_choice"])
    if not tools:
        request.pop("parallel_tool_calls", None)
    if body.get("max_output_tokens") is not None:
        request["max_completion_tokens"] = body["max_output_tokens"]
    if effort := (body.get("reasoning") or {}).get("effort"):
        request["reasoning_effort"] = effort
    text = body.get("text") or {}
    if text.get("verbosity"):
        request["verbosity"] = text["verbosity"]
    if (form := text.get("format")) and form["type"] != "text":
        request["response_format"] = _format(form)
    top = body.get("top_logprobs") or 0
    if top or "message.output_text.logprobs" in (body.get("include") or ()):
        request["logprobs"] = True
        request["top_logprobs"] = top
    return request


def seal(summary: str) -> str:
    """Return the text that stands for a conversation, in a form that is not meant to be read."""
    return base64.urlsafe_b64encode(zlib.compress(summary.encode())).decode()


def _unseal(sealed: str, path: Path) -> str:
    try:
        return zlib.decompress(base64.urlsafe_b64decode(sealed)).decode()
    except (ValueError, zlib.error):
        raise refuse(
            (*path, "encrypted_content"), "The item was not made by this server.", "invalid_item"
        ) from None


def _messages(instructions: object, items: Iterable[tuple[Path, Json]]) -> list[Json]:
    messages: list[Json] = []
    if isinstance(instructions, str) and instructions:
        messages.append({"role": "system", "content": instructions})
    for path, item in items:
        match item["type"]:
            case "message":
                messages.append(_message(item, path))
            case "function_call" | "custom_tool_call":
                _add_call(messages, item)
            case "function_call_output" | "custom_tool_call_output":
                messages.append(_result(item, path))
            case "compaction":
                summary = _unseal(item["encrypted_content"], path)
                messages.append({"role": "system", "content": summary})
            case "reasoning" | "additional_tools":
                # A chat request has no place for earlier reasoning; tools are taken elsewhere.
                continue
            case kind:
                raise refuse(
                    (*path, "type"),
                    f"This server does not know items of type `{kind}`.",
                    "unsupported",
                )
    if not any(message["role"] != "system" for message in messages):
        raise refuse(("input",), "`input` holds nothing to answer.", "missing_required_parameter")
    return messages


def _message(item: Json, path: Path) -> Json:
    parts = [_part(part, (*path, "content", index)) for index, part in enumerate(item["content"])]
    content: object = parts
    if all(part["type"] == "text" for part in parts):
        texts = [part["text"] for part in parts]
        content = texts[0] if len(texts) == 1 else (parts or "")
    return {"role": item["role"], "content": content}


def _part(part: Json, path: Path) -> Json:
    match part["type"]:
        case "input_text" | "output_text":
            return {"type": "text", "text": part["text"]}
        case "refusal":
            return {"type": "refusal", "refusal": part["refusal"]}
        case "input_image" if part.get("image_url"):
            image = {"url": part["image_url"]}
            if part.get("detail"):
                # A chat request knows no `original`.
                image["detail"] = "high" if part["detail"] == "original" else part["detail"]
            return {"type": "image_url", "image_url": image}
        case "input_file" if part.get("file_data"):
            names = ("file_data", "filename")
            file = {name: part[name] for name in names if part.get(name)}
            return {"type": "file", "file": file}
        case "input_audio":
            return {"type": "input_audio", "input_audio": part["input_audio"]}
        case kind:
            raise refuse(path, f"This server cannot read this `{kind}`.", "unsupported")


def _add_call(messages: list[Json], item: Json) -> None:
    if item["type"] == "function_call":
        kind, definition = "function", {"name": item["name"], "arguments": item["arguments"]}
    else:
        kind, definition = "custom", {"name": item["name"], "input": item["input"]}
    call = {"id": item["call_id"], "type": kind, kind: definition}
    # What a model says and calls in one turn is one message of a chat.
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    messages[-1].setdefault("tool_calls", []).append(call)


def _result(item: Json, path: Path) -> Json:
    if not item.get("call_id"):
        raise refuse((*path, "call_id"), "The result must name its `call_id`.", "unsupported")
    output = item["output"]
    if not isinstance(output, str):
        output = [_part(part, (*path, "output", index)) for index, part in enumerate(output)]
    return {"role": "tool", "tool_call_id": item["call_id"], "content": output}


def _tool(tool: Json, index: int) -> Json:
    if tool["type"] == "function":
        names = ("name", "description", "parameters", "strict")
        return {"type": "function", "function": _present(tool, names)}
    if tool["type"] == "custom":
        custom = _present(tool, ("name", "description", "format"))
        form = custom.get("format") or {}
        if form.get("type") == "grammar":
            grammar = {"definition": form["definition"], "syntax": form["syntax"]}
            custom["format"] = {"type": "grammar", "grammar": grammar}
        return {"type": "custom", "custom": custom}
    raise refuse(
        ("tools", index, "type"), f"This server has no tool `{tool['type']}`.", "unsupported"
    )


def _present(value: Json, names: Iterable[str]) -> Json:
    return {name: value[name] for name in names if value.get(name) is not None}


def _tool_choice(choice: Any) -> Any:
    if isinstance(choice, str):
        return choice
    if choice["type"] == "allowed_tools":
        tools = [_named(tool) for tool in choice["tools"]]
        return {"type": "allowed_tools", "allowed_tools": {"mode": choice["mode"], "tools": tools}}
    if choice["type"] in ("function", "custom"):
        return _named(choice)
    raise refuse(
        ("tool_choice", "type"), f"This server has no tool `{choice['type']}`.", "unsupported"
    )


def _named(tool: Json) -> Json:
    kind = str(tool.get("type", "function"))
    return {"type": kind, kind: {"name": tool.get("name")}}


def _format(form: Json) -> Json:
    if form["type"] == "json_object":
        return {"type": "json_object"}
    schema = _present(form, ("name", "description", "schema", "strict"))
    return {"type": "json_schema", "json_schema": schema}


def transcript(messages: Iterable[Json]) -> str:
    """Return the messages of a chat as one text, for a model to read."""
    lines = []
    for message in messages:
        said = " ".join(texts_of(message.get("content")))
        calls = [call[call["type"]] for call in message.get("tool_calls", ())]
        told = [f"{call['name']}({call.get('arguments', call.get('input'))})" for call in calls]
        lines.append(f"{message['role']}: {' '.join(filter(None, (said, *told)))}")
    return "\n".join(lines)
