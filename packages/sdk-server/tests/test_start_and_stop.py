"""The process: its address line, its exit codes, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sdk_server._command import main
from sdk_server.testing import running_server


def start(*options: str, **environment: str) -> subprocess.Popen[str]:
    """Start the server as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "sdk_server", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_server_with_exit_code_0_after_one_line(number: signal.Signals) -> None:
    """Stdout holds the address line alone, and a signal is a clean end."""
    process = start("--port", "0", SDK_SERVER_API_KEY="k", SDK_SERVER_ADMIN_PASSWORD="p")
    assert process.stdout is not None
    address = process.stdout.readline()
    assert 200 == httpx.get(f"{address.strip()}/api/health").status_code
    process.send_signal(number)
    rest, errors = process.communicate(timeout=20)
    assert (0, "", "") == (process.returncode, rest, errors)
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("\n")


def test_generated_credentials_are_in_a_private_file_and_not_in_the_log(tmp_path: Path) -> None:
    """What was not given is generated; the log says where it is, and never what it is."""
    environment = {name: "" for name in os.environ if name.startswith("SDK_SERVER_")}
    process = start("--port", "0", "--data", str(tmp_path / "data"), **environment)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    path = tmp_path / "data" / "credentials.json"
    credentials = json.loads(path.read_text())
    headers = {"authorization": f"Bearer {credentials['api_key']}"}
    assert 200 == httpx.get(f"{address}/v1/models", headers=headers).status_code
    sign_in = {"username": credentials["admin_user"], "password": credentials["admin_password"]}
    assert 200 == httpx.post(f"{address}/api/auth/login", json=sign_in).status_code
    process.terminate()
    _, errors = process.communicate(timeout=20)
    assert str(path) in errors
    assert credentials["api_key"] not in errors
    assert credentials["admin_password"] not in errors
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_the_data_folder_keeps_keys_over_a_restart_and_is_private(tmp_path: Path) -> None:
    """A key made in one run works in the next, and the database is for its owner alone."""
    data = tmp_path / "data"
    with running_server(data=data) as server:
        headers = {"x-api-key": server.api_key}
        created = httpx.post(f"{server.platform_url}/keys", json={"name": "k"}, headers=headers)
        secret = created.json()["secret"]
    with running_server(data=data) as server:
        headers = {"x-api-key": secret}
        assert 200 == httpx.get(f"{server.platform_url}/keys", headers=headers).status_code
    assert 0o600 == stat.S_IMODE((data / "platform.sqlite3").stat().st_mode)
    assert ["contents", "files", "platform.sqlite3"] == sorted(
        entry.name for entry in data.iterdir()
    )


def test_without_a_data_folder_nothing_stays_behind(tmp_path: Path) -> None:
    """The temporary folder is removed at the end."""
    with running_server(environment={"TMPDIR": str(tmp_path)}):
        assert 1 == len(list(tmp_path.iterdir()))
    assert [] == list(tmp_path.iterdir())


def test_an_open_stream_ends_with_an_error_event_when_the_server_stops() -> None:
    """A client learns that its answer is incomplete; the connection is not just cut."""
    with running_server(token_delay=60) as server:
        body = {
            "model": "echo-1",
            "stream": True,
            "messages": [{"role": "user", "content": "Hello."}],
        }
        headers = {"authorization": f"Bearer {server.api_key}"}
        url = f"{server.inference_url}/chat/completions"
        with httpx.stream("POST", url, json=body, headers=headers) as response:
            os.kill(server.pid, signal.SIGTERM)
            text = response.read().decode()
    assert json.loads(text.removeprefix("data: "))["error"]["code"] == "server_stopping"


def test_a_hanging_answer_does_not_hold_up_the_end() -> None:
    """A request that would never be answered is given up when the server stops."""
    with running_server(faults=True) as server:
        url = httpx.URL(server.url)
        with socket.create_connection((url.host, url.port or 0)) as connection:
            request = f"GET /api/health HTTP/1.1\r\nhost: {url.host}\r\nx-sdk-fault: hang\r\n\r\n"
            connection.sendall(request.encode())
            # Another answer on the same loop tells that the request above was taken.
            assert 200 == httpx.get(f"{server.url}/api/health").status_code
            os.kill(server.pid, signal.SIGTERM)
            assert connection.recv(65536).startswith(b"HTTP/1.1 500")


def test_a_host_in_ipv6_is_written_in_brackets() -> None:
    """The address line is a URL for every kind of address."""
    with running_server(host="::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert 200 == httpx.get(f"{server.url}/api/health").status_code


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--engine", "proxy"], "`--upstream URL`"),
        (["--upstream", "localhost:80"], "`--upstream` must start with http"),
        (["--public-url", "platform.example"], "`--public-url` must start with http"),
        (["--refresh-ttl", "0"], "`--refresh-ttl` must be greater than 0"),
        (["--token-ttl", "0"], "`--token-ttl` must be greater than 0"),
        (["--token-ttl", "nan"], "`--token-ttl` must be greater than 0"),
        (["--token-delay", "-1"], "`--token-delay` must not be negative"),
        (["--host", "256.0.0.1"], "choose another `--host` or `--port`"),
    ],
)
def test_a_wrong_value_ends_the_program_with_a_sentence_that_names_the_option(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: the option, what is wrong, and an exit code that is not 0."""
    assert 1 == main(["--port", "0", *options])
    output, errors = capsys.readouterr()
    assert "" == output
    assert errors.startswith("sdk-server: ")
    assert words in errors


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "99999"], "0 (any free port) to 65535"),
        (["--port", "x"], "0 (any free port) to 65535"),
        (["--engine", "magic"], "--engine"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_an_unknown_option_or_choice_ends_the_program_with_exit_code_2(
    options: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the command line itself refuses, it refuses with its usage."""
    with pytest.raises(SystemExit, match="2"):
        main(options)
    assert words in capsys.readouterr().err


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The message says which address is taken and which options choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert 1 == main(["--port", port])
    assert f"cannot listen on 127.0.0.1 port {port}" in capsys.readouterr().err


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    """The message names the option and the path, also from the real program."""
    path = tmp_path / "file"
    path.write_text("")
    process = start("--port", "0", "--data", str(path))
    output, errors = process.communicate(timeout=20)
    assert (1, "") == (process.returncode, output)
    assert f"sdk-server: cannot use the folder `--data` {path}: File exists\n" == errors
