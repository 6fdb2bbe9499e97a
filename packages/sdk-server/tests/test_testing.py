"""`sdk_server.testing`, and what the package exports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import httpx
import pytest

import sdk_server
from sdk_server import testing
from sdk_server.testing import ServerProcessError, running_server


def test_a_running_server_is_described(tmp_path: object) -> None:
    """Address, credentials and process id are those of the server."""
    with running_server(admin_user="ada", admin_password="lovelace", api_key="sk-own") as server:
        body = {"username": "ada", "password": "lovelace"}
        assert 200 == httpx.post(f"{server.platform_url}/auth/login", json=body).status_code
        headers = {"authorization": "Bearer sk-own"}
        assert 200 == httpx.get(f"{server.inference_url}/models", headers=headers).status_code
        assert ("ada", "lovelace", "sk-own") == (
            server.admin_user,
            server.admin_password,
            server.api_key,
        )
        assert server.pid > 0
        assert "lovelace" not in repr(server)
        assert "sk-own" not in repr(server)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/api/health")


def test_a_server_that_does_not_start_says_why() -> None:
    """The error holds what the server wrote."""
    with (
        pytest.raises(ServerProcessError, match=r"did not start.* exit code 1\n.*`--upstream URL`"),
        running_server(engine="proxy"),
    ):
        pass


def test_a_server_that_dies_is_an_error() -> None:
    """A test must not pass over a crash."""
    with (
        pytest.raises(ServerProcessError, match="ended with exit code -9"),
        running_server() as server,
    ):
        os.kill(server.pid, signal.SIGKILL)


def test_a_process_that_ignores_the_signal_is_killed() -> None:
    """Nothing stays behind, whatever a process does."""
    program = (
        "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert -signal.SIGKILL == testing._stop(process, 0.01)


def test_the_failure_of_a_test_is_not_hidden_by_the_server() -> None:
    """The exception of the body passes, and the server is stopped."""
    with pytest.raises(ZeroDivisionError), running_server() as server:
        raise ZeroDivisionError
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/api/health")


@pytest.mark.parametrize("name", sorted(sdk_server.__all__))
def test_every_exported_name_exists(name: str) -> None:
    """`__all__` promises nothing that is not there."""
    assert hasattr(sdk_server, name)


def test_exported_names_are_the_public_ones() -> None:
    """What is not meant for users has an underscore, or is a module of its own."""
    modules = {name.removeprefix("sdk_server.") for name in sys.modules if "sdk_server." in name}
    public = {name for name in vars(sdk_server) if not name.startswith("_")} - modules
    assert sorted({*public, "__version__"}) == sorted(sdk_server.__all__)
