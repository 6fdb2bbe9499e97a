"""The command line: signed in once, for every program of this user; no secret is an argument."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from sdk_auth import FileStore, _commands
from sdk_auth._commands import main
from sdk_auth.errors import TokenStoreError

from ._server.running import OAuthServer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a home of one's own, and an environment that says nothing."""
    for name in list(os.environ):
        if name.upper().startswith("SDK_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return tmp_path


def device(server: OAuthServer) -> list[str]:
    """Return the options for a person."""
    return ["--issuer", server.issuer, "--client-id", "app", "--grant", "device_code"]


def service(server: OAuthServer) -> list[str]:
    """Return the options for a program."""
    return ["--token-url", server.token_url, "--client-id", "service"]


def test_a_person_signs_in_and_out(oauth_server: OAuthServer, capsys: Any) -> None:
    """What is said is said to people, and `token` alone writes the token, and only that."""
    options = device(oauth_server)
    assert main(["status", *options]) == 1
    assert "signed in: no\n" in capsys.readouterr().out
    assert main(["token", *options]) == 1
    assert main(["login", *options]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "enter the code" in err
    assert "signed in; the token ends in 60 minutes" in err
    token = oauth_server.state.tokens[0]
    assert main(["status", *options]) == 0
    out, err = capsys.readouterr()
    for line in ("signed in: yes", "client: app", "token: ends in", "renewed: by refresh token"):
        assert line in out
    assert token.access_token not in out + err
    assert main(["token", *options]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == (f"{token.access_token}\n", "")
    assert main(["logout", *options]) == 0
    assert "signed out" in capsys.readouterr().err
    assert oauth_server.state.tokens[0].revoked
    assert main(["logout", *options]) == 0
    assert "nobody has signed in" in capsys.readouterr().err
    assert oauth_server.requests["revoke"] == 2


@pytest.mark.parametrize("way", ["file", "stdin", "environment", "profile", "prompt"])
def test_a_secret_comes_in_five_ways(
    oauth_server: OAuthServer, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, way: str
) -> None:
    """None of which a shell or a process list keeps."""
    options = service(oauth_server)
    secret = "service-secret-1"
    file = home / "file"
    if way == "file":
        file.write_text(f"{secret}\n")
        options += ["--client-secret-file", str(file)]
    elif way == "stdin":
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{secret}\n"))
        options += ["--client-secret-file", "-"]
    elif way == "environment":
        monkeypatch.setenv("SDK_AUTH__CLIENT_SECRET", secret)
    elif way == "profile":
        file.write_text(f'[profiles.ci.auth]\nclient_secret = "{secret}"\n')
        options += ["--settings", str(file), "--profile", "ci"]
    else:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr(_commands, "getpass", lambda prompt: secret)
        options += ["--ask"]
        options += ["--grant", "client_credentials"]
    assert main(["token", *options]) == 0
    assert capsys.readouterr().out == f"{oauth_server.state.tokens[-1].access_token}\n"


def test_a_password_is_asked_for(
    oauth_server: OAuthServer, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Where somebody can be asked; else the error says where it may come from."""
    monkeypatch.setenv("SDK_AUTH__CLIENT_SECRET", "service-secret-1")
    options = [*service(oauth_server), "--grant", "password", "--username", "alice"]
    assert main(["login", *options]) == 1
    assert "standard input is no terminal; use --password-file" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    prompts: list[str] = []

    def typed(prompt: str) -> str:
        prompts.append(prompt)
        return "alice-password"

    monkeypatch.setattr(_commands, "getpass", typed)
    assert main(["login", *options]) == 0
    assert prompts == ["password: "]
    monkeypatch.setattr(sys, "stdin", io.StringIO("alice-password\n"))
    assert main(["login", *options, "--password-file", "-"]) == 0
    assert main(["token", *options, "--password-file", "/dev/null"]) == 1
    assert "has no `password`" in capsys.readouterr().err


SECRET = "canary-0123456789"


@pytest.mark.parametrize(
    "arguments",
    [
        ["login", "--client-secret", SECRET],
        ["login", f"--client-secret={SECRET}"],
        ["login", "--password", SECRET],
        ["token", f"--refresh-token={SECRET}"],
        [f"--token={SECRET}", "status"],
        ["login", SECRET],
        ["login", "--client-secre", SECRET],
        ["login", f"--clientsecret={SECRET}"],
        [SECRET],
        ["login", "--grant", SECRET],
        ["login", "--client-secret-file"],
        ["login", "--ask=" + SECRET],
        [],
    ],
    ids=" ".join,
)
def test_a_secret_as_an_argument_is_refused_and_not_repeated(
    capsys: Any, arguments: list[str]
) -> None:
    """Whatever it was typed for: what is printed ends in the logs of CI."""
    try:
        code: Any = main(arguments)
    except SystemExit as stop:
        code = stop.code
    assert code in {1, 2}
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert "error: " in err
    if any(each.startswith(("--client-secret=", "--password", "--token=")) for each in arguments):
        assert "a secret cannot be an argument" in err
        assert "in the history of your shell" in err


def test_abbreviations_are_unknown(capsys: Any) -> None:
    """``--client-secret`` must not be short for ``--client-secret-file``."""
    with pytest.raises(SystemExit):
        main(["login", "--iss", "https://a.example"])
    assert "unknown: --iss" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "give --issuer or --token-url"),
        (["--issuer", "https://a.example", "--client-id", "a", "--grant", "jwt_bearer"], "no `tok"),
        (["--issuer", "http://a.example", "--client-id", "a"], "`issuer`"),
        (["--issuer", "https://a.example", "--client-secret-file", "/nowhere"], "cannot be read"),
    ],
)
def test_what_is_missing_is_said(capsys: Any, options: list[str], why: str) -> None:
    """In one line, without a traceback."""
    assert main(["login", *options]) == 1
    out, err = capsys.readouterr()
    assert why in err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert not out


def test_how_long_a_token_is_good_is_said(
    oauth_server: OAuthServer, home: Path, capsys: Any
) -> None:
    """In words for people, also of one that has ended or does not say."""
    options = [*device(oauth_server), "--store", str(home / "mine")]
    assert main(["login", *options]) == 0
    store = FileStore(home / "mine")
    (file,) = store.path.glob("*.json")
    key = file.read_text().partition('"key":"')[2].partition('"')[0]
    token = store.load(key)
    assert token is not None
    for changes, line, code in (
        ({"expires_at": None}, "token: does not say when it ends", 0),
        ({"expires_at": 1.0}, "token: ended ", 0),
        ({"expires_at": 1.0, "refresh_token": None}, "signed in: no longer", 1),
        ({"expires_at": token.issued_at + 50}, " s\n", 0),
        ({"scope": ()}, "scope: not said", 0),
        ({"refresh_token": None}, "renewed: by signing in", 0),
    ):
        store.save(key, attrs.evolve(token, **changes))
        capsys.readouterr()
        assert main(["status", *options]) == code
        assert line in capsys.readouterr().out


def test_the_keyring_is_a_store(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """By its name."""

    class Full:
        def load(self, key: str) -> None:
            msg = "it is the keyring"
            raise TokenStoreError(msg)

        save = delete = try_lock = load

    monkeypatch.setattr(_commands, "KeyringStore", Full)
    options = ["--issuer", "https://a.example", "--client-id", "a", "--store", "keyring"]
    assert main(["status", *options]) == 1
    assert capsys.readouterr().err == "error: it is the keyring\n"


def test_an_interruption_is_no_error(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """It says nothing, and its code is that of the signal."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_commands, "_opened", interrupted)
    assert main(["status"]) == 130
    assert capsys.readouterr() == ("", "")


def test_it_is_a_program(oauth_server: OAuthServer) -> None:
    """Run by its name, with the secret in the environment of that one process."""
    done = subprocess.run(
        [sys.executable, "-m", "sdk_auth", "token", *service(oauth_server)],
        env={**os.environ, "SDK_AUTH__CLIENT_SECRET": "service-secret-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{oauth_server.state.tokens[-1].access_token}\n"
    usage = subprocess.run(
        [sys.executable, "-m", "sdk_auth", "--help"], capture_output=True, text=True, check=True
    )
    for command in ("login", "token", "logout", "status"):
        assert command in usage.stdout
