"""
One file of an outbox: a SQLite database that one process at a time has to itself.

Its owner keeps the exclusive lock of the database for as long as it lives (``locking_mode =
EXCLUSIVE``), so a file that can be locked has no owner any more, on every system and after every
kind of end. What is written is written ahead (WAL): a process may be killed at any moment.

A connection holds itself, by a function of its own that SQLite keeps where no collector looks. In a
forked child it must never be closed, not even by the end of the interpreter: SQLite would remove
the journal that the parent writes.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeAlias

__all__ = [
    "DAMAGED",
    "PAGE",
    "FileFullError",
    "OutboxFile",
    "Row",
    "is_malformed",
    "orphans",
    "put_aside",
    "salvaged",
]

Row: TypeAlias = "tuple[int, bytes, int, bytes, bytes, int]"
"""Its number, the event's id, the record's number, what goes beside the payload, that, and a sum."""

PAGE: Final = 4096  # bytes
DAMAGED: Final = ".damaged"
_SUFFIX: Final = ".outbox"
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_OURS: Final = 0x73646B6F  # "sdko"
_FORMAT: Final = 1
_BYTES: Final = 8 * 2**20  # of payloads that are read at once, or one
_FAR: Final = 2**20  # rows that are passed over at once, at the most, because they cannot be read
_ROWS: Final = 500
_TRIES: Final = 20
_HAS_MODES: Final = os.name == "posix"
_MAKE: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS {} (
    row INTEGER PRIMARY KEY, event_id BLOB UNIQUE, number INTEGER, head BLOB, payload BLOB,
    crc INTEGER
)
"""
_SINKS: Final = "CREATE TABLE sinks (id INTEGER PRIMARY KEY, name BLOB UNIQUE NOT NULL)"


class FileFullError(Exception):
    """The file has as many pages as it may have."""


class OutboxFile:
    """
    A file that is locked. All errors of its methods are SQLite's, but for `FileFullError`.

    Args:
        path: Where it is.
        connection: Has its lock.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._process = os.getpid()
        self._tables: dict[str, str] = {}

    @classmethod
    def begin(cls, directory: Path, *, pages: int, journal: int, fsync: bool) -> OutboxFile:
        """
        Make a file and lock it.

        Args:
            directory: Where; it exists.
            pages: How many it may have.
            journal: After how many pages the journal is written into the file.
            fsync: Whether each transaction is on the disk, and not only with the system, at its end.

        Raises:
            OSError: It cannot be made.
            sqlite3.Error: It cannot be written.
        """
        for _ in range(_TRIES):
            path = directory / f"{os.getpid()}-{time.time_ns():016x}{_SUFFIX}"
            try:
                os.close(os.open(path, _MAKE, 0o600))  # SQLite itself would let all read it
            except FileExistsError:
                continue
            file = None
            try:
                file = _connect(path)
                if file is None:  # as long as it is empty, others may take it for an orphan
                    continue
                file._prepare(pages, journal, fsync=fsync)  # noqa: SLF001  # our own
            except BaseException:
                if file is not None:
                    file.close()
                _remove(path)
                raise
            if path.exists():
                return file
            file.close()
        msg = f"no file can be made in {directory} that others leave alone"
        raise FileExistsError(msg)

    @classmethod
    def orphan(cls, path: Path) -> OutboxFile | None:
        """Lock a file that its owner has left; None if it has one, or is not an outbox of ours."""
        file = _connect(path) if _is_private(path) else None
        if file is None:
            return None
        try:
            is_ours = file._recognise()  # noqa: SLF001  # our own
        except BaseException:
            file.close()
            raise
        if is_ours:
            return file
        file.close()
        return None

    @property
    def sinks(self) -> list[str]:
        """For whom there may be something."""
        return list(self._tables)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Do all that is done inside, or nothing.

        Raises:
            FileFullError: More pages would be needed than the file may have.
        """
        tables = dict(self._tables)
        self._connection.execute("BEGIN IMMEDIATE").close()
        # Pages are given out inside, where the limit is; only the commit writes to the disk.
        is_inside = True
        try:
            yield
            is_inside = False
            self._connection.execute("COMMIT").close()
        except BaseException as exc:
            with suppress(sqlite3.Error):  # some errors have ended it
                self._connection.execute("ROLLBACK").close()
            self._tables = tables
            if is_inside and getattr(exc, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                raise FileFullError from exc
            raise

    def insert(self, sink: str, rows: Iterable[Row], first: int, count: int) -> tuple[int, int]:
        """
        Add rows, but for those whose event is there already.

        Args:
            sink: For whom.
            rows: They are numbered from *first*.
            first: The lowest number that they may have.
            count: How many numbers follow from it.

        Returns:
            How many were added, and the bytes of their payloads.
        """
        table = self._table(sink)
        sql = f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  # our name
        self._connection.executemany(sql, rows)
        return self.sum(sink, first, first + count - 1)

    def read(self, sink: str, after: int, limit: int) -> list[Row]:
        """Return rows whose number is greater than *after*, lowest first; fewer when they are large."""
        table = self._tables.get(sink)
        if table is None:
            return []
        rows: list[Row] = []
        size = 0
        sql = f"SELECT * FROM {table} WHERE row > ? ORDER BY row LIMIT ?"  # noqa: S608  # our name
        with closing(self._connection.execute(sql, (after, limit))) as cursor:
            for row in cursor:
                rows.append(row)
                size += _size(row[4])
                if size >= _BYTES:
                    break
        return rows

    def groups(self, sink: str) -> list[array[int]]:
        """Return the numbers of all rows in the order of the records' own numbers, some at a time."""
        sql = f"SELECT row, length(payload) FROM {self._tables[sink]} ORDER BY number, row"  # noqa: S608  # the names of tables are our own
        groups: list[array[int]] = []
        room = 0
        for row, size in self._connection.execute(sql):
            if room <= 0 or len(groups[-1]) == _ROWS:
                groups.append(array("q"))
                room = _BYTES
            groups[-1].append(row)
            room -= size if isinstance(size, int) else 0
        return groups

    def fetch(self, sink: str, rows: Sequence[int]) -> list[Row]:
        """Return rows by their numbers, in that order."""
        marks = ", ".join("?" * len(rows))
        sql = f"SELECT * FROM {self._tables[sink]} WHERE row IN ({marks})"  # noqa: S608  # our name
        found = {row[0]: row for row in self._connection.execute(sql, rows)}
        return [found[row] for row in rows if row in found]

    def readable(self, sink: str) -> Iterator[list[Row]]:
        """Yield the rows that a malformed file still gives."""
        sql = f"SELECT * FROM {self._tables[sink]} WHERE row > ? ORDER BY row LIMIT {_ROWS}"  # noqa: S608  # the names of tables are our own
        after: int | None = 0
        while after is not None:
            rows: list[Row] = []
            try:
                for row in self._connection.execute(sql, (after,)):
                    rows.append(row)  # noqa: PERF402  # the next one may not be readable
            except sqlite3.DatabaseError:
                after = self._beyond(sink, rows[-1][0] if rows else after)
            else:
                after = rows[-1][0] if rows else None
            if rows:
                yield rows

    def _beyond(self, sink: str, row: int) -> int | None:
        """Return the lowest number above *row* behind which a row can be read; None if none can."""
        sql = f"SELECT * FROM {self._tables[sink]} WHERE row > ? ORDER BY row LIMIT 1"  # noqa: S608  # the names of tables are our own

        def is_bad(step: int) -> bool:
            try:
                self._connection.execute(sql, (row + step,)).fetchall()
            except sqlite3.DatabaseError:
                return True
            return False

        bad, good = 0, 1
        while is_bad(good):
            bad, good = good, good * 2
            if good > _FAR:
                return None
        while good - bad > 1:
            middle = (bad + good) // 2
            bad, good = (middle, good) if is_bad(middle) else (bad, middle)
        return row + good

    def sum(self, sink: str, low: int, high: int) -> tuple[int, int]:
        """Return how many rows there are from number *low* to *high*, and the bytes of payloads."""
        sql = f"SELECT count(*), total(length(payload)) FROM {self._table(sink)}"  # noqa: S608  # the names of tables are our own
        count, size = self._connection.execute(
            f"{sql} WHERE row BETWEEN ? AND ?", (low, high)
        ).fetchone()
        return count, int(size)

    def delete(self, sink: str, rows: Sequence[int]) -> tuple[int, int]:
        """Remove rows by their numbers; return how many there were, and the bytes of payloads."""
        count = size = 0
        for low, high in _runs(rows):
            found = self.sum(sink, low, high)
            sql = f"DELETE FROM {self._table(sink)} WHERE row BETWEEN ? AND ?"  # noqa: S608  # the names of tables are our own
            self._connection.execute(sql, (low, high))
            count, size = count + found[0], size + found[1]
        return count, size

    @contextmanager
    def spare(self, pages: int) -> Iterator[None]:
        """Let the file have more pages for a while: to remove something may need some."""
        usual = self._pragma("max_page_count")
        self._connection.execute(f"PRAGMA max_page_count = {usual + pages}").close()
        try:
            yield
        finally:
            self._connection.execute(f"PRAGMA max_page_count = {usual}").close()

    def pages(self) -> int:
        """Return how many pages the file has."""
        return self._pragma("page_count")

    def close(self) -> None:
        """Let go of the file, unless it is a parent's."""
        if self._process == os.getpid():
            self._connection.close()

    def remove(self) -> None:
        """Close and remove the file: nothing in it is wanted."""
        self.close()
        _remove(self.path)

    def _prepare(self, pages: int, journal: int, *, fsync: bool) -> None:
        for setting in (
            f"page_size = {PAGE}",
            "journal_mode = WAL",
            f"synchronous = {'FULL' if fsync else 'NORMAL'}",
            f"wal_autocheckpoint = {journal}",
            f"journal_size_limit = {journal * PAGE}",
            f"max_page_count = {pages}",
            "cache_spill = OFF",
            "secure_delete = FAST",  # where it costs nothing; some systems have it on
            f"application_id = {_OURS}",
            f"user_version = {_FORMAT}",
        ):
            self._connection.execute(f"PRAGMA {setting}").close()
        self._connection.execute(_SINKS)

    def _recognise(self) -> bool:
        """Return whether this is an outbox of ours, maybe one that was just begun."""
        made_by = self._pragma("application_id"), self._pragma("user_version")
        self._read_tables()
        is_empty = not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        return made_by == (_OURS, _FORMAT) or (made_by == (0, 0) and is_empty)

    def _table(self, sink: str) -> str:
        if sink not in self._tables:
            sql = "INSERT OR IGNORE INTO sinks (name) VALUES (?)"
            self._connection.execute(sql, (sink.encode(),))
            self._read_tables()
            self._connection.execute(_TABLE.format(self._tables[sink]))
        return self._tables[sink]

    def _read_tables(self) -> None:
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if (b"sinks",) in self._connection.execute(names).fetchall():
            found = self._connection.execute("SELECT id, name FROM sinks ORDER BY id").fetchall()
            self._tables = {
                name.decode(errors="replace"): f"sink_{n}"
                for n, name in found
                if isinstance(name, bytes)
            }

    def _pragma(self, name: str) -> int:
        value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value


def orphans(directory: Path, but: Path | None) -> list[Path]:
    """Return the files of *directory* that may have lost their owner, oldest first."""
    found = [path for path in directory.glob(f"*{_SUFFIX}") if path != but]
    return sorted(found, key=lambda path: (path.name.rpartition("-")[2], path.name))


def _remove(path: Path) -> None:
    for suffix in _BESIDE:
        with suppress(OSError):
            Path(f"{path}{suffix}").unlink()


def put_aside(path: Path) -> Path:
    """Give a file another name, under which nobody adopts it; return that."""
    for suffix in _BESIDE:
        with suppress(FileNotFoundError):
            Path(f"{path}{suffix}").replace(f"{path}{DAMAGED}{suffix}")
    return Path(f"{path}{DAMAGED}")


def salvaged(path: Path) -> Iterator[tuple[str, list[Row]]]:
    """Yield what a malformed file still gives: rows of a sink, in their order."""
    file = None
    with suppress(sqlite3.DatabaseError):
        file = OutboxFile.orphan(path)
    if file is None:
        return
    try:
        for sink in file.sinks:
            yield from ((sink, rows) for rows in file.readable(sink))
    finally:
        file.close()


def is_malformed(exc: BaseException) -> bool:
    """Return whether a file is no database any more."""
    code = getattr(exc, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connect(path: Path) -> OutboxFile | None:
    """Open and lock a file that exists; None if another one has it, or it is gone."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.OperationalError:
        if path.exists():
            raise
        return None
    connection.text_factory = bytes  # what is damaged may be no text
    connection.create_function("itself", 0, lambda: str(connection))
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE").close()
        connection.execute("BEGIN EXCLUSIVE").close()
        connection.execute("COMMIT").close()
    except sqlite3.Error as exc:
        connection.close()
        if exc.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY or not path.exists():
            return None
        raise
    return OutboxFile(path, connection)


def _is_private(path: Path) -> bool:
    """Return whether a file was made by this user, and nobody else may write it."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    is_mine = not _HAS_MODES or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)
    return stat.S_ISREG(found.st_mode) and is_mine


def _size(payload: object) -> int:
    return len(payload) if isinstance(payload, bytes) else 0  # what is damaged may be anything


def _runs(rows: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last of each run of numbers that follow each other."""
    low = high = None
    for row in sorted(rows):
        if high is None or low is None or row > high + 1:
            if low is not None and high is not None:
                yield low, high
            low = row
        high = row
    if low is not None and high is not None:
        yield low, high
