"""The bytes the benchmark's server sends, and what a client must have read out of them."""

from __future__ import annotations

import json

ANSWER = "The quick brown fox jumps over the lazy dog and writes a benchmark about it. " * 9
"""Text of the one chat answer; with it the JSON body is 1.2 KB."""

TOKEN = " token"
"""Text of each streamed chunk; with it one event is 233 bytes."""

VECTORS, DIMENSIONS = 251, 1536
"""Shape of the embeddings answer; as JSON it is 5 MB."""

QUESTION = [
    {"role": "system", "content": "You are a careful assistant. Answer in one paragraph."},
    {"role": "user", "content": "What does one call cost?"},
]


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _answer(content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nx-request-id: req_0123456789abcdef\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def chat_answer() -> bytes:
    """Return a whole response with one chat completion of 1.2 KB."""
    body = {
        "id": "chatcmpl-0123456789abcdefghijklmnopqrs",
        "object": "chat.completion",
        "created": 1790000000,
        "model": "bench-1",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": ANSWER,
                    "refusal": None,
                    "annotations": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 31,
            "completion_tokens": 171,
            "total_tokens": 202,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }
    return _answer("application/json", _compact(body))


def embeddings_answer() -> bytes:
    """Return a whole response with `VECTORS` embeddings of `DIMENSIONS` floats, 5 MB of JSON."""
    vector = [round((i * 7919 % 20011 - 10005) / 100050.7, 9) for i in range(DIMENSIONS)]
    rows = [{"object": "embedding", "index": i, "embedding": vector} for i in range(VECTORS)]
    usage = {"prompt_tokens": 2008, "total_tokens": 2008}
    body = {"object": "list", "data": rows, "model": "bench-1", "usage": usage}
    return _answer("application/json", _compact(body))


def stream_pieces(count: int) -> list[bytes]:
    """Return a streamed chat answer of `count` chunks, cut as the server may write it.

    The first piece is the head of the response, every other one is one event in an HTTP chunk of
    its own (RFC 9112 §7.1): `count` tokens, a finish reason, `[DONE]`, the end of the body.
    """
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        b"x-request-id: req_0123456789abcdef\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    token = _event({"content": TOKEN}, None)
    return [head, *[token] * count, _event({}, "stop"), _chunk(b"data: [DONE]\n\n"), b"0\r\n\r\n"]


def _event(delta: dict[str, str], finish_reason: str | None) -> bytes:
    body = {
        "id": "chatcmpl-01234567",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "bench-1",
        "system_fingerprint": "fp_0123456789",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
    }
    return _chunk(b"data: " + _compact(body) + b"\n\n")


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)
