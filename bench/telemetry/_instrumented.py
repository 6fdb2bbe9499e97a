"""What a call of the `openai` facade costs more when it is instrumented: CPU time of its thread."""

from __future__ import annotations

import json
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.core._figures import Figure
from sdk_core.messages import Response
from sdk_openai_compat import OpenAI
from sdk_telemetry import TelemetryClient, instrument
from sdk_telemetry.instrumentation import uninstrument
from sdk_telemetry.sinks import MemorySink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sdk_core.messages import Request

CALLS = 50
"""Calls between two changes, so that both see the same machine."""
TURNS = 40
MOST = 30.0  # microseconds

ASKED: Any = {
    "model": "gpt-4o",
    "messages": [
        {"role": "system", "content": "You are asked by people in a hurry. " * 8},
        {"role": "user", "content": "Which of these would rather be written to? " * 20},
    ],
}
ANSWER: Any = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024-08-06",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "The second and the fourth. " * 30},
        }
    ],
    "usage": {"prompt_tokens": 210, "completion_tokens": 180, "total_tokens": 390},
}


class _Answering:
    """Carries every call nowhere, and has its answer at once."""

    closed = False

    def __init__(self) -> None:
        self._body = json.dumps(ANSWER).encode()

    def open_transport(self, *, synchronous: bool) -> _Answering:
        return self

    def send(self, request: Request) -> Response:
        headers = {"content-type": "application/json"}
        return Response(200, headers, request=request, content=self._body)

    def close(self) -> None:
        """Have nothing to close."""


def figures(rounds: int) -> Iterator[Figure]:
    """Measure calls with and without, in turns."""
    transport: Any = _Answering()
    for title, redaction in (("texts withheld", "none"), ("texts kept", "full")):
        client = OpenAI(api_key="none", base_url="http://localhost/v1", transport=transport)
        plain: list[float] = []
        told: list[float] = []
        with TelemetryClient(
            sinks=[MemorySink(max_events=1)], service_name="bench", redaction=redaction
        ) as telemetry:
            _turn(client)
            for _ in range(TURNS * rounds):
                plain.append(_turn(client))
                instrument(client, telemetry)
                told.append(_turn(client))
                uninstrument(client)
                telemetry.flush()
        extra = median(told) - median(plain)
        detail = f"beside {median(plain):.0f} us of the plain call; in the best turns "
        detail += f"{min(told) - min(plain):.1f} beside {min(plain):.0f}"
        yield Figure(f"instrumented call, {title}: extra CPU", extra, MOST, detail, "us")


def _turn(client: OpenAI) -> float:
    """Return the microseconds of CPU that a call takes."""
    create = client.chat.completions.create
    begun = time.thread_time_ns()
    for _ in range(CALLS):
        create(**ASKED)
    return (time.thread_time_ns() - begun) / CALLS / 1e3
