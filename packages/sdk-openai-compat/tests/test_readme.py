"""The README's examples are programs that run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sdk_server.testing import RunningServer

README = Path(__file__).parent.parent / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.strip().splitlines()[-1][:40])
def test_an_example_runs_as_it_stands(example: str, server: RunningServer) -> None:
    """In an interpreter of its own, against a real server that the environment names."""
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": server.inference_url,
        "OPENAI_API_KEY": server.api_key,
    }
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()
