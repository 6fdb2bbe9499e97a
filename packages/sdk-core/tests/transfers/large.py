"""
A file of 2 GB comes whole though its connection is cut 20 times, in memory that does not grow.

``./dev transfers`` runs it in both colours, with one connection and with four: the server makes
the bytes as they are asked for, in a process of its own, and each download has one, too, so that
its memory can be told from the rest. Exits with 1 if a file is not what it should be, or if a
download takes more than 64 MiB over what the program takes before it begins.
"""

# ruff: noqa: T201  # a command, which prints what it finds

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import random
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sdk_core import transfers
from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.policies import Retry

MIB = 1 << 20
CUTS = 20
LIMIT = 64 * MIB
_NOISE = random.Random(9110).randbytes(MIB)


def block(number: int) -> bytes:
    """Return one MiB of the file; no two are alike."""
    return number.to_bytes(8, "big") + _NOISE[8:]


def digest(size: int) -> str:
    """Return the SHA-256 of a file of *size* MiB."""
    made = hashlib.sha256()
    for number in range(size):
        made.update(block(number))
    return made.hexdigest()


class Server(ThreadingHTTPServer):
    """Serves a file of *size* MiB, and cuts each connection that comes by one of the places."""

    daemon_threads = True

    def __init__(self, size: int, cuts: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.size = size * MIB
        # Neither at the bounds of blocks nor evenly: where connections are really cut.
        places = random.Random(206).sample(range(1, self.size), cuts)
        self.places = sorted(places)
        self.lock = threading.Lock()
        self.requests = 0

    def until(self, start: int, end: int) -> int:
        """Return where an answer from *start* on is cut, at most *end*; each place cuts once."""
        with self.lock:
            self.requests += 1
            for place in self.places:
                if start < place < end:
                    self.places.remove(place)
                    return place
        return end


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Answer with the file, or with the part that is asked for."""
        if self.path == "/state":
            self._say({"requests": self.server.requests, "left": len(self.server.places)})
            return
        size, tag = self.server.size, '"the-one"'
        start, end, status = 0, size, 200
        if "range" in self.headers and self.headers.get("if-range") == tag:
            first, _, last = self.headers["range"].removeprefix("bytes=").partition("-")
            start, end, status = int(first), int(last) + 1 if last else size, 206
        self.send_response(status)
        self.send_header("etag", tag)
        self.send_header("accept-ranges", "bytes")
        self.send_header("content-length", str(end - start))
        if status == 206:
            self.send_header("content-range", f"bytes {start}-{end - 1}/{size}")
        self.end_headers()
        cut = self.server.until(start, end)
        with suppress(OSError):
            while start < cut:
                number, skip = divmod(start, MIB)
                piece = block(number)[skip : skip + cut - start]
                self.wfile.write(piece)
                start += len(piece)
            if cut < end:
                self.wfile.flush()
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 0, 0)
                )
                self.close_connection = True

    def _say(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(size: int, cuts: int) -> None:
    """Serve until standard input ends; print the address."""
    server = Server(size, cuts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


def fetch(url: str, file: str, colour: str, parts: int, sha256: str) -> None:
    """Download, and print what it took."""
    options: dict[str, Any] = {"checksum": f"sha256:{sha256}", "parts": parts}
    transfers._waits = Retry(rand=lambda: 0.0)
    before, began = _resident(), time.perf_counter()

    async def run() -> None:
        async with AsyncClient(base_url=url) as client:
            await transfers.async_download(client, "/file", file, **options)

    if colour == "sync":
        with SyncClient(base_url=url) as client:
            transfers.download(client, "/file", file, **options)
    else:
        asyncio.run(run())
    took = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    with SyncClient(base_url=url) as client:
        state = client.request("GET", "/state")
    print(
        json.dumps(
            {
                "colour": colour,
                "parts": parts,
                "seconds": round(took, 2),
                "cpu": round(usage.ru_utime + usage.ru_stime, 2),
                "before": before,
                "peak": usage.ru_maxrss * 1024,
                **state,
            }
        )
    )


def _resident() -> int:
    with Path("/proc/self/statm").open() as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def one(
    folder: str, size: int, cuts: int, colour: str, parts: int, *, sha256: str
) -> dict[str, Any]:
    """Download in a process of its own from a server in another; return what it took."""
    me = [sys.executable, __file__]
    serving = subprocess.Popen(
        [*me, "serve", str(size), str(cuts)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdin is not None
    assert serving.stdout is not None
    file = Path(folder, f"{colour}-{parts}.bin")
    try:
        url = serving.stdout.readline().strip()
        command = [*me, "fetch", url, str(file), colour, str(parts), sha256]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, Any] = json.loads(done.stdout)
        found["size"] = file.stat().st_size
        return found
    finally:
        file.unlink(missing_ok=True)
        serving.stdin.close()
        serving.stdout.close()
        serving.wait(10)


def main(arguments: list[str]) -> int:
    """Run as the command line says."""
    if arguments[:1] == ["serve"]:
        serve(int(arguments[1]), int(arguments[2]))
        return 0
    if arguments[:1] == ["fetch"]:
        url, file, colour, most, sha256 = arguments[1:]
        fetch(url, file, colour, int(most), sha256)
        return 0
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().partition("\n")[0])
    parser.add_argument("--size", type=int, default=2048, help="of the file, in MiB")
    parser.add_argument("--cuts", type=int, default=CUTS, help="of the connection")
    parser.add_argument("--folder", help="where there is room for the file")
    wanted = parser.parse_args(arguments)
    sha256 = digest(wanted.size)
    failed = False
    print("colour parts  seconds     cpu  MiB/s  requests  cuts  peak MiB  over start MiB")
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        for parts in (1, 4):
            for colour in ("sync", "async"):
                found = one(folder, wanted.size, wanted.cuts, colour, parts, sha256=sha256)
                over = found["peak"] - found["before"]
                failed |= over > LIMIT or found["left"] > 0 or found["size"] != wanted.size * MIB
                print(
                    f"{colour:6} {parts:5}  {found['seconds']:7.2f} {found['cpu']:7.2f} "
                    f"{wanted.size / found['seconds']:6.0f}  {found['requests']:8}  "
                    f"{wanted.cuts - found['left']:4}  {found['peak'] / MIB:8.1f}  {over / MIB:14.1f}"
                )
    print("failed" if failed else "every file is what it should be")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
