"""Programs that sign a person in: with the browser of the machine, by hand, and given up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ._server.running import OAuthServer

PROGRAM = """
import sys
from sdk_auth import AuthorizationCode, TokenClient
from sdk_auth.login import paste

issuer, *by_hand = sys.argv[1:]
grant = AuthorizationCode(client_id="app", issuer=issuer, prompt=paste if by_hand else None)
try:
    with TokenClient() as client:
        print(client.run(grant.obtain()).token_type)
except KeyboardInterrupt:
    print("given up")
"""
BROWSER = "import sys, urllib.request as r; r.urlopen(sys.argv[1]).read()"
GIVE_UP = "import os, signal; os.kill(os.getppid(), signal.SIGINT)"


def program(tmp_path: Path, *args: str, browser: str = "") -> subprocess.Popen[str]:
    """Start the program, on a machine with *browser*."""
    script = tmp_path / "browser.py"
    script.write_text(browser)
    environment = {**os.environ, "BROWSER": f"{sys.executable} {script} %s"}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *args],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        env=environment,
        text=True,
    )


def test_the_browser_of_the_machine_is_opened(oauth_server: OAuthServer, tmp_path: Path) -> None:
    """By the standard library, which finds it; nothing else is printed."""
    with program(tmp_path, oauth_server.issuer, browser=BROWSER) as running:
        assert running.communicate(timeout=60) == ("Bearer\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_who_gives_up_is_let_go(oauth_server: OAuthServer, tmp_path: Path) -> None:
    """Ctrl-C ends the wait at once, and the program as it likes."""
    with program(tmp_path, oauth_server.issuer, browser=GIVE_UP) as running:
        out, _ = running.communicate(timeout=60)
        assert (out, running.returncode) == ("given up\n", 0)


def test_a_person_copies_the_address(oauth_server: OAuthServer, tmp_path: Path) -> None:
    """What to open is on standard error; what they copy is read from standard input."""
    with program(tmp_path, oauth_server.issuer, "by hand") as running:
        assert running.stderr is not None
        page = next(line.strip() for line in running.stderr if oauth_server.issuer in line)
        out, err = running.communicate(oauth_server.follow(page) + "\n", timeout=60)
    assert out == "Bearer\n"
    assert "code=" not in err
