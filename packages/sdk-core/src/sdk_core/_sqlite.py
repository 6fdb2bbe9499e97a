"""A store of answers in a file, for threads and processes together."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar
from weakref import finalize

import attrs

from ._closing import Closing
from ._freshness import Entry
from .caching import positive
from .errors import ConfigurationError

_log = logging.getLogger("sdk_core.cache")

T = TypeVar("T")

_OURS = 0x73646B63  # "sdkc": the mark of a file that may be thrown away
_FORMAT = 1  # of what is written; a file in another one is begun anew
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, address TEXT NOT NULL, received REAL NOT NULL, size INTEGER NOT NULL,
    head TEXT NOT NULL, content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_address ON answers (address);
CREATE INDEX IF NOT EXISTS answers_by_time ON answers (received, size);
"""
_TRIM = """
DELETE FROM answers WHERE rowid IN (
    SELECT rowid FROM (
        SELECT rowid, row_number() OVER newest AS place, sum(size) OVER newest AS total
        FROM answers WINDOW newest AS (ORDER BY received DESC, rowid DESC)
    ) WHERE place > ? OR total > ?
)
"""
_TRIM_EVERY = 50  # writes of one store


@attrs.frozen
class _Opened:
    process: int
    connection: sqlite3.Connection
    salt: bytes
    close: finalize[Any, Any]


class SQLiteStore(Closing):
    """
    Keeps answers in a file that several threads and processes may share; the oldest go first.

    The file is readable by its owner alone and written ahead (WAL). One that is damaged is put
    aside, as ``PATH.damaged``, with a warning (``sdk_core.cache``), and begun anew. A file that is
    locked, or a disk that is full, costs a call the cache and nothing more.

    Args:
        path: The file; its folder exists.
        max_entries: How many answers are kept, more or less: a look is taken now and then.
        max_bytes: How many bytes their bodies may have together, likewise.
        patience: Seconds to wait for another process that is writing.

    Raises:
        ConfigurationError: There is no such folder, the file is a database of something else, or a
            figure is out of range.
    """

    does_io = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        max_entries: int = 10_000,
        max_bytes: int = 256 * 2**20,
        patience: float = 1.0,
    ) -> None:
        self.path = Path(path).absolute()
        if not self.path.parent.is_dir() or self.path.is_dir():
            msg = (
                f"`path` of a store must be a file in a folder that exists, not {os.fspath(path)!r}"
            )
            raise ConfigurationError(msg)
        self._max_entries = positive("max_entries", max_entries)
        self._max_bytes = positive("max_bytes", max_bytes)
        self._patience = _seconds("patience", patience)
        self._lock = Lock()
        self._opened: _Opened | None = None
        self._spare = os.urandom(16)  # the salt while the file cannot be read: nothing is found
        self._writes = 0
        self.salt()  # opens it, so that a wrong file is refused here

    def __repr__(self) -> str:
        return f"<SQLiteStore: {self.path}>"

    def salt(self) -> bytes:
        """Return the salt; see `CacheStore`."""
        return self._guarded(lambda _, salt: salt, self._spare)

    def get(self, key: str) -> Entry | None:
        """Return an entry; see `CacheStore`."""

        def read(connection: sqlite3.Connection, _: bytes) -> Entry | None:
            sql = "SELECT head, content FROM answers WHERE key = ?"
            row = connection.execute(sql, (key,)).fetchone()
            return None if row is None else _entry(*row)

        return self._guarded(read, None)

    def put(self, key: str, address: str, entry: Entry) -> None:
        """Keep an entry; see `CacheStore`."""
        size = len(entry.content)
        if size > self._max_bytes:
            return

        def write(connection: sqlite3.Connection, _: bytes) -> None:
            row = (key, address, entry.received, size, _head(entry), entry.content)
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row)
            if self._writes % _TRIM_EVERY == 0:
                connection.execute(_TRIM, (self._max_entries, self._max_bytes))
            self._writes += 1

        self._guarded(write, None)

    def forget(self, address: str) -> None:
        """Drop the entries of an address; see `CacheStore`."""
        sql = "DELETE FROM answers WHERE address = ?"
        self._guarded(lambda connection, _: connection.execute(sql, (address,)).close(), None)

    def clear(self) -> None:
        """Drop all entries."""
        self._guarded(lambda connection, _: connection.execute("DELETE FROM answers").close(), None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._shut()

    def _guarded(self, work: Callable[[sqlite3.Connection, bytes], T], otherwise: T) -> T:
        """Do *work*; *otherwise* is the result when the file cannot be used."""
        with self._lock:
            try:
                return work(*self._open())
            except sqlite3.OperationalError as exc:  # locked, full, not to be written
                _log.warning("the cache %s cannot be used now: %s", self.path, exc)
            except (sqlite3.DatabaseError, ValueError) as exc:
                if isinstance(exc, ConfigurationError):
                    raise
                _log.warning("the cache %s is damaged and begun anew: %s", self.path, exc)
                self._put_aside()
            return otherwise

    def _open(self) -> tuple[sqlite3.Connection, bytes]:
        if self._opened is not None:
            if self._opened.process == os.getpid():
                return self._opened.connection, self._opened.salt
            # A connection must not be touched on the other side of a fork, not even to close it.
            _inherited.append(self._opened.connection)
            self._opened.close.detach()
        with suppress(FileExistsError):  # before the library does, which would let all read it
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
        )
        try:
            salt = self._prepared(connection)
        except BaseException:
            connection.close()
            raise
        close = finalize(self, connection.close)
        close.atexit = False
        self._opened = _Opened(os.getpid(), connection, salt, close)
        return connection, salt

    def _prepared(self, connection: sqlite3.Connection) -> bytes:
        """Make the tables if there are none, and return the salt."""
        connection.execute("BEGIN").close()  # both answers of one moment: others may be at work
        used = connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        owner = connection.execute("PRAGMA application_id").fetchone()[0]
        connection.execute("COMMIT").close()
        if used and owner != _OURS:
            msg = f"`path` of a store must be a file of its own; {self.path} is another database"
            raise ConfigurationError(msg)
        connection.execute("PRAGMA journal_mode = WAL").close()
        connection.execute("PRAGMA synchronous = NORMAL").close()
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, _FORMAT}:
            msg = f"it has the format {version}, not {_FORMAT}"
            raise ValueError(msg)
        connection.execute(f"PRAGMA application_id = {_OURS}").close()  # before there is a table
        connection.executescript(_TABLES)
        connection.execute(f"PRAGMA user_version = {_FORMAT}").close()
        sql = "INSERT OR IGNORE INTO facts VALUES ('salt', ?)"
        connection.execute(sql, (os.urandom(16),)).close()
        sql = "SELECT value FROM facts WHERE name = 'salt'"
        salt: bytes = connection.execute(sql).fetchone()[0]
        return salt

    def _shut(self) -> None:
        if self._opened is not None:
            if self._opened.process == os.getpid():
                self._opened.close()
            self._opened = None

    def _put_aside(self) -> None:
        self._shut()
        with suppress(OSError):
            self.path.replace(f"{self.path}.damaged")
        for suffix in ("-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self.path}{suffix}").unlink()


def _seconds(option: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        msg = f"`{option}` of a store must be a number of seconds >= 0, not {value!r}"
        raise ConfigurationError(msg)
    return value


_inherited: list[sqlite3.Connection] = []


def _head(entry: Entry) -> str:
    head = [entry.status, dict(entry.headers), dict(entry.varies)]
    return json.dumps([*head, entry.received, entry.age, entry.lifetime])


def _entry(head: str, content: bytes) -> Entry:
    status, headers, varies, received, age, lifetime = json.loads(head)
    return Entry(status, headers, content, varies, received, age, lifetime)
