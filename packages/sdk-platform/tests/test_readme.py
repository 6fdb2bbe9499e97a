"""The examples of the README run, one after the other, at a real server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sdk_server.testing import running_server

README = Path(__file__).parents[1] / "README.md"
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", README.read_text("utf-8"), re.DOTALL | re.MULTILINE
)
SAID = (
    "signed in as ada\necho-1 is Echo\nHello!\n",
    "echo-embed-1\nconfig.json\n",
    "hello ada\nhello again ada\n",
    "check `username` and `password`\n",
)


def test_the_examples_say_what_they_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They need an address, a password and a folder."""
    assert len(SAID) == len(EXAMPLES)
    with running_server(admin_user="ada", admin_password="secret of ada") as server:
        monkeypatch.setenv("SDK_PLATFORM_API_BASE_URL", server.platform_url)
        for example, said in zip(EXAMPLES, SAID, strict=True):
            variables = {"password": server.admin_password, "folder": tmp_path}
            exec(compile(example, str(README), "exec"), {"__name__": "__main__", **variables})
            printed = capsys.readouterr().out
            assert said in printed
            assert server.admin_password not in printed
    assert {"weights.bin", "config.json"} <= {path.name for path in tmp_path.iterdir()}
