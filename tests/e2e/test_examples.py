"""Each example runs as its reader would run it, against a running server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_server.testing import RunningServer

EXAMPLES = Path(__file__).parents[2] / "examples"

# What each example must say, in this order.
SAID: dict[str, tuple[str, ...]] = {
    "chat.py": (
        "> What is the capital of France?\nWhat is the capital of France?\n  (",
        "> And of Italy?\nAnd of Italy?\n  (",
    ),
    "stream_async.py": ("one two three four five' in ", " pieces\n"),
    "tools.py": (
        "temperature({'city': 'Paris'}) -> {'city': 'Paris', 'celsius': 18}",
        '{"city": "Paris", "celsius": 18}',
    ),
    "embeddings.py": (" 1.000  the quick brown fox\n", "turtle"),
    "errors.py": (
        "answered: hello\n",
        "check the model: Error code: 404 - There is no model named `no-such-model`.\n",
        "check the key: Error code: 401 - ",
        "the request was certainly not processed: Connection error: cannot reach http://127.0.0.1:",
        "fix the program: `base_url` must be an absolute http(s) URL",
    ),
    "platform_client.py": (
        "signed in as admin\nWrongPasswordError: ",
        "; check `username` and `password`\n",
        "echo-1 has config.json (105 bytes), weights.bin (1048576 bytes)\n",
        "weights.bin: 100%",
        "downloaded weights.bin, 1048576 bytes; the connection broke twice\n",
        "answered: Hello, platform!\n",
        'later echo-embed-1: "model": "echo-embed-1",\nlater answered: Bye!\nsigned out\n',
    ),
    "realtime.py": ("Hello\n",),
    "telemetry.py": (
        "answered: Count to three: one two three\nNotFoundError: Error code: 404 - ",
        "2 events delivered\n",
        "event of u-17: echo-1, stop\n  tokens: 6 in, 6 out\n  texts: '', ''\n",
        "event of u-17: no-such-model, NotFoundError: 404 model_not_found\n",
        " model=echo-1 calls=1 ",
        "cost=$0.0001 errors=0\n",
        " model=total calls=2 ",
        "errors=1\n",
    ),
    "webhook.py": ("resp_1\n", "no signature in `webhook-signature` fits"),
    "services.py": (
        "found echo-1: Echo can do chat, completion\n",
        "found 0 of 0 without sense\n",
        "ModelNotFoundError: Error code: 404 - ",
        "later echo-embed-1: Echo Embed can do embedding\n",
        "uploaded a.txt, 3 bytes\nfiles: ['a.txt']\ndownloaded 'abc'\n",
        'configured 0.5 in version "2"\n',
    ),
}


def _run(script: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("name", SAID)
def test_an_example_says_what_it_promises(name: str, server: RunningServer) -> None:
    """It ends well, without a warning, and its output holds each of these in order."""
    environment = {
        "OPENAI_BASE_URL": server.inference_url,
        "OPENAI_API_KEY": server.api_key,
        "SDK_PLATFORM_API_BASE_URL": server.platform_url,
        "SDK_PLATFORM_API_KEY": server.api_key,
        "PLATFORM_USERNAME": server.admin_user,
        "PLATFORM_PASSWORD": server.admin_password,
    }
    run = _run(EXAMPLES / name, environment)
    assert (0, "") == (run.returncode, run.stderr)
    rest = run.stdout
    for text in SAID[name]:
        assert text in rest
        rest = rest.partition(text)[2]
    assert server.api_key not in run.stdout
    assert server.admin_password not in run.stdout


@pytest.mark.slow
def test_the_demo_passes_all_its_steps() -> None:
    """`./dev demo` brings its own server; its exit code is its verdict."""
    run = _run(EXAMPLES / "demo.py", {})
    assert 0 == run.returncode, run.stdout + run.stderr
    assert "FAIL" not in run.stdout


def test_every_example_is_run() -> None:
    """None can be added without a test."""
    assert {*SAID, "demo.py"} == {path.name for path in EXAMPLES.glob("*.py")}
