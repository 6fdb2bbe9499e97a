"""What stands in the chunks of streams, and what is an error there."""

from __future__ import annotations

from .._framing import event_stream
from .._replay import Reply
from ._rows import DONE, HEAD, STOP, USAGE, Fails, Out, Row, chunk, dumps, sse

CHUNKS = {
    "usage in a chunk without choices": Row(
        "llama.cpp; aimock",
        sse(chunk("a"), STOP, b"data: " + dumps({**HEAD, "choices": [], "usage": USAGE}), DONE),
        Out("a", usage=7),
    ),
    "usage in a chunk with choices": Row(
        "litellm#25410",
        sse(chunk("a"), STOP, chunk(None, None, usage=USAGE), DONE),
        Out("a", usage=7),
    ),
    "usage in every chunk": Row(
        "vLLM#12394",
        sse(chunk("a", usage={**USAGE, "total_tokens": 1}), chunk(None, "stop", usage=USAGE), DONE),
        Out("a", usage=7),
    ),
    "usage that is null": Row("many", sse(chunk("a", usage=None), STOP, DONE), Out("a")),
    "usage with null inside": Row(
        "aimock",
        sse(chunk("a", "stop", usage={"total_tokens": 7, "prompt_tokens": None}), DONE),
        Out("a", usage=7),
        strict="cut",
    ),
    "no role": Row("transformers", sse(chunk("a"), STOP, DONE), Out("a")),
    "a role in each chunk": Row(
        "apogee#139",
        sse(
            chunk({"role": "assistant", "content": "a"}),
            chunk({"role": "assistant", "content": "b"}, "stop"),
            DONE,
        ),
        Out("ab"),
    ),
    "content that is null": Row(
        "llama.cpp",
        sse(chunk({"role": "assistant", "content": None}), chunk("a"), STOP, DONE),
        Out("a"),
    ),
    "content that is a space": Row(
        "apogee#139", sse(chunk("a"), chunk(" "), chunk("b"), STOP, DONE), Out("a b")
    ),
    "choices that are null": Row(
        "Azure",
        sse(b"data: " + dumps({**HEAD, "choices": None}), chunk("a", "stop"), DONE),
        Out("a"),
        strict="cut",
    ),
    "choices that are empty": Row(
        "Azure",
        sse(
            b"data: "
            + dumps(
                {
                    "id": "",
                    "object": "",
                    "model": "",
                    "created": 0,
                    "choices": [],
                    "prompt_filter_results": [],
                }
            ),
            chunk("a", "stop"),
            DONE,
        ),
        Out("a"),
        strict="cut",
    ),
    "no choices": Row(
        "Azure",
        sse(b"data: " + dumps({**HEAD, "prompt_filter_results": []}), chunk("a", "stop"), DONE),
        Out("a"),
        strict="cut",
    ),
    "a delta that is null": Row(
        "gateways",
        sse(
            chunk("a"),
            b"data: "
            + dumps({**HEAD, "choices": [{"index": 0, "delta": None, "finish_reason": "stop"}]}),
            DONE,
        ),
        Out("a"),
        strict="cut",
    ),
    "a choice without an index": Row(
        "gateways",
        sse(
            b"data: "
            + dumps({**HEAD, "choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}]}),
            DONE,
        ),
        Out("a"),
        strict="cut",
    ),
    "created as a float, and more fields": Row(
        "transformers",
        sse(chunk("a", "stop", created=1.5, timings={"n": 1}), DONE),
        Out("a"),
        strict="cut",
    ),
    "a choice that is no object": Row(
        "nobody, it is to be hoped",
        sse(chunk("a"), b"data: " + dumps({**HEAD, "choices": ["b"]}), DONE),
        Fails("StreamInterruptedError", "item 2", 1),
    ),
    "reasoning_content": Row(
        "DeepSeek; llama.cpp",
        sse(chunk({"reasoning_content": "hm"}), chunk("a"), STOP, DONE),
        Out("a", reasoning="hm"),
    ),
    "reasoning": Row(
        "vLLM; OpenRouter",
        sse(chunk({"reasoning": "h"}), chunk({"reasoning": "m"}), chunk("a"), STOP, DONE),
        Out("a", reasoning="hm"),
    ),
    "reasoning before the role": Row(
        "aimock",
        sse(
            chunk({"reasoning_content": "hm"}),
            chunk({"role": "assistant", "content": ""}),
            chunk("a"),
            STOP,
            DONE,
        ),
        Out("a", reasoning="hm"),
    ),
}
"""What stands in chunks."""

INSIDE = {
    "an error inside a stream": Row(
        "LM Studio; TGI#2668; llama.cpp#14566",
        sse(chunk("a"), b'data: {"error":{"message":"boom","code":500}}'),
        Fails("APIError", "boom", 1),
    ),
    "an error inside a stream, as text": Row(
        "any-llm#847", sse(chunk("a"), b'data: {"error":"boom"}'), Fails("APIError", "boom", 1)
    ),
    "an event of type error": Row(
        "several",
        sse(chunk("a"), b'event: error\ndata: {"message":"boom"}'),
        Fails("APIError", "boom", 1),
    ),
    "an event of type error, wrapped": Row(
        "several",
        sse(chunk("a"), b'event: error\ndata: {"error":{"message":"boom"}}'),
        Fails("APIError", "boom", 1),
    ),
    "an event of type error, as text": Row(
        "several", sse(chunk("a"), b"event: error\ndata: boom"), Fails("APIError", "boom", 1)
    ),
    "an event of type error without a blank line": Row(
        "several",
        Reply((event_stream(chunk("a")) + b"event: error\ndata: boom",)),
        Fails("APIError", "boom", 1),
    ),
    "a field called error": Row(
        "llama.cpp through 2025; coddy-agent#106",
        sse(chunk("a"), b'error: {"code":500,"message":"boom","type":"server_error"}'),
        Fails("APIError", "boom", 1),
    ),
    "an error as the first event": Row(
        "litellm", sse(b'data: {"error":{"message":"boom"}}', DONE), Fails("APIError", "boom")
    ),
}
"""Errors behind a 200."""
