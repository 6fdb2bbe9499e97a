"""
Two answers at once, each printed when it is complete, token by token on the way.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not ``echo-1``.
"""

from __future__ import annotations

import asyncio
import os

from sdk_openai_compat import AsyncOpenAI, StreamInterruptedError

MODEL = os.environ.get("MODEL", "echo-1")
QUESTIONS = ("Count to five: one two three four five", "Say it backwards: five four three two one")


async def answer(client: AsyncOpenAI, question: str) -> str:
    """Return the answer to *question*, or as much of it as came."""
    pieces: list[str] = []
    stream = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": question}], stream=True
    )
    try:
        async with stream:
            async for chunk in stream:
                # A chunk may hold no choice: the last one only tells the usage.
                pieces += [choice.delta.content or "" for choice in chunk.choices]
    except StreamInterruptedError as error:
        print(f"cut: {error}")
    return f"{question!r} -> {''.join(pieces)!r} in {len(pieces)} pieces"


async def main() -> None:
    """Ask all questions at the same time."""
    async with AsyncOpenAI() as client:
        tasks = [answer(client, question) for question in QUESTIONS]
        for coming in asyncio.as_completed(tasks):
            print(await coming)


if __name__ == "__main__":
    asyncio.run(main())
