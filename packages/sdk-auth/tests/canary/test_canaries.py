"""Secrets are planted everywhere, and twelve places are searched for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.pretty import pretty_repr

from sdk_auth.settings import Settings
from sdk_core.errors import SDKError
from sdk_core.hooks import Hooks
from sdk_core.testing import Recorder

from .._server.running import OAuthServer
from ._acts import (
    BAD,
    GOOD,
    WRONG,
    Act,
    Stage,
    a_broken_answer,
    an_answer_that_is_no_http,
    no_answer_in_time,
    nobody_there_for_a_key,
)
from ._vault import Listening, Vault, files, printed, rendered, said, search, shown

COLOURS = {"aiohttp": ["async"], "httptools": ["sync"], "pyreqwest": ["sync", "async"]}
PLANTED = 4


def caught_from(function: Callable[..., Any], *args: Any) -> BaseException:
    """Return what *function* raises."""
    with pytest.raises(Exception) as caught:  # noqa: PT011  # whatever it is
        function(*args)
    return caught.value


@pytest.mark.parametrize("act", BAD, ids=lambda act: act.__name__)
def test_no_error_tells_a_secret(
    oauth_server: OAuthServer,
    vault: Vault,
    listening: Listening,
    colour: str,
    tmp_path: Path,
    act: Act,
) -> None:
    """Neither by its words and pickles, nor by the frames that rich shows, nor in any log."""
    error = caught_from(act, Stage(oauth_server, vault, colour, tmp_path))
    vault.learn(oauth_server)
    assert isinstance(error, SDKError | LookupError), error
    assert not search(vault, said(error))
    assert not search(vault, rendered(error))
    assert not search(vault, listening.lines)
    assert len(vault) >= PLANTED


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG)
def test_no_refusal_of_a_value_tells_it(vault: Vault, make: Callable[[Vault], Any]) -> None:
    """What cannot be used is often a secret with a line end; its error is shown to many."""
    error = caught_from(make, vault)
    assert not search(vault, said(error))
    assert not search(vault, rendered(error))


@pytest.mark.parametrize("engine", COLOURS)
@pytest.mark.parametrize(
    "act", [nobody_there_for_a_key, no_answer_in_time, a_broken_answer, an_answer_that_is_no_http]
)
def test_no_engine_tells_a_secret(
    oauth_server: OAuthServer,
    vault: Vault,
    listening: Listening,
    tmp_path: Path,
    act: Act,
    engine: str,
) -> None:
    """Each has its own errors, frames and loggers."""
    for colour in COLOURS[engine]:
        stage = Stage(oauth_server, vault, colour, tmp_path, transport=engine)
        error = caught_from(act, stage)
        assert isinstance(error, SDKError)
        assert not search(vault, said(error))
        assert not search(vault, rendered(error))
    assert not search(vault, listening.lines)


def test_what_goes_well_tells_nothing(
    oauth_server: OAuthServer,
    vault: Vault,
    listening: Listening,
    colour: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Logs, hooks, recordings, URLs and files hold no secret, but the store, which is for them."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    events: list[object] = []
    cassette = tmp_path / "cassettes" / "all.json"
    recorder = Recorder(cassette)
    options = {
        "transport": recorder,
        "hooks": Hooks(
            on_request=events.append,
            on_response=events.append,
            on_error=events.append,
            on_retry=events.append,
        ),
    }
    stage = Stage(oauth_server, vault, colour, tmp_path, **options)
    results = [act(stage) for act in GOOD]
    recorder.save()
    vault.learn(oauth_server)
    assert len(vault) > 20
    assert events
    assert not search(vault, (text for event in events for text in shown(event)))
    assert not search(vault, (text for result in results for text in shown(result)))
    assert not search(vault, listening.lines)
    assert {"sdk_core", "httpcore"} <= listening.names
    assert oauth_server.requests["token"] > 4
    assert "/token" in cassette.read_text()
    kept = tmp_path / "tokens"
    assert not search(vault, (text for file, text in files(tmp_path) if file.parent != kept))
    assert not list(scratch.iterdir())
    assert {file.suffix for file in kept.iterdir()} == {".json", ".lock"}
    requests = [event.request for event in events if hasattr(event, "request")]
    assert not search(vault, (str(request.url) for request in requests if "k=" not in request.url))


def test_a_crash_dump_of_settings_tells_nothing(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they come from, whatever is done with them, and whatever is wrong with them."""
    monkeypatch.setenv("SDK_AUTH__CLIENT_SECRET", vault["client secret"])
    monkeypatch.setenv("SDK_DEFAULT_HEADERS", json.dumps({"x-api-key": vault["API key"]}))
    file = tmp_path / "sdk.toml"
    members = ('issuer = "https://login.example"', 'client_id = "a"', 'username = "u"')
    written = "\n".join(("[auth]", *members, f'password = "{vault["password"]}"'))
    file.write_text(written)
    settings = Settings(file=file)
    for value in (settings, settings.auth, settings.options(), settings.options()["auth"]):
        assert not search(vault, shown(value))
    assert not search(vault, [settings.explain(), settings.model_dump_json()])
    assert not search(vault, [repr(settings.model_dump()), pretty_repr(settings)])
    for fault in ("max_retries = -1", 'timeout = "x"', "nonsense = 1", "[broken"):
        file.write_text(f"{fault}\n{written}")
        error = caught_from(lambda: Settings(file=file))
        assert not search(vault, [*said(error), *rendered(error)])
    for make in (
        lambda: Settings(credential=vault["API key"], max_retries=-1),
        lambda: Settings(credentail=vault["API key"]),
        lambda: Settings(auth={"grant": vault["client secret"], "password": vault["password"]}),
        lambda: Settings(auth={"issuer": "https://a.example", "passwort": vault["password"]}),
    ):
        error = caught_from(make)
        assert isinstance(error, SDKError)
        assert not search(vault, [*said(error), *rendered(error)])


def test_the_commands_leave_no_trace(
    oauth_server: OAuthServer, vault: Vault, tmp_path: Path
) -> None:
    """Neither the history of a shell nor the list of processes, nor what is printed, has a secret."""
    shell = tmp_path / "history"
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = (
        f"{sys.executable} -m sdk_auth {{}} --token-url {oauth_server.token_url} --client-id legacy "
        f"--grant password --username alice --store {tmp_path / 'tokens'} "
        "--password-file - < $PASSWORD_FILE"
    )
    password = tmp_path / "password"
    password.write_text(vault["password"])
    oauth_server.register("legacy", vault["client secret"])
    script = [
        f"HISTFILE={shell}; set -o history",
        *(command.format(name) for name in ("login", "status", "status")),
        "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' < $p >> $LIST 2>/dev/null; done",
        command.format("logout"),
        "history -a",
    ]
    done = subprocess.run(
        ["bash", "--norc", "-i"],
        input="\n".join(script) + "\n",
        env={
            **os.environ,
            "SDK_AUTH__CLIENT_SECRET": vault["client secret"],
            "PASSWORD_FILE": str(password),
            "LIST": str(tmp_path / "list"),
            "TMPDIR": str(scratch),
            "SDK_LOG": "debug",
        },
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # an interactive shell wants no terminal of ours
    )
    vault.learn(oauth_server)
    history = shell.read_text()
    assert "sdk_auth login" in history
    assert "signed in; the token" in done.stderr
    assert "signed out" in done.stderr
    assert not search(vault, [history, done.stdout, done.stderr, (tmp_path / "list").read_text()])
    assert not list(scratch.iterdir())
    assert not list((tmp_path / "tokens").glob("*.json"))


def test_a_printed_traceback_tells_nothing(
    oauth_server: OAuthServer, vault: Vault, tmp_path: Path
) -> None:
    """As `rich.traceback.install(show_locals=True)` prints it, with the frames in it."""
    error = caught_from(nobody_there_for_a_key, Stage(oauth_server, vault, "sync", tmp_path))
    text = printed(error)
    assert not search(vault, [text])
    assert "_drivers.py" in text
    assert "locals" in text
