"""Answers that come as a whole, or in another shape than the one that was asked for."""

from __future__ import annotations

from .._framing import event_stream
from .._replay import Reply
from ._rows import (
    DONE,
    HEAD,
    PAGE,
    STOP,
    USAGE,
    WEATHER,
    Fails,
    Out,
    Row,
    body,
    called,
    calls,
    chunk,
    dumps,
    piece,
    sse,
    whole,
)

WHOLE = {
    "finish reason stop, with tool calls": Row(
        "litellm; python-genai#2868",
        whole(called()),
        Out(finish="tool_calls", calls=(WEATHER,)),
        stream=False,
        strict="as sent",
    ),
    "arguments as an object, whole": Row(
        "ollama",
        whole(called({"city": "Paris"}), "tool_calls"),
        Out(finish="tool_calls", calls=(WEATHER,)),
        stream=False,
        strict="refused",
    ),
    "arguments that are null": Row(
        "gateways",
        whole(called(None), "tool_calls"),
        Out(finish="tool_calls", calls=(("call_1", "get_weather", ""),)),
        stream=False,
        strict="refused",
    ),
    "a tool call without its type": Row(
        "gateways",
        whole(
            {
                "tool_calls": [
                    {"id": "call_1", "function": {"name": "get_weather", "arguments": WEATHER[2]}}
                ]
            },
            "tool_calls",
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
        stream=False,
        strict="refused",
    ),
    "tool calls that are null": Row(
        "vLLM", whole({"content": "a", "tool_calls": None}), Out("a"), stream=False
    ),
    "tool calls that are empty": Row(
        "vLLM", whole({"content": "a", "tool_calls": []}), Out("a"), stream=False
    ),
    "an empty finish reason, whole": Row(
        "sglang", whole({"content": "a"}, ""), Out("a", None), stream=False, strict="refused"
    ),
    "no role, whole": Row(
        "gateways",
        body(
            dumps(
                {
                    **HEAD,
                    "object": "chat.completion",
                    "choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}],
                }
            )
        ),
        Out("a"),
        stream=False,
        strict="refused",
    ),
    "reasoning, whole": Row(
        "vLLM", whole({"content": "a", "reasoning": "hm"}), Out("a", reasoning="hm"), stream=False
    ),
    "no usage": Row("vllm-swift#19", whole({"content": "a"}), Out("a"), stream=False),
    "choices that are null, whole": Row(
        "langchain#35236",
        body(dumps({**HEAD, "choices": None})),
        Out(choices=0),
        stream=False,
        strict="refused",
    ),
    "a choice without a message": Row(
        "nobody, it is to be hoped",
        body(dumps({**HEAD, "choices": [{"index": 0}]})),
        Fails("APIResponseValidationError", "`message`"),
        stream=False,
        strict="refused",
    ),
    "an error in a 200": Row(
        "TGI#1896", body(b'{"error":{"message":"boom"}}'), Fails("APIError", "boom"), stream=False
    ),
    "an error in a 200, as text": Row(
        "LM Studio",
        body(b'{"error":"Unexpected endpoint or method."}'),
        Fails("APIError", "Unexpected endpoint"),
        stream=False,
    ),
    "a message in a 200": Row(
        "gateways",
        body(b'{"message":"boom"}'),
        Fails("APIResponseValidationError", "boom"),
        stream=False,
    ),
    "a detail in a 200": Row(
        "FastAPI",
        body(b'{"detail":"boom"}'),
        Fails("APIResponseValidationError", "boom"),
        stream=False,
    ),
    "a web page, whole": Row(
        "AutoGPT#944",
        body(PAGE, kind="text/html"),
        Fails("APIResponseValidationError", "`base_url`"),
        stream=False,
    ),
    "no JSON": Row(
        "aimock --chaos-malformed",
        body(b"{malformed"),
        Fails("APIResponseValidationError", "no valid ChatCompletion"),
        stream=False,
    ),
    **{
        f"JSON that is {text.decode()}": Row(
            "nobody, it is to be hoped",
            body(text),
            Fails("APIResponseValidationError", "no valid ChatCompletion"),
            stream=False,
        )
        for text in (b"null", b"[]", b'"text"', b"1")
    },
    "nothing": Row("gateways", body(b""), Fails("APIResponseValidationError"), stream=False),
    "a stream that was not asked for": Row(
        "transformers",
        sse(chunk("a"), chunk("b"), STOP, DONE),
        Out("ab"),
        stream=False,
        strict="refused",
    ),
    "a stream with tool calls that was not asked for": Row(
        "transformers",
        sse(
            calls(piece("", name="get_weather", id="call_1")), calls(piece(WEATHER[2])), STOP, DONE
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
        stream=False,
        strict="refused",
    ),
    "an error in a stream that was not asked for": Row(
        "litellm",
        sse(b'data: {"error":{"message":"boom"}}'),
        Fails("APIError", "boom"),
        stream=False,
        strict="refused",
    ),
    "a cut stream that was not asked for": Row(
        "any", sse(chunk("a")), Fails("StreamInterruptedError"), stream=False, strict="refused"
    ),
    "JSON that calls itself a stream": Row(
        "gateways",
        body(whole({"content": "a"}).data.partition(b"\r\n\r\n")[2], kind="text/event-stream"),
        Out("a"),
        stream=False,
        strict="refused",
    ),
}
"""Answers that come as a whole."""

SHAPES = {
    "a whole answer where a stream was asked for": Row(
        "litellm",
        whole({"content": "a", "reasoning": "hm"}, usage=USAGE),
        Out("a", reasoning="hm", usage=7),
        strict="refused",
    ),
    "the same that calls itself a stream": Row(
        "gateways",
        body(whole({"content": "a"}).data.partition(b"\r\n\r\n")[2], kind="text/event-stream"),
        Out("a"),
        strict="cut",
    ),
    "tool calls in a whole answer where a stream was asked for": Row(
        "litellm",
        whole(called(), "tool_calls"),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="refused",
    ),
    "a stream that calls itself JSON": Row(
        "proxies",
        Reply(
            (
                event_stream(chunk("a"), STOP, DONE).replace(
                    b"text/event-stream", b"application/json"
                ),
            )
        ),
        Out("a"),
        strict="refused",
    ),
    "a stream that calls itself text": Row(
        "proxies",
        Reply((event_stream(chunk("a"), STOP, DONE).replace(b"text/event-stream", b"text/plain"),)),
        Out("a"),
        strict="refused",
    ),
    "a stream without a content type": Row(
        "proxies",
        Reply(
            (
                event_stream(chunk("a"), STOP, DONE).replace(
                    b"Content-Type: text/event-stream\r\n", b""
                ),
            )
        ),
        Out("a"),
        strict="refused",
    ),
    "a web page where a stream was asked for": Row(
        "AutoGPT#944",
        body(PAGE, kind="text/html"),
        Fails("APIResponseValidationError", "`base_url`"),
    ),
    "a web page that calls itself a stream": Row(
        "proxies", body(PAGE, kind="text/event-stream"), Fails("StreamInterruptedError", "no event")
    ),
    "an error as JSON where a stream was asked for": Row(
        "TGI#1896", body(b'{"error":{"message":"boom"}}'), Fails("APIError", "boom")
    ),
    "an error as JSON that calls itself a stream": Row(
        "gateways",
        body(b'{"error":{"message":"boom"}}', kind="text/event-stream"),
        Fails("APIError", "boom"),
        strict="cut",
    ),
    "something else as JSON that calls itself a stream": Row(
        "gateways",
        body(b'{"a":1}', kind="text/event-stream"),
        Fails("StreamInterruptedError", "neither events nor a whole answer"),
        strict="cut",
    ),
}
"""Answers in another form than the one that was asked for."""
