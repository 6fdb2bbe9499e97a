"""Logging: what `OPENAI_LOG` switches on, and what never is in it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sdk_server.testing import RunningServer

from ._clients import KEY

PROGRAM = """
from sdk_openai_compat import OpenAI
client = OpenAI(base_url={url!r}, api_key={key!r})
client.chat.completions.create(model="echo-1", messages=[{{"role": "user", "content": "canary"}}])
"""


def log_of(server: RunningServer, level: str | None) -> str:
    """Return what a program that calls once writes to its standard error."""
    environment = {**os.environ, **({} if level is None else {"OPENAI_LOG": level})}
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(url=server.inference_url, key=server.api_key)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return run.stderr


@pytest.mark.parametrize("level", [None, "error", "nonsense"])
def test_nobody_who_does_not_ask_is_told_anything(server: RunningServer, level: str | None) -> None:
    """A good call is silent; what is no level is ignored, as openai does."""
    assert log_of(server, level) == ""


@pytest.mark.difference(
    "Logging",
    openai="`OPENAI_LOG=debug` logs the request's options, messages included, as `openai._base_client`.",
    here="It logs each attempt and its outcome as `sdk_core.calls`, without header, query or body.",
)
def test_the_log_tells_of_attempts_and_holds_no_data(server: RunningServer) -> None:
    """Neither what was said nor the key."""
    log = log_of(server, "debug")
    assert "POST /chat/completions begins" in log
    assert "answered 200" in log
    assert "canary" not in log
    assert server.api_key not in log
    assert KEY not in log


def test_a_level_is_a_floor(server: RunningServer) -> None:
    """`info` tells of answers, and not of beginnings."""
    log = log_of(server, "info")
    assert "answered 200" in log
    assert "begins" not in log
