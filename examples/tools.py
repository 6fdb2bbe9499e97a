"""
A tool round trip: the model asks for a function, this program calls it, the model answers.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not ``echo-1``.
"""

from __future__ import annotations

import json
import os
from typing import Any

from sdk_openai_compat import OpenAI
from sdk_openai_compat.types.chat import (
    ChatCompletionMessageFunctionToolCall,
    ChatCompletionMessageParam,
    ChatCompletionToolParam,
)

MODEL = os.environ.get("MODEL", "echo-1")
TEMPERATURES = {"Paris": 18, "Rome": 25}

WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "temperature",
        "description": "Return the temperature in a city, in degrees Celsius.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": list(TEMPERATURES)}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


def temperature(city: str) -> dict[str, Any]:
    """Return what a weather service would."""
    return {"city": city, "celsius": TEMPERATURES[city]}


def main() -> None:
    """Ask, call what is asked for, and hand the results back."""
    messages: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "How warm is it in Paris?"}
    ]
    with OpenAI() as client:
        first = client.chat.completions.create(
            model=MODEL, messages=messages, tools=[WEATHER], tool_choice="required"
        )
        for call in first.choices[0].message.tool_calls or ():
            if not isinstance(call, ChatCompletionMessageFunctionToolCall):
                continue
            arguments = json.loads(call.function.arguments)
            result = temperature(**arguments)
            print(f"{call.function.name}({arguments}) -> {result}")
            messages += [
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": call.id,
                            "type": "function",
                            "function": {
                                "name": call.function.name,
                                "arguments": call.function.arguments,
                            },
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)},
            ]
        last = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
        print(last.choices[0].message.content)


if __name__ == "__main__":
    main()
