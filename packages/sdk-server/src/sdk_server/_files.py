"""The files of models: what is known of them in the database, their bytes beside it."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import anyio
import anyio.to_thread
import attrs

from ._database import Database
from ._options import ConfigurationError

Row = tuple[Any, ...]


@attrs.frozen(kw_only=True)
class ModelFile:
    """Describe a file of a model.

    Args:
        sha256: What the bytes hash to, in hexadecimal digits.
        modified: When it was uploaded, in seconds since 1970-01-01 UTC.
    """

    name: str
    size: int
    sha256: str
    modified: float

    @property
    def etag(self) -> str:
        """The strong entity tag (RFC 9110 section 8.8.3): equal bytes have equal ones."""
        return f'"{self.sha256}"'


class ModelFiles:
    """Keep the files of models; equal bytes once, under what they hash to.

    Bytes are never changed where they are, so that a download under way ends with what it began.

    Args:
        database: Where to keep what is known of them.
        folder: Where to keep the bytes. It is created when missing.
        clock: Returns the time in seconds since 1970-01-01 UTC.

    Raises:
        ConfigurationError: The folder cannot be used.
    """

    def __init__(
        self, database: Database, folder: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._folder = folder
        self._clock = clock
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            msg = f"cannot use the folder {folder}: {error.strerror}"
            raise ConfigurationError(msg) from error

    async def list(self, model: str, *, offset: int, limit: int) -> tuple[list[ModelFile], int]:
        """Return some of a model's files, by name, and the number of all."""

        def work(connection: sqlite3.Connection) -> tuple[list[ModelFile], int]:
            rows = connection.execute(
                f"{_SELECT} WHERE model = ? ORDER BY name LIMIT ? OFFSET ?", (model, limit, offset)
            ).fetchall()
            total: Row = connection.execute(
                "SELECT count(*) FROM files WHERE model = ?", (model,)
            ).fetchone()
            return [_file(row) for row in rows], total[0]

        return await self._database.run(work)

    async def open(self, model: str, name: str) -> tuple[ModelFile, anyio.AsyncFile[bytes]] | None:
        """Return a file and its bytes, to be closed by the caller; `None` if there is none."""

        def work(connection: sqlite3.Connection) -> tuple[ModelFile, Any] | None:
            row: Row | None = connection.execute(
                f"{_SELECT} WHERE model = ? AND name = ?", (model, name)
            ).fetchone()
            if row is None:
                return None
            file = _file(row)
            # Within the transaction: nobody can delete the bytes before they are open.
            return file, self._place(file.sha256).open("rb")

        found = await self._database.run(work)
        return None if found is None else (found[0], anyio.wrap_file(found[1]))

    async def put(self, model: str, name: str, data: bytes) -> tuple[ModelFile, bool]:
        """Add or replace a file; return it, and whether it is new."""
        return await anyio.to_thread.run_sync(self.put_sync, model, name, data)

    def put_sync(self, model: str, name: str, data: bytes) -> tuple[ModelFile, bool]:
        """Add or replace a file; see `put`."""
        file = ModelFile(
            name=name,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            modified=self._clock(),
        )
        # Written before the transaction, which others wait for.
        with NamedTemporaryFile(dir=self._folder, delete=False) as written:
            written.write(data)

        def work(connection: sqlite3.Connection) -> list[Row]:
            replaced: list[Row] = connection.execute(
                "DELETE FROM files WHERE model = ? AND name = ? RETURNING sha256", (model, name)
            ).fetchall()
            connection.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
                (model, name, file.size, file.sha256, file.modified),
            )
            Path(written.name).replace(self._place(file.sha256))
            return replaced

        try:
            replaced = self._database.run_sync(work)
        finally:
            Path(written.name).unlink(missing_ok=True)
        self._sweep(replaced)
        return file, not replaced

    async def delete(self, model: str, name: str | None = None) -> bool:
        """Delete a file of a model, or all of them, and tell whether there was one."""

        def work() -> bool:
            deleted: list[Row] = self._database.run_sync(
                lambda connection: connection.execute(
                    "DELETE FROM files WHERE model = ? AND name = ifnull(?, name) RETURNING sha256",
                    (model, name),
                ).fetchall()
            )
            self._sweep(deleted)
            return bool(deleted)

        return await anyio.to_thread.run_sync(work)

    def sweep(self) -> None:
        """Delete what a server that was killed has left behind; called at the start alone."""
        self._sweep([(path.name,) for path in self._folder.iterdir()])

    def _sweep(self, names: Iterable[Row]) -> None:
        """Delete those of these bytes that no file has any more."""

        def work(connection: sqlite3.Connection) -> None:
            for name in names:
                if connection.execute("SELECT 1 FROM files WHERE sha256 = ?", name).fetchone():
                    continue
                self._place(name[0]).unlink(missing_ok=True)

        self._database.run_sync(work)

    def _place(self, sha256: str) -> Path:
        return self._folder / sha256


_SELECT = "SELECT name, size, sha256, modified FROM files"


def _file(row: Row) -> ModelFile:
    return ModelFile(name=row[0], size=row[1], sha256=row[2], modified=row[3])
