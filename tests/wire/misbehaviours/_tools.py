"""Tool calls in streams."""

from __future__ import annotations

from ._rows import (
    DONE,
    FIRST,
    SECOND,
    STOP,
    TIME,
    WEATHER,
    Out,
    Row,
    calls,
    chunk,
    piece,
    sse,
)

TOOLS = {
    "tool calls as the specification has them": Row(
        "OpenAI",
        sse(
            calls(piece("", name="get_weather", id="call_1", index=0, type="function")),
            calls(piece('{"city":', index=0)),
            calls(piece('"Paris"}', index=0)),
            chunk(None, "tool_calls"),
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
    ),
    "finish reason stop": Row(
        "litellm; ollama#7963",
        sse(calls(piece('{"city":"Paris"}', name="get_weather", id="call_1", index=0)), STOP, DONE),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="as sent",
    ),
    "no index, whole calls": Row(
        "ollama#7881",
        sse(
            calls(piece(WEATHER[2], name="get_weather", id="call_1")),
            calls(piece(TIME[2], name="get_time", id="call_2")),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "no index, calls in one chunk": Row(
        "term-llm#314",
        sse(
            calls(
                piece(WEATHER[2], name="get_weather", id="call_1"),
                piece(TIME[2], name="get_time", id="call_2"),
            ),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "no index, pieces of one call": Row(
        "ollama#7881",
        sse(calls(FIRST), calls(piece('{"city":')), calls(piece('"Paris"}')), STOP, DONE),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="cut",
    ),
    "no index, pieces by position": Row(
        "term-llm#314",
        sse(calls(FIRST, SECOND), calls(piece(WEATHER[2]), piece(TIME[2])), STOP, DONE),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "index always 0, different ids": Row(
        "ollama#15457; vercel/ai#14277",
        sse(
            calls(piece(WEATHER[2], name="get_weather", id="call_1", index=0)),
            calls(piece(TIME[2], name="get_time", id="call_2", index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "index always 0, pieces behind each id": Row(
        "ollama#15497",
        sse(
            calls(piece("", name="get_weather", id="call_1", index=0)),
            calls(piece(WEATHER[2], index=0)),
            calls(piece("", name="get_time", id="call_2", index=0)),
            calls(piece(TIME[2], index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "index always 0, no ids": Row(
        "Gemini's compatible API",
        sse(
            calls(piece(WEATHER[2], name="get_weather", id="", index=0)),
            calls(piece(TIME[2], name="get_time", id="", index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=((None, *WEATHER[1:]), (None, *TIME[1:]))),
        strict="cut",
    ),
    "indexes with gaps": Row(
        "Anthropic's blocks behind a gateway",
        sse(
            calls(piece(WEATHER[2], name="get_weather", id="call_1", index=1)),
            calls(piece(TIME[2], name="get_time", id="call_2", index=3)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
        strict="cut",
    ),
    "id and name with each piece": Row(
        "LM Studio#649",
        sse(
            *(
                calls(piece(text, name="get_weather", id="call_1", index=0))
                for text in ("", '{"city":', '"Paris"}')
            ),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="cut",
    ),
    "an empty id and name with later pieces": Row(
        "LM Studio#649",
        sse(
            calls(piece("", name="get_weather", id="call_1", index=0)),
            calls(piece('{"city":', name="", id="", index=0)),
            calls(piece('"Paris"}', name="", id="", index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="cut",
    ),
    "an id that comes late": Row(
        "gateways",
        sse(
            calls(piece("", name="get_weather", index=0)),
            calls(piece(WEATHER[2], id="call_1", index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER,)),
    ),
    "pieces of two calls in turn": Row(
        "vLLM",
        sse(
            calls(
                piece("", name="get_weather", id="call_1", index=0),
                piece("", name="get_time", id="call_2", index=1),
            ),
            calls(piece('{"zone":', index=1)),
            calls(piece('{"city":', index=0)),
            calls(piece('"CET"}', index=1), piece('"Paris"}', index=0)),
            STOP,
            DONE,
        ),
        Out(finish="tool_calls", calls=(WEATHER, TIME)),
    ),
    "arguments as an object": Row(
        "ollama",
        sse(calls(piece({"city": "Paris"}, name="get_weather", id="call_1", index=0)), STOP, DONE),
        Out(finish="tool_calls", calls=(WEATHER,)),
        strict="cut",
    ),
    "arguments that are no JSON": Row(
        "small models",
        sse(calls(piece("{city:", name="get_weather", id="call_1", index=0)), STOP, DONE),
        Out(finish="tool_calls", calls=(("call_1", "get_weather", "{city:"),)),
    ),
}
"""Tool calls in streams."""
