"""
The cache: results by the content that they were made from.

One SQLite file in the user's cache folder. It saves work and never decides anything: without it, or
with one that cannot be read or written, every result is the same and takes longer.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

from platformdirs import user_cache_path

from .__about__ import __version__

__all__ = ["Cache"]

LIMIT = 512 * 1024 * 1024
"""Bytes; a file that has grown beyond is begun anew."""

_MAKERS = ("_engine.py", "_format.py", "_types.py")
_BATCH = 500  # fewer than SQLite allows in a statement


class Cache:
    """
    Text by kind and key; keys of any length are kept as their SHA-256.

    The generator's version, and the source of those of its modules whose results are kept, are part
    of every key.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    @classmethod
    def none(cls) -> Cache:
        """Return a cache that keeps nothing."""
        return cls(None)

    @classmethod
    def user(cls) -> Cache:
        """
        Return the user's cache.

        The environment's ``SDK_CODEGEN_CACHE`` names another folder; empty, there is none.
        """
        folder = os.environ.get("SDK_CODEGEN_CACHE")
        if folder == "":
            return cls(None)
        where = Path(folder) if folder else user_cache_path("sdk-codegen")
        return cls(where / "results.sqlite3")

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, str]:
        """Return the results that are known, by key."""
        digests = {_digest(kind, key): key for key in keys}
        found: dict[str, str] = {}
        if self._path is None or not self._path.is_file():
            return found
        wanted = list(digests)
        with suppress(sqlite3.Error), closing(sqlite3.connect(self._path)) as database:
            for start in range(0, len(wanted), _BATCH):
                batch = wanted[start : start + _BATCH]
                marks = ",".join("?" * len(batch))
                rows = database.execute(
                    f"select digest, value from results where digest in ({marks})",  # noqa: S608 - question marks only
                    batch,
                )
                found.update((digests[digest], value) for digest, value in rows)
        return found

    def put(self, kind: str, results: Mapping[str, str]) -> None:
        """Keep *results*, by key."""
        if self._path is None or not results:
            return
        with suppress(OSError, sqlite3.Error):
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._path.is_file() and self._path.stat().st_size > LIMIT:
                self._path.unlink()
            with closing(sqlite3.connect(self._path)) as database, database:
                database.execute("pragma synchronous = off")  # what is lost is made again
                database.execute(
                    "create table if not exists results (digest blob primary key, value text)"
                )
                database.executemany(
                    "insert or replace into results values (?, ?)",
                    [(_digest(kind, key), value) for key, value in results.items()],
                )


def _digest(kind: str, key: str) -> bytes:
    whole = f"{_maker()}\0{kind}\0{key}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


@cache
def _maker() -> str:
    """Return what makes the results: whoever works on the generator has one version for days."""
    makers = [Path(__file__).with_name(name).read_bytes() for name in _MAKERS]
    return f"{__version__}\0{hashlib.sha256(b''.join(makers)).hexdigest()}"
