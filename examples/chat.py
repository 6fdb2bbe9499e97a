"""
A conversation of two turns.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not ``echo-1``.
"""

from __future__ import annotations

import os

from sdk_openai_compat import OpenAI
from sdk_openai_compat.types.chat import ChatCompletionMessageParam

MODEL = os.environ.get("MODEL", "echo-1")


def main() -> None:
    """Ask, answer, ask again."""
    messages: list[ChatCompletionMessageParam] = [{"role": "system", "content": "Be brief."}]
    with OpenAI() as client:
        for question in ("What is the capital of France?", "And of Italy?"):
            messages.append({"role": "user", "content": question})
            answer = client.chat.completions.create(model=MODEL, messages=messages)
            text = answer.choices[0].message.content
            messages.append({"role": "assistant", "content": text})
            print(f"> {question}\n{text}")
            if answer.usage is not None:
                print(f"  ({answer.usage.total_tokens} tokens)")


if __name__ == "__main__":
    main()
