"""
The loopback listener: waits for the one request that a browser brings back (RFC 8252 §7.3).

It is a life cycle, not a flow: a flow opens it by a `Call`, waits for its ticket by a `Wait`, and
closes it, which never blocks. It listens in a thread of its own, so that both colours, and any
event loop, wait in the same way.
"""

from __future__ import annotations

import selectors
import socket
import threading
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, NoReturn

from sdk_core.errors import ConfigurationError
from sdk_core.policies import Ticket

_HOST = "127.0.0.1"  # never all interfaces, whatever the machine
_PATIENCE = 5.0  # seconds for a connection to say what it wants

# The address in the bar holds the code; nobody who looks at the screen later shall find it there.
_SCRIPT = "history.replaceState(null,'','/')"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign-in</title>
<style>body{{font:1.1rem/1.6 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}}</style>
</head><body><h1>{head}</h1><p>{text}</p><script>{script}</script></body></html>
"""
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; script-src "
    f"'sha256-{b64encode(sha256(_SCRIPT.encode()).digest()).decode()}'"
)
_DONE = _PAGE.format(
    head="Thank you",
    text="You can close this window and go back to the program.",
    script=_SCRIPT,
)
_REFUSED = _PAGE.format(
    head="Not signed in",
    text="The sign-in did not succeed. The program says why; you can close this window.",
    script=_SCRIPT,
)


class Listener:
    """
    Listens on 127.0.0.1 for one answer; all other requests get a 404.

    Args:
        path: Where the answer comes to.
        port: 0 for one that is free.

    Attributes:
        port: The one that it has.
        ticket: Called when the answer has come.
        query: The query of the answer, or None before it has come.

    Raises:
        ConfigurationError: The port is taken.
    """

    def __init__(self, path: str, port: int = 0) -> None:
        self.path = path
        self.ticket = Ticket()
        self.query: str | None = None
        self._lock = threading.Lock()
        try:
            self._socket = socket.create_server((_HOST, port))
        except OSError as exc:
            msg = (
                f"nobody can listen on {_HOST}:{port} ({exc.strerror or exc}); leave the port out "
                "of `redirect_uri`, so that one is chosen that is free"
            )
            raise ConfigurationError(msg) from exc
        self.port: int = self._socket.getsockname()[1]
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, name="sdk-auth-listener", daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Listener(port={self.port})"

    def __reduce__(self) -> NoReturn:
        msg = "a Listener cannot be pickled or copied"
        raise TypeError(msg)

    def close(self) -> None:
        """Listen no longer; the page that is being shown is finished."""
        with self._lock:
            if self._wake.fileno() >= 0:
                self._wake.close()  # which the thread sees at once
        self._thread.join()

    def _listen(self) -> None:
        with self._socket, self._woken, selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while all(key.fileobj is self._socket for key, _ in selector.select()):
                with suppress(OSError):  # a browser that has thought better of it
                    connection, address = self._socket.accept()
                    # Browsers open connections that they may never use; each has its own thread.
                    threading.Thread(
                        target=self._talk, args=(connection, address), daemon=True
                    ).start()

    def _talk(self, connection: socket.socket, address: Any) -> None:
        with connection, suppress(OSError):
            _Handler(connection, address, self)  # type: ignore[arg-type]  # it asks no server

    def take(self, query: str) -> bool:
        """Keep *query* if it is the first; say whether it was."""
        with self._lock:
            first = self.query is None
            if first:
                self.query = query
        return first


class _Handler(BaseHTTPRequestHandler):
    """One request and its page."""

    server_version = "sdk-auth"
    sys_version = ""
    timeout = _PATIENCE
    wbufsize = -1  # head and body in one write
    server: Any

    def do_GET(self) -> None:
        """Take the answer, if it is one."""
        listener: Listener = self.server
        path, _, query = self.path.partition("?")
        # By name, so that no page elsewhere can ask in the user's name (DNS rebinding).
        hosts = {f"{_HOST}:{listener.port}", f"localhost:{listener.port}"}
        members = {pair.partition("=")[0] for pair in query.split("&")}
        if (
            path != listener.path
            or self.headers.get("host", "").lower() not in hosts
            or not members & {"code", "error"}
            or not listener.take(query)
        ):
            self._show(HTTPStatus.NOT_FOUND, "")
            return
        self._show(HTTPStatus.OK, _REFUSED if "error" in members else _DONE)
        listener.ticket.call()  # after the page, as a program may end now

    def send_error(self, *_: Any, **__: Any) -> None:
        """Say that there is no such thing, and nothing of what was asked."""
        self._show(HTTPStatus.NOT_FOUND, "")

    def log_message(self, *_: Any) -> None:
        """Say nothing: the address holds the code."""

    def _show(self, status: HTTPStatus, page: str) -> None:
        body = page.encode()
        self.close_connection = True
        with suppress(OSError):  # the browser has gone, but what it brought is here
            self.send_response(status)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.send_header("cache-control", "no-store")
            self.send_header("referrer-policy", "no-referrer")
            self.send_header("content-security-policy", _POLICY)
            self.send_header("x-content-type-options", "nosniff")
            self.send_header("connection", "close")
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()
