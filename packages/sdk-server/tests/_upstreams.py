"""The proxy engine in front of upstreams: a second server, or one that sends any bytes."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from sdk_server.testing import running_server


@contextmanager
def proxy(upstream: str, *, key: str | None = None) -> Iterator[httpx.Client]:
    """Run a proxy in front of an upstream and return a client of it."""
    with running_server(engine="proxy", upstream=upstream, upstream_key=key) as running:
        headers = {"authorization": f"Bearer {running.api_key}"}
        with httpx.Client(base_url=running.url, headers=headers, timeout=30) as made:
            yield made


@contextmanager
def raw_upstream(answer: Callable[[bytes, bytes], bytes]) -> Iterator[str]:
    """Serve bytes: each connection is one request and gets one answer."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            """Read one request and answer it."""
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.rfile.readline()
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n")
                 if line.startswith(b"content-length:")),
                0,
            )  # fmt: skip
            body = self.rfile.read(length)
            self.wfile.write(answer(head, body))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}/v1"
        finally:
            listening.shutdown()
            thread.join()


def reply(status: str, media_type: str, body: bytes, *headers: str) -> bytes:
    """Return an HTTP/1.1 response."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {media_type}", *headers]
    lines += [f"content-length: {len(body)}", "connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


class Upstream:
    """An upstream whose answer each test chooses."""

    answer = b""
    head = b""
    body = b""

    def __call__(self, head: bytes, body: bytes) -> bytes:
        """Keep the request and return the answer."""
        self.head, self.body = head, body
        return self.answer
