"""
Every call accounted for: a stream and an error, as events in a file, and what they come to.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not ``echo-1``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sdk_openai_compat import NotFoundError, OpenAI
from sdk_telemetry import TelemetryClient, TelemetryEvent, instrument
from sdk_telemetry.enrichment import telemetry_context
from sdk_telemetry.prices import Prices
from sdk_telemetry.sinks import FileSink

MODEL = os.environ.get("MODEL", "echo-1")
PRICES = Prices({MODEL: {"input": 2.5, "output": 10.0}})  # US dollars for a million tokens


def call(client: OpenAI) -> None:
    """Stream an answer, and ask a model that is not there."""
    stream = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Count to three: one two three"}],
        stream=True,
        stream_options={"include_usage": True},  # the tokens, which a stream does not tell unasked
    )
    with stream:
        pieces = [choice.delta.content or "" for chunk in stream for choice in chunk.choices]
    print(f"answered: {''.join(pieces)}")
    try:
        client.embeddings.create(model="no-such-model", input="hello")
    except NotFoundError as error:
        print(f"NotFoundError: {error}")


def show(event: TelemetryEvent) -> None:
    """Print what an event tells of a call, which is no text unless one asks for it."""
    outcome = ", ".join(event.errors) or event.response.finish_reason
    print(f"event of {event.metadata['user']}: {event.model}, {outcome}")
    print(f"  tokens: {event.prompt.tokens} in, {event.response.tokens} out")
    print(f"  texts: {event.prompt.text!r}, {event.response.text!r}")


def summarize(file: Path) -> None:
    """Print what the events of a file come to, by model."""
    command = [sys.executable, "-m", "sdk_telemetry", "summary", "--no-follow", str(file)]
    print(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout, end="")


def main() -> None:
    """Call, and look at what was told of it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.jsonl"
        telemetry = TelemetryClient(sinks=[FileSink(file)], service_name="examples")
        with telemetry, OpenAI() as client:
            instrument(client, telemetry, prices=PRICES)
            with telemetry_context(user="u-17"):
                call(client)
        print(f"{telemetry.stats().delivered} events delivered")
        for line in file.read_bytes().splitlines():
            show(TelemetryEvent.from_json(line))
        summarize(file)


if __name__ == "__main__":
    main()
