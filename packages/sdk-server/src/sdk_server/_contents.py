"""The bytes of files of the inference API, each under the identifier of its record."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import anyio.to_thread

from ._options import ConfigurationError


class Contents:
    """Keep bytes in a folder.

    Args:
        folder: Where. It is created when missing.

    Raises:
        ConfigurationError: The folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            msg = f"cannot use the folder {folder}: {error.strerror}"
            raise ConfigurationError(msg) from error

    def place(self, identity: str) -> Path:
        """Return where the bytes of a record are; the identifier is one that the server made."""
        return self._folder / identity

    async def write(self, identity: str, source: IO[bytes]) -> int:
        """Keep the bytes that *source* has left, and return how many they are."""
        return await anyio.to_thread.run_sync(
            lambda: self._write(identity, lambda target: shutil.copyfileobj(source, target))
        )

    async def join(self, identity: str, parts: Iterable[str]) -> tuple[int, str]:
        """Put the bytes of several records together; return their number and MD5 in hexadecimal."""
        digest = hashlib.md5(usedforsecurity=False)  # what the API's callers compare with

        def copy(target: IO[bytes]) -> None:
            for part in parts:
                with self.place(part).open("rb") as source:
                    while piece := source.read(1024 * 1024):
                        digest.update(piece)
                        target.write(piece)

        size = await anyio.to_thread.run_sync(lambda: self._write(identity, copy))
        return size, digest.hexdigest()

    async def delete(self, *identities: str) -> None:
        """Delete the bytes of records, those that there are."""

        def work() -> None:
            for identity in identities:
                self.place(identity).unlink(missing_ok=True)

        await anyio.to_thread.run_sync(work)

    def sweep(self, known: Iterable[str]) -> None:
        """Delete the bytes of which no record is left; called at the start alone."""
        kept = set(known)
        for path in self._folder.iterdir():
            if path.name not in kept:
                path.unlink(missing_ok=True)

    def _write(self, identity: str, copy: Callable[[IO[bytes]], object]) -> int:
        # Under another name until it is whole, so that nobody reads a part of it.
        with NamedTemporaryFile(dir=self._folder, delete=False) as target:
            try:
                copy(target.file)
                size = target.tell()
            except BaseException:
                Path(target.name).unlink()
                raise
        Path(target.name).replace(self.place(identity))
        return size
