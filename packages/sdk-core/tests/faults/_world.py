"""What a fault needs around it: certificates, names, proxies; and what must be as it was."""

from __future__ import annotations

import datetime as dt
import gc
import os
import socket
import ssl
import sys
import threading
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from ._server import contexts

NOWHERE = "nowhere.invalid"
TOO_LONG = "a" * 64 + ".invalid"
TARGET = "behind.example"
_FILES = Path("/proc/self/fd")
_NOT_OURS = (
    # A user's own httpx client leaves its body half-way when a write fails under trio.
    "httpx._content.ByteStream",
    # Python forgets a socket whose peer has reset it before the handshake begins.
    "unclosed <ssl.SSLSocket",
)


class Certificates:
    """
    An authority of this run, and what it has signed.

    Attributes:
        file: Where the authority's own certificate is.
        contexts: A server's TLS context for each kind of certificate.
    """

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.file)
        past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        future = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
        names = ("127.0.0.1", "localhost", TARGET)
        issue = authority.issue_cert
        self.contexts: dict[str, ssl.SSLContext] = dict(
            contexts(
                {
                    "good": issue(*names),
                    "self-signed": trustme.CA().issue_cert(*names),
                    "other-name": issue("other.example"),
                    "expired": issue(*names, not_after=past),
                    "not-yet-valid": issue(*names, not_before=future),
                }
            )
        )


@contextmanager
def resolver() -> Iterator[None]:
    """Let names under ``.invalid`` not resolve, without asking anybody."""
    real = socket.getaddrinfo

    def found(host: Any, *args: Any, **options: Any) -> Any:
        if host in {NOWHERE, NOWHERE.encode()}:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **options)

    socket.getaddrinfo = found
    try:
        yield
    finally:
        socket.getaddrinfo = real


def open_files() -> Counter[str]:
    """Return how many files of each kind this process has open; nothing where that is unknown."""
    kinds: Counter[str] = Counter()
    for name in os.listdir(_FILES) if _FILES.exists() else ():  # noqa: PTH208  # names are enough
        try:
            kinds[str(Path(_FILES, name).readlink()).partition("[")[0]] += 1
        except OSError:  # the listing itself
            continue
    return kinds


def threads() -> set[str]:
    """Return the threads that run, but those of trio, who keeps some for the next ten seconds."""
    running = threading.enumerate()
    return {f"{t.name}:{t.ident}" for t in running if not t.name.startswith("Trio")}


@contextmanager
def memory_within(limit: int | None) -> Iterator[None]:
    """Hold the block to taking no more than *limit* bytes at any time."""
    if limit is None:
        yield
        return
    tracemalloc.start()
    try:
        yield
        _, highest = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert highest <= limit


@contextmanager
def nothing_left() -> Iterator[list[str]]:
    """
    Hold the block to leaving no file, thread or complaint behind.

    Gives the complaints: what went wrong where nobody could catch it, such as a socket that only
    the garbage collector closed.
    """
    complaints: list[str] = []
    before, ran = open_files(), threads()
    hook = sys.unraisablehook

    def complain(about: Any) -> None:
        if not any(known in str(about.exc_value) for known in _NOT_OURS):
            complaints.append(repr(about.exc_value))

    sys.unraisablehook = complain
    try:
        yield complaints
        gc.collect()
    finally:
        sys.unraisablehook = hook
    assert not complaints, complaints
    assert threads() <= ran, threads() - ran
    ends = time.monotonic() + 3  # some engines close in a thread of their own
    while (left := open_files() - before) and time.monotonic() < ends:
        time.sleep(0.005)
    assert not left, f"left open: {dict(left)}"
