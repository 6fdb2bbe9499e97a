"""What is mended for those who ask for it."""

from __future__ import annotations

from ._rows import DONE, STOP, TIME, WEATHER, Out, Row, chunk, sse, whole

OPT_IN = {
    "tags of thinking, split over chunks": Row(
        "llama.cpp",
        sse(*map(chunk, ("<th", "ink>", "h", "m</thi", "nk>\n\n", "a")), STOP, DONE),
        Out("a", reasoning="hm"),
        quirks={"thinking": True},
    ),
    "tags of thinking that are not closed": Row(
        "llama.cpp",
        sse(chunk("<think>hm</thi"), chunk(None, "length"), DONE),
        Out("", "length", reasoning="hm</thi"),
        quirks={"thinking": True},
    ),
    "what only begins like a tag": Row(
        "anybody",
        sse(chunk("1 <"), chunk(" 2 <t"), STOP, DONE),
        Out("1 < 2 <t"),
        quirks={"thinking": True},
    ),
    "other tags of thinking": Row(
        "seed models",
        sse(chunk("<seed:think>hm</seed:think>a"), STOP, DONE),
        Out("a", reasoning="hm"),
        quirks={"thinking": ("<seed:think>", "</seed:think>")},
    ),
    "tags of thinking, whole": Row(
        "llama.cpp",
        whole({"content": "<think>hm</think>\n\na"}),
        Out("a", reasoning="hm"),
        stream=False,
        quirks={"thinking": True},
    ),
    "tools in text, tagged": Row(
        "llama.cpp without a template; LM Studio#2115",
        sse(
            *map(
                chunk,
                (
                    "I look. <tool",
                    '_call>\n{"name": "get_weather", ',
                    '"arguments": {"city": "Paris"}}\n</tool_call>',
                ),
            ),
            STOP,
            DONE,
        ),
        Out("I look. ", "tool_calls", calls=((None, *WEATHER[1:]),)),
        quirks={"tools_in_text": True},
    ),
    "tools in text, named": Row(
        "Llama",
        sse(chunk('<function=get_weather>{"city":"Paris"}</function>'), STOP, DONE),
        Out("", "tool_calls", calls=((None, *WEATHER[1:]),)),
        quirks={"tools_in_text": True},
    ),
    "tools in text, listed": Row(
        "Mistral",
        whole(
            {
                "content": '[TOOL_CALLS][{"name":"get_weather","arguments":{"city":"Paris"}},{"name":"get_time","arguments":{"zone":"CET"}}]'
            }
        ),
        Out("", "tool_calls", calls=((None, *WEATHER[1:]), (None, *TIME[1:]))),
        stream=False,
        quirks={"tools_in_text": True},
    ),
    "tools in text, bare": Row(
        "Llama",
        sse(
            *map(chunk, ('{"name": "get_weather", "para', 'meters": {"city": "Paris"}}')),
            STOP,
            DONE,
        ),
        Out("", "tool_calls", calls=((None, *WEATHER[1:]),)),
        quirks={"tools_in_text": True},
    ),
    "a text that is JSON and no call": Row(
        "anybody",
        sse(*map(chunk, ('{"a": ', "1}")), STOP, DONE),
        Out('{"a": 1}'),
        quirks={"tools_in_text": True},
    ),
    "both": Row(
        "Qwen",
        sse(
            chunk(
                '<think>hm</think><tool_call>{"name":"get_weather","arguments":{"city":"Paris"}}</tool_call>'
            ),
            STOP,
            DONE,
        ),
        Out("", "tool_calls", reasoning="hm", calls=((None, *WEATHER[1:]),)),
        quirks={"thinking": True, "tools_in_text": True},
    ),
}
"""What is mended for those who ask for it."""
