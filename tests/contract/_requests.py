"""Make generated requests acceptable: the document says some rules in sentences alone.

In JSON Schema each of these rules would take a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Body = dict[str, Any]

MODELS = {
    "createChatCompletion": "echo-1",
    "createCompletion": "echo-1",
    "createEmbedding": "echo-embed-1",
    "createResponse": "echo-1",
    "compactResponse": "echo-1",
    "countResponseInputTokens": "echo-1",
}

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION_TOOL: Body = {
    "type": "function",
    "function": {"name": "weather", "parameters": PARAMETERS},
}
CUSTOM_TOOL = {"type": "custom", "custom": {"name": "note"}}
TOOL_CHOICES: dict[str, object] = {
    "required": "required",
    "function": {"type": "function", "function": {"name": "weather"}},
    "custom": {"type": "custom", "custom": {"name": "note"}},
    "allowed_tools": {
        "type": "allowed_tools",
        "allowed_tools": {"mode": "required", "tools": [FUNCTION_TOOL]},
    },
}

ITEMS: list[Body] = [
    {"role": "user", "content": "What is the weather?"},
    {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"},
    {"type": "function_call_output", "call_id": "call_1", "output": "Sunny."},
    {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "status": "completed",
        "content": [{"type": "output_text", "text": "Sunny.", "annotations": []}],
    },
    {"role": "user", "content": [{"type": "input_text", "text": "And tomorrow?"}]},
]
RESPONSE_TOOLS: list[Body] = [
    {"type": "function", "name": "weather", "parameters": PARAMETERS},
    {"type": "custom", "name": "note"},
]
RESPONSE_CHOICES: dict[str, object] = {
    "required": "required",
    "function": {"type": "function", "name": "weather"},
    "custom": {"type": "custom", "name": "note"},
    "allowed_tools": {"type": "allowed_tools", "mode": "required", "tools": RESPONSE_TOOLS[:1]},
}


def make_acceptable(operation_id: str, body: Body) -> None:
    """Give a valid body a model that exists, and mend what breaks a rule between its members."""
    model = MODELS.get(operation_id)
    if model is not None:
        body["model"] = model
        if not body.get("stream"):
            body.pop("stream_options", None)
    mend = _MENDERS.get(operation_id)
    if mend is not None:
        mend(body)


def _generation(body: Body) -> None:
    if not body.get("logprobs"):
        body.pop("top_logprobs", None)
    if (body.get("best_of") or 0) < (body.get("n") or 1):
        body.pop("best_of", None)
    if "audio" in (body.get("modalities") or ()):
        body.pop("modalities")  # the echo model does not speak
    if body.get("dimensions", 0) > 3072:
        body.pop("dimensions")  # its vectors end there
    if isinstance(body.get("function_call"), dict):
        body["functions"] = [FUNCTION_TOOL["function"]]
        body["function_call"] = {"name": "weather"}
    if body.get("tool_choice") not in (None, "none", "auto"):
        kind = "required" if body["tool_choice"] == "required" else body["tool_choice"]["type"]
        body["tools"] = [FUNCTION_TOOL, CUSTOM_TOOL]
        body["tool_choice"] = TOOL_CHOICES[kind]
    if body.get("response_format", {}).get("type") == "json_schema":
        # Nearly no object that Hypothesis draws is a JSON Schema.
        body["response_format"]["json_schema"]["schema"] = PARAMETERS


def _response(body: Body) -> None:
    for name in ("conversation", "previous_response_id"):
        body.pop(name, None)  # there is none of that name
    for name in ("context_management", "moderation", "prompt"):
        body.pop(name, None)  # the server knows none of these
    if not isinstance(body.get("input"), str) or not body["input"]:
        body["input"] = ITEMS
    if body.get("background"):
        body.pop("store", None)
    choice = body.get("tool_choice")
    if body.get("tools"):
        body["tools"] = RESPONSE_TOOLS
    if choice not in (None, "none", "auto"):
        kind = choice if isinstance(choice, str) else choice["type"]
        body["tools"] = RESPONSE_TOOLS
        body["tool_choice"] = RESPONSE_CHOICES.get(kind, "required")
    form = (body.get("text") or {}).get("format") or {}
    if form.get("type") == "json_schema":
        form["schema"] = PARAMETERS


def _items(body: Body) -> None:
    if body.get("items"):
        body["items"] = ITEMS


def _chunks(body: Body) -> None:
    for value in (body, *body.get("files", ())):
        sizes = value.get("chunking_strategy", {}).get("static")
        if sizes and 2 * sizes["chunk_overlap_tokens"] > sizes["max_chunk_size_tokens"]:
            sizes["chunk_overlap_tokens"] = 0


def _file_batch(body: Body) -> None:
    if ("files" in body) == ("file_ids" in body):
        body.pop("files", None)
        body["file_ids"] = ["file-none"]
    _chunks(body)


_MENDERS: dict[str, Callable[[Body], None]] = {
    "createChatCompletion": _generation,
    "createCompletion": _generation,
    "createEmbedding": _generation,
    "createResponse": _response,
    "compactResponse": _response,
    "countResponseInputTokens": _response,
    "createConversation": _items,
    "createConversationItems": _items,
    "createVectorStore": _chunks,
    "createVectorStoreFile": _chunks,
    "createVectorStoreFileBatch": _file_batch,
}
