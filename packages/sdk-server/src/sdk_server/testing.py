"""Run a real server in tests: `with running_server() as server: ...`."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

from ._options import EngineName
from ._secrets import new_key

_STOP_TIMEOUT = 15.0


class ServerProcessError(RuntimeError):
    """Tell that the server did not start, or did not stop cleanly; the message holds its stderr."""


@attrs.frozen(kw_only=True)
class RunningServer:
    """Describe a server that is running.

    Args:
        url: Its address, such as `http://127.0.0.1:40123`. The inference API is below `/v1`, the
            platform API below `/api`.
        api_key: An API key of the admin.
        admin_user: The admin's name.
        admin_password: The admin's password.
        pid: Its process id.
    """

    url: str
    api_key: str = attrs.field(repr=False)
    admin_user: str
    admin_password: str = attrs.field(repr=False)
    pid: int

    @property
    def inference_url(self) -> str:
        """Base URL of the inference API."""
        return f"{self.url}/v1"

    @property
    def platform_url(self) -> str:
        """Base URL of the platform API."""
        return f"{self.url}/api"


@contextmanager
def running_server(
    *,
    engine: EngineName = "echo",
    upstream: str | None = None,
    upstream_key: str | None = None,
    faults: bool = False,
    data: Path | None = None,
    host: str = "127.0.0.1",
    token_ttl: float | None = None,
    refresh_ttl: float | None = None,
    token_delay: float | None = None,
    keepalive: float | None = None,
    admin_user: str = "admin",
    admin_password: str | None = None,
    api_key: str | None = None,
    log_level: str = "warning",
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> Iterator[RunningServer]:
    """Start `python -m sdk_server` on a free port and stop it at the end.

    Args:
        engine: `echo` or `proxy`.
        upstream: Base URL that the `proxy` engine asks.
        upstream_key: API key for the upstream.
        faults: Obey the header `X-SDK-Fault`.
        data: Data folder; default a temporary one. For a folder that was used before, give the
            credentials of its first start as well.
        host: Address to listen on.
        token_ttl: Lifetime of access tokens in seconds; default 900.
        refresh_ttl: Lifetime of refresh tokens in seconds; default 30 days.
        token_delay: Pause before each streamed token in seconds; default none.
        keepalive: Silence in seconds after which a stream sends a comment; default 15.
        admin_user: Name of the admin.
        admin_password: Password of the admin; generated when absent.
        api_key: API key of the admin; generated when absent.
        log_level: What the server writes to its stderr.
        options: Further options of the command line, such as `["--public-url", URL]`.
        environment: Further environment variables.

    Yields:
        The running server.

    Raises:
        ServerProcessError: It did not start, or its exit code was not 0.
    """
    password = admin_password or secrets.token_urlsafe(18)
    key = api_key or new_key()
    command = [sys.executable, "-m", "sdk_server", "--port", "0", "--host", host]
    command += ["--engine", engine, "--log-level", log_level, *options]
    for option, value in (
        ("--upstream", upstream),
        ("--data", data),
        ("--token-ttl", token_ttl),
        ("--refresh-ttl", refresh_ttl),
        ("--token-delay", token_delay),
        ("--keepalive", keepalive),
    ):
        if value is not None:
            command += [option, str(value)]
    if faults:
        command.append("--faults")
    variables = {
        **os.environ,
        **(environment or {}),
        "SDK_SERVER_ADMIN_USER": admin_user,
        "SDK_SERVER_ADMIN_PASSWORD": password,
        "SDK_SERVER_API_KEY": key,
    }
    if upstream_key is not None:
        variables["SDK_SERVER_UPSTREAM_KEY"] = upstream_key
    # A file takes any amount of stderr; a pipe that nobody reads would stop the server.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own options
            command, env=variables, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            address = _first_line(process)
            if address:
                yield RunningServer(
                    url=address,
                    api_key=key,
                    admin_user=admin_user,
                    admin_password=password,
                    pid=process.pid,
                )
        finally:
            code = _stop(process, _STOP_TIMEOUT)
        if code != 0 or not address:
            errors.seek(0)
            happened = "ended" if address else "did not start, and ended"
            msg = f"the server {happened} with exit code {code}\n{errors.read()}"
            raise ServerProcessError(msg)


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the address; it comes when connections are accepted, or not at all."""
    assert process.stdout is not None
    with process.stdout:
        return process.stdout.readline().strip()


def _stop(process: subprocess.Popen[str], timeout: float) -> int:
    """Stop a process, by force if it does not within `timeout` seconds; return its exit code."""
    process.terminate()
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
