"""The README: its examples run, in order, against the real server."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from ._server.running import OAuthServer

README = Path(__file__).parents[1] / "README.md"


def test_the_examples_run(
    oauth_server: OAuthServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As they stand, but for addresses and the files of secrets."""
    claims = {"sub": "workload", "exp": int(time.time()) + 600}
    identity = jwt.encode({"alg": "HS256"}, claims, oauth_server.workload_key)
    secret, token = tmp_path / "service", tmp_path / "identity"
    secret.write_text("service-secret-1\n")
    token.write_text(identity)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("webbrowser.open", oauth_server.visit)
    names = {
        "https://login.example.com": oauth_server.issuer,
        "https://api.example.com": oauth_server.issuer,
        "/run/secrets/service": str(secret),
        "/var/run/secrets/tokens/identity": str(token),
    }
    program: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        for name, real in names.items():
            block = block.replace(name, real)  # noqa: PLW2901  # each is to be replaced
        exec(compile(block, str(README), "exec"), program)
    program["client"].close()
    assert len(blocks) == 7
    assert oauth_server.requests["resource"] >= 3
    assert oauth_server.requests["revoke"] >= 1
    printed = capsys.readouterr().out
    assert "('read',)" in printed
    assert "`invalid_client`" in printed
    assert "not-it" not in printed
