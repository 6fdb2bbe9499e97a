"""What blocks, and is called beside a flow."""

from __future__ import annotations

from io import StringIO
from threading import Event

import pytest

from sdk_auth._beside import beside, open_browser, tell
from sdk_auth.login import paste

from ._typing import Run


def test_what_it_returns_is_returned(run: Run) -> None:
    """From a thread, in all colours."""
    assert run(beside(lambda word: word * 2, "a", seconds=10)) == "aa"


def test_what_takes_too_long_is_left(run: Run) -> None:
    """The thread goes on by itself."""
    event = Event()
    assert run(beside(event.wait, 10, seconds=0.01)) is None
    event.set()


def test_what_it_raises_is_raised(run: Run) -> None:
    """Even what is no error."""

    def leave() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        run(beside(leave, seconds=10))


def test_the_browser_is_the_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the standard library finds it."""
    monkeypatch.setattr("webbrowser.open", lambda url: url == "https://login.example.com/")
    assert open_browser("https://login.example.com/") is True


def test_what_is_told_disturbs_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs write theirs to standard output."""
    tell("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_what_is_pasted_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, which is not repeated."""
    monkeypatch.setattr("sys.stdin", StringIO("canary\nmore"))
    assert paste("https://login.example.com/") == "canary\n"
    out, err = capsys.readouterr()
    assert "https://login.example.com/" in err
    assert "canary" not in out + err
