"""`python -m sdk_server`: read the options, serve, stop cleanly."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import anyio
import uvicorn

from .__about__ import __version__
from ._asgi import create_app
from ._options import ConfigurationError, Options
from ._services import Services, open_services

GRACE = 5  # seconds for answers that do not notice that the server stops

_LEVELS = ("critical", "error", "warning", "info", "debug")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGTERM or SIGINT.

    Args:
        arguments: Command line without the program's name; default `sys.argv[1:]`.

    Returns:
        0 after a clean stop, 1 when the server could not start.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=given.log_level.upper(),
        stream=sys.stderr,
        format="sdk-server: %(levelname)s: %(message)s",
    )
    # Every request of the proxy engine would be a line of its own.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with ExitStack() as stack:
        data = given.data
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sdk-server-")))
        try:
            options = _options(given, data, os.environ)
            listener = stack.enter_context(_listen(given.host, given.port))
            anyio.run(_serve, options, listener, given.log_level)
        except ConfigurationError as error:
            sys.stderr.write(f"sdk-server: {error}\n")
            return 1
    return 0


class _Server(uvicorn.Server):
    """Print the address when connections are accepted; end open streams before stopping."""

    def __init__(self, config: uvicorn.Config, services: Services, address: str) -> None:
        super().__init__(config)
        self._services = services
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"{self._address}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._services.stopping.set()
        await super().shutdown(sockets)


async def _serve(options: Options, listener: socket.socket, log_level: str) -> None:
    async with open_services(options) as services:
        config = uvicorn.Config(
            create_app(services),
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=log_level,
            access_log=log_level == "debug",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )
        server = _Server(config, services, _address(listener))

        def stop(_signal: int, _frame: object) -> None:
            server.should_exit = True

        # uvicorn raises the signal again when it has stopped, for the handlers that were there
        # before its own: with these the process ends by itself, and its exit code is 0.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        await server.serve([listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except (OSError, OverflowError) as error:
        msg = f"cannot listen on {host} port {port}: {error}; choose another `--host` or `--port`"
        raise ConfigurationError(msg) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _options(given: argparse.Namespace, data: Path, environment: Mapping[str, str]) -> Options:
    return Options(
        data=data,
        engine=given.engine,
        upstream=given.upstream,
        upstream_key=given.upstream_key or environment.get("SDK_SERVER_UPSTREAM_KEY"),
        faults=given.faults,
        token_ttl=given.token_ttl,
        refresh_ttl=given.refresh_ttl,
        token_delay=given.token_delay,
        keepalive=given.keepalive,
        upstream_timeout=given.upstream_timeout,
        public_url=given.public_url,
        embedding_model=given.embedding_model,
        admin_user=environment.get("SDK_SERVER_ADMIN_USER") or "admin",
        admin_password=environment.get("SDK_SERVER_ADMIN_PASSWORD") or None,
        api_key=environment.get("SDK_SERVER_API_KEY") or None,
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        msg = f"{text!r} is no port: use 0 (any free port) to 65535"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sdk_server",
        description="Serve the inference API under /v1 and the platform API under /api.",
        epilog="The first start takes the admin's name, password and API key from"
        " SDK_SERVER_ADMIN_USER, SDK_SERVER_ADMIN_PASSWORD and SDK_SERVER_API_KEY. What is missing"
        " is generated and written to credentials.json in the data folder.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_port,
        default=8080,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    add(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder for the database; default a temporary one, removed at the end",
    )
    add("--engine", choices=("echo", "proxy"), default="echo", help="what answers")
    add("--upstream", metavar="URL", help="base URL for `--engine proxy`, such as .../v1")
    add(
        "--upstream-key",
        metavar="KEY",
        help="its API key; better in SDK_SERVER_UPSTREAM_KEY, where no process list shows it",
    )
    add(
        "--upstream-timeout",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="wait for its connection or its next bytes (default: %(default)g)",
    )
    add(
        "--embedding-model",
        metavar="NAME",
        help="what embeds the files of vector stores; default the echo engine's own",
    )
    add("--faults", action="store_true", help="obey the header X-SDK-Fault; for tests only")
    add(
        "--token-ttl",
        type=float,
        default=900.0,
        metavar="SECONDS",
        help="lifetime of access tokens (default: %(default)g)",
    )
    add(
        "--refresh-ttl",
        type=float,
        default=30 * 86_400.0,
        metavar="SECONDS",
        help="lifetime of refresh tokens (default: 30 days)",
    )
    add(
        "--public-url",
        metavar="URL",
        help="where clients find the server, if not under the host that they name",
    )
    add(
        "--token-delay",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="pause of the echo engine before each streamed token (default: %(default)g)",
    )
    add(
        "--keepalive",
        type=float,
        default=15.0,
        metavar="SECONDS",
        help="silence after which a stream sends a comment (default: %(default)g)",
    )
    add("--log-level", choices=_LEVELS, default="warning", help="(default: %(default)s)")
    add("--version", action="version", version=f"sdk-server {__version__}")
    return parser
