"""
The main job on screen: from the spec to answers, through real HTTP, on this machine only.

Run it with ``./dev demo``. Every step proves what it prints; the exit code is 0 if all of them did.
"""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from sdk_openai_compat import AsyncOpenAI, AuthenticationError, OpenAI
from sdk_server.testing import RunningServer, running_server

ROOT = Path(__file__).parents[1]
QUESTION = "The quick brown fox jumps over the lazy dog."


class Demo:
    """The steps, against one running server."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.base_url = f"{server.url}/v1"
        self.client = OpenAI(base_url=self.base_url, api_key=server.api_key)
        self.model = ""

    def models(self) -> str:
        """Models are listed."""
        names = [model.id for model in self.client.models.list()]
        assert names, "the server offers no model"
        self.model = next(name for name in names if "embed" not in name)
        return ", ".join(names)

    def chat(self) -> str:
        """A question is answered."""
        completion = self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": QUESTION}]
        )
        choice = completion.choices[0]
        assert choice.message.content == QUESTION, choice.message.content
        assert choice.finish_reason == "stop"
        assert completion.usage is not None
        return f"{choice.message.content!r}, {completion.usage.total_tokens} tokens"

    def stream(self) -> str:
        """The same answer comes token by token, asynchronously."""
        pieces = asyncio.run(self._stream())
        said = "".join(text for text, _ in pieces)
        assert said == QUESTION, said
        seconds = pieces[-1][1] - pieces[0][1]
        assert seconds > 0.1, f"all pieces came within {seconds:.3f} s"
        return f"{len(pieces)} pieces within {seconds:.2f} s"

    async def _stream(self) -> list[tuple[str, float]]:
        pieces = []
        print("    ", end="")
        async with AsyncOpenAI(base_url=self.base_url, api_key=self.server.api_key) as client:
            stream = await client.chat.completions.create(
                model=self.model, messages=[{"role": "user", "content": QUESTION}], stream=True
            )
            async for chunk in stream:
                for choice in chunk.choices:
                    if choice.delta.content:
                        pieces.append((choice.delta.content, time.perf_counter()))
                        print(choice.delta.content, end="|", flush=True)
        print()
        return pieces

    def embeddings(self) -> str:
        """Texts become vectors; equal texts equal ones."""
        name = next(m.id for m in self.client.models.list() if "embed" in m.id)
        answer = self.client.embeddings.create(model=name, input=["a fox", "a dog", "a fox"])
        fox, dog, again = (item.embedding for item in answer.data)
        assert fox == again != dog
        length = math.sqrt(sum(float(x) ** 2 for x in fox))
        return f"{len(answer.data)} vectors of {len(fox)} dimensions, length {length:.3f}"

    def retries(self) -> str:
        """Two injected failures (503) are survived."""
        fault = {"X-SDK-Fault": "status=503;times=2;id=demo;retry-after=0"}
        answer = self.client.chat.completions.with_raw_response.create(
            model=self.model,
            messages=[{"role": "user", "content": "still there?"}],
            extra_headers=fault,
        )
        assert answer.retries_taken == 2, answer.retries_taken
        assert answer.parse().choices[0].message.content == "still there?"
        return f"answered after {answer.retries_taken} retries"

    def wrong_key(self) -> str:
        """A wrong key is refused, and the error says so."""
        with OpenAI(base_url=self.base_url, api_key="sk-wrong") as client:
            try:
                client.models.list()
            except AuthenticationError as error:
                refusal = error
            else:
                msg = "a wrong key was accepted"
                raise AssertionError(msg)
        assert refusal.status_code == 401
        assert "sk-wrong" not in str(refusal)
        return f"{type(refusal).__name__}: {refusal}"


def generated_code_agrees() -> str:
    """Spec and generated code agree."""
    packages = [ROOT / "packages" / name for name in ("sdk-inference-api", "sdk-platform-api")]
    subprocess.run(
        [sys.executable, "-m", "sdk_codegen", "check", *map(str, packages)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return "regenerating changes no byte of two packages"


def main() -> int:
    """Run every step; return the exit code."""
    os.environ["no_proxy"] = "*"  # a proxy knows nothing of what runs here
    rows: list[tuple[bool, str, str, float]] = []

    def step(title: str, action: Callable[[], str]) -> bool:
        print(f"* {title}", flush=True)
        started = time.perf_counter()
        try:
            said, passed = action(), True
        except Exception as error:
            said, passed = f"{type(error).__name__}: {error}", False
        rows.append((passed, title, said, time.perf_counter() - started))
        print(f"    {said}", flush=True)
        return passed

    step("spec and generated code agree", generated_code_agrees)
    with ExitStack() as stack:

        def start() -> str:
            # A pause before each token, so that one sees them come.
            server = stack.enter_context(running_server(faults=True, token_delay=0.05))
            demos.append(Demo(server))
            stack.enter_context(demos[0].client)
            return server.url

        demos: list[Demo] = []
        if step("the server starts", start):
            demo = demos[0]
            step("models are listed", demo.models)
            step("a chat answer", demo.chat)
            step("the same answer, streamed", demo.stream)
            step("embeddings", demo.embeddings)
            step("two 503s, survived by retrying", demo.retries)
            step("a wrong key, refused", demo.wrong_key)
    print()
    for passed, title, said, seconds in rows:
        print(f"{'ok  ' if passed else 'FAIL'}  {title:32} {seconds:6.2f} s  {said[:70]}")
    failed = sum(not row[0] for row in rows)
    print(f"\n{len(rows) - failed} of {len(rows)} steps passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
