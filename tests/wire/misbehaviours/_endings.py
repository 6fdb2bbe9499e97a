"""How streams end, keep alive and are written."""

from __future__ import annotations

from .._framing import event_stream
from .._replay import Reply
from ._rows import DONE, HEAD, STOP, USAGE, Fails, Out, Row, chunk, dumps, held, sse

ENDINGS = {
    "no terminator": Row(
        "transformers; TGI#1896", sse(chunk("a"), STOP), Out("a"), strict="StreamInterruptedError"
    ),
    "no terminator and the connection held open": Row(
        "OmniRoute#6777", held(chunk("a"), STOP), Out("a"), strict="hangs"
    ),
    "the same with usage behind the end": Row(
        "OmniRoute#6777",
        held(chunk("a"), STOP, b"data: " + dumps({**HEAD, "choices": [], "usage": USAGE})),
        Out("a", usage=7),
        more={"stream_options": {"include_usage": True}},
        strict="hangs",
    ),
    "the same with usage that never comes": Row(
        "llama-cpp-python",
        held(chunk("a"), STOP),
        Out("a"),
        more={"stream_options": {"include_usage": True}},
        strict="hangs",
    ),
    "two choices, and the connection held open": Row(
        "OmniRoute#6777",
        held(
            b"data: "
            + dumps(
                {
                    **HEAD,
                    "choices": [
                        {"index": index, "delta": {"content": "a"}, "finish_reason": "stop"}
                        for index in (0, 1)
                    ],
                }
            )
        ),
        Out("a"),
        more={"n": 2},
        strict="hangs",
    ),
    "a terminator without its blank line": Row(
        "apogee#139 (llama-server)", Reply((event_stream(chunk("a"), STOP) + DONE,)), Out("a")
    ),
    "a last chunk without its blank line": Row(
        "apogee#139", Reply((event_stream(chunk("a")) + STOP + b"\n",)), Out("a"), strict="cut"
    ),
    "text and finish reason in one chunk": Row(
        "vLLM#36944", sse(chunk("a", "stop"), DONE), Out("a")
    ),
    "an empty finish reason in each chunk": Row(
        "sglang#3912", sse(chunk("a", ""), chunk("b", ""), STOP, DONE), Out("ab"), strict="cut"
    ),
    "a finish reason twice": Row(
        "sglang#8417", sse(chunk("a", "length"), STOP, DONE), Out("a", "length"), strict="cut"
    ),
    "an unknown finish reason": Row(
        "text-generation-inference",
        sse(chunk("a", "eos_token"), DONE),
        Out("a", "eos_token"),
        strict="cut",
    ),
    "no finish reason, but a terminator": Row("many", sse(chunk("a"), DONE), Out("a", None)),
    "a stream that is cut": Row(
        "any", sse(chunk("a")), Fails("StreamInterruptedError", "closed", 1)
    ),
    "an event that is cut": Row(
        "foundry-local#423",
        Reply((event_stream(chunk("a")) + chunk("b")[:40],)),
        Fails("StreamInterruptedError", "item 2", 1),
    ),
    "no event at all": Row(
        "llama-cpp-python, when the context is too long",
        sse(),
        Fails("StreamInterruptedError", "no event"),
    ),
    "nothing but keep-alives": Row(
        "gateways", sse(b": ping", b"retry: 5"), Fails("StreamInterruptedError", "no event")
    ),
    "a terminator and nothing before it": Row(
        "litellm", sse(DONE), Fails("StreamInterruptedError", "no event")
    ),
}
"""How streams end, and do not."""

KEEPALIVES = {
    "comments": Row(
        "llama.cpp; OpenRouter",
        sse(b": OPENROUTER PROCESSING", chunk("a"), b":", STOP, DONE),
        Out("a"),
    ),
    "control-only events": Row(
        "openai#2722",
        sse(b"retry: 1000", b"id: 1\nretry: 5", chunk("a"), b": ping", STOP, DONE),
        Out("a"),
    ),
    "ping events without data": Row(
        "gateways", sse(b"event: ping", chunk("a"), STOP, DONE), Out("a")
    ),
    "events with empty data": Row(
        "gateways", sse(b"data:", b"data: ", chunk("a"), STOP, DONE), Out("a")
    ),
    "events with an empty object": Row(
        "gateways",
        sse(b"event: ping\ndata: {}", chunk("a"), b"data: {}", STOP, DONE),
        Out("a"),
        strict="cut",
    ),
    "objects that are no chunks": Row(
        "gateways", sse(b'data: {"type":"ping"}', chunk("a"), STOP, DONE), Out("a"), strict="cut"
    ),
    "comments sent as data": Row(
        "llm-gateway#2053",
        sse(b"data: : PROCESSING", chunk("a"), STOP, DONE),
        Out("a"),
        strict="cut",
    ),
    "null sent as data": Row(
        "gateways", sse(b"data: null", chunk("a"), STOP, DONE), Out("a"), strict="cut"
    ),
}
"""What keeps a connection alive, and is no chunk."""

LINES = {
    "CR LF": Row(
        "sse-starlette#108",
        Reply((event_stream(chunk("a", "stop"), DONE).replace(b"\n\n", b"\r\n\r\n"),)),
        Out("a"),
    ),
    "CR alone": Row(
        "the standard",
        Reply((event_stream() + chunk("a", "stop") + b"\r\r" + DONE + b"\r\r",)),
        Out("a"),
    ),
    "no space behind the colon": Row(
        "openai#498", sse(chunk("a", "stop").replace(b": ", b":", 1), b"data:[DONE]"), Out("a")
    ),
    "a byte order mark": Row(
        "the standard",
        Reply((event_stream() + b"\xef\xbb\xbf" + chunk("a", "stop") + b"\n\n" + DONE + b"\n\n",)),
        Out("a"),
    ),
    "data on several lines": Row(
        "the standard",
        sse(chunk("a", "stop").replace(b'"choices"', b'\ndata: "choices"'), DONE),
        Out("a"),
    ),
    "ids and retries": Row(
        "the standard", sse(b"id: 7\nretry: 3\n" + chunk("a", "stop"), DONE), Out("a")
    ),
    "types of events": Row(
        "responses on transformers", sse(b"event: chunk\n" + chunk("a", "stop"), DONE), Out("a")
    ),
    "separators of text": Row(
        "OpenMetadata#29531",
        sse(chunk("\u2028\u2029\x85\x0b\x0c\x1c", "stop"), DONE),
        Out("\u2028\u2029\x85\x0b\x0c\x1c"),
    ),
    **{
        f"the character {ord(text):#06x}": Row(
            "OpenMetadata#29531", sse(chunk(text, "stop"), DONE), Out(text)
        )
        for text in ("\u2028", "\x85", "\x0b", "\r", "\ufeff", " ", "\0")
    },
    "characters of several bytes": Row(
        "aisix#111", sse(chunk("你好 🙂", "stop"), DONE), Out("你好 🙂")
    ),
    "bytes that are no UTF-8": Row(
        "llama.cpp",
        sse(chunk("a?b", "stop").replace(b"?", b"\xe4\xbd"), DONE),
        Out("a\ufffdb"),
        strict="same",
    ),
}
"""How lines and characters are written."""
