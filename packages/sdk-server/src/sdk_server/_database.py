"""One SQLite file, its schema and its versions."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from ._options import ConfigurationError

T = TypeVar("T")

# Each entry moves the file one version on; entries are never changed once released.
MIGRATIONS = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        username TEXT NOT NULL UNIQUE,
        display_name TEXT,
        email TEXT,
        password BLOB NOT NULL,
        admin INTEGER NOT NULL,
        created REAL NOT NULL
    ) STRICT;
    CREATE TABLE keys (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        shown TEXT NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        created REAL NOT NULL,
        expires REAL,
        used REAL,
        UNIQUE (user, name)
    ) STRICT;
    CREATE TABLE tokens (
        digest BLOB PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('access', 'refresh')),
        family TEXT NOT NULL,
        user TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        expires REAL NOT NULL,
        rotated INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX tokens_by_family ON tokens (family);
    CREATE TABLE models (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        description TEXT,
        capabilities TEXT NOT NULL,
        context_length INTEGER,
        owned_by TEXT NOT NULL,
        created REAL NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE files (
        model TEXT NOT NULL,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        modified REAL NOT NULL,
        PRIMARY KEY (model, name)
    ) STRICT;
    CREATE INDEX files_by_sha256 ON files (sha256);
    """,
    """
    CREATE TABLE records (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        owner TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        parent TEXT NOT NULL,
        id TEXT NOT NULL,
        body TEXT,
        expires REAL,
        UNIQUE (kind, owner, parent, id)
    ) STRICT;
    CREATE INDEX records_in_order ON records (kind, owner, parent, number);
    CREATE INDEX records_that_expire ON records (expires) WHERE expires IS NOT NULL;
    """,
    """
    CREATE TABLE telemetry_events (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        owner TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        event_id TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (owner, event_id)
    ) STRICT;
    """,
)


class Database:
    """Hold the one connection to a file; work on it runs in threads, one piece at a time.

    Args:
        path: The file. It is created for the owner alone (mode 0600) when missing.

    Raises:
        ConfigurationError: The file cannot be opened, or a newer server wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            msg = f"cannot open the database {path}: {error}"
            raise ConfigurationError(msg) from error
        try:
            self._connection.execute("PRAGMA journal_mode = WAL")
            # With a write-ahead log this loses at most the last commits on power failure, never
            # the file, and spares a disk flush for each.
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(path)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            msg = f"cannot use the database {path}: {error}"
            raise ConfigurationError(msg) from error
        except ConfigurationError:
            self._connection.close()
            raise

    def run_sync(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction, which is undone when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
            return result

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction in a thread, so that the event loop goes on."""
        return await anyio.to_thread.run_sync(self.run_sync, work)

    def close(self) -> None:
        """Close the file after the work that is under way."""
        with self._lock:
            self._connection.close()

    def _migrate(self, path: Path) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT"
            )
            with closing(connection.execute("SELECT version FROM schema_version")) as rows:
                row = rows.fetchone()
            version = 0 if row is None else int(row[0])
            if version > len(MIGRATIONS):
                msg = (
                    f"{path} has schema version {version}, and this server knows "
                    f"{len(MIGRATIONS)}: install a newer sdk-server, or choose another `--data`"
                )
                raise ConfigurationError(msg)
            for statements in MIGRATIONS[version:]:
                for statement in statements.split(";"):
                    connection.execute(statement)
            connection.execute("DELETE FROM schema_version")
            connection.execute("INSERT INTO schema_version VALUES (?)", (len(MIGRATIONS),))

        self.run_sync(work)
