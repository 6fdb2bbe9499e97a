"""What a generated package adds to the CPU of a first call."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ._samples import chat

__all__ = ["LIMIT", "extra"]

LIMIT = 150
"""Milliseconds of CPU."""

_SCRIPT = str(Path(__file__).with_name("_first_call.py"))
_PART = {"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}
_MESSAGE = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
_RESPONSE = json.dumps(
    {
        "id": "resp_1",
        "object": "response",
        "created_at": 1790000000,
        "status": "completed",
        "model": "m",
        "output": [{**_MESSAGE, "content": [_PART]}],
        "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": True}],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "instructions": None,
        "error": None,
        "incomplete_details": None,
        "reasoning": {"effort": None, "summary": None},
        "text": {"format": {"type": "text"}},
        "usage": {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 2,
        },
    }
).encode()


class _Answers(BaseHTTPRequestHandler):
    """Answers every request from canned bytes."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        body = _RESPONSE if self.path.endswith("/responses") else chat()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
        """Say nothing."""


def extra(source: Path, rounds: int) -> dict[str, float]:
    """Return milliseconds of CPU beyond `sdk_core` alone, by call: the median over the rounds."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/v1"

    def cost(name: str) -> float:
        command = [sys.executable, _SCRIPT, name, str(source), url]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    try:
        for name in ("bare", "chat", "responses"):
            cost(name)  # compiles what is imported
        samples: dict[str, list[float]] = {"chat": [], "responses": []}
        for _ in range(rounds):
            bare = cost("bare")
            for name, mine in samples.items():
                mine.append(cost(name) - bare)
    finally:
        server.shutdown()
    return {name: statistics.median(mine) for name, mine in samples.items()}
