"""The answers that are decoded, as bytes."""

from __future__ import annotations

import json

MANY = 1000
"""Records, or events, in one answer."""

VARIANTS = (
    "Created",
    "Queued",
    "Started",
    "Progressed",
    "Paused",
    "Resumed",
    "Failed",
    "Finished",
)


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def chat() -> bytes:
    """Return a chat completion with usage, two tool calls and log probabilities of six tokens."""
    top = [{"token": " fox", "logprob": -0.1}, {"token": " dog", "logprob": -2.5}]
    token = {"token": " fox", "logprob": -0.1, "top_logprobs": top}
    function = {"name": "weather", "arguments": '{"place": "Oslo"}'}
    calls = [{"id": f"call_{i}", "type": "function", "function": function} for i in range(2)]
    return _compact(
        {
            "id": "chatcmpl-0123456789",
            "object": "chat.completion",
            "created": 1790000000,
            "model": "bench-1",
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": "The quick brown fox jumps over the lazy dog. " * 4,
                        "refusal": None,
                        "tool_calls": calls,
                    },
                    "finish_reason": "stop",
                    "logprobs": {"content": [token] * 6},
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
    )


def records() -> bytes:
    """Return records of twelve fields, two of which are date-times and one an enumeration."""
    return _compact(
        {
            "data": [
                {
                    "id": f"rec_{i:06}",
                    "name": f"Record {i}",
                    "email": f"user{i}@example.com",
                    "age": i % 90,
                    "score": i / 7,
                    "active": i % 2 == 0,
                    "state": ("new", "open", "closed")[i % 3],
                    "created_at": "2026-11-21T12:00:00Z",
                    "updated_at": "2026-11-21T12:30:15.123456Z",
                    "tags": ["one", "two"],
                    "note": None if i % 3 else "a note",
                    "size": i * 1024,
                }
                for i in range(MANY)
            ]
        }
    )


def orders() -> bytes:
    """Return records of twelve members as documents mostly have them: optional, nullable."""
    return _compact(
        {
            "data": [
                {
                    "id": i,
                    "customer": f"cus_{i:06}",
                    "state": ("new", "open", "closed")[i % 3],
                    "total": i * 1.25 + 0.5,
                    "currency": "EUR",
                    "quantity": i % 7,
                    "paid": i % 2 == 0,
                    "note": None if i % 2 else "leave at the door",
                    "parent": None if i % 3 else i - 1,
                    "discount": None if i % 4 else 0.1,
                    "created_at": "2026-11-21T12:00:00Z",
                    "updated_at": None if i % 5 == 0 else "2026-11-21T12:30:15.123456Z",
                }
                for i in range(MANY)
            ]
        }
    )


def events() -> bytes:
    """Return events, each of eight kinds as often as any other."""
    return _compact(
        {
            "data": [
                {"type": VARIANTS[i % 8], "id": f"ev_{i}", "text": "something happened", "count": i}
                for i in range(MANY)
            ]
        }
    )
