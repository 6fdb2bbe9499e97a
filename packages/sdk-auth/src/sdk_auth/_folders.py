"""
Private folders: files that their owner alone may read, each written whole or not at all.

What POSIX says of owners and modes is looked at before anything is read. Windows has no such modes:
there a folder in the user's profile has an access list that keeps others out, and is inherited.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import attrs

from .errors import TokenStoreError, TokenStorePermissionsError

T = TypeVar("T")

_HAS_MODES: Final = os.name == "posix"
_OTHERS: Final = 0o077
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
# A pipe in the place of a file must not make its reader wait for ever; Windows: no line ends.
_READ: Final = os.O_RDONLY | _NO_FOLLOW | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MAKE: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | getattr(os, "O_BINARY", 0)
_PART: Final = ".part"
_TRIES: Final = 10
_PAUSE: Final = 0.01  # seconds


@attrs.frozen
class Folder:
    """
    A folder that is the user's alone.

    Args:
        path: Made by the first write, readable by nobody else.
    """

    path: Path

    def read(self, name: str, largest: int) -> bytes | None:
        """
        Return what is in a file, at most one byte more than *largest*; None if there is none.

        Raises:
            TokenStorePermissionsError: Others may read it, or the folder.
            TokenStoreError: It cannot be read.
        """
        file = self.path / name
        try:
            descriptor = patient(lambda: os.open(file, _READ))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as exc:
            self._fail(file, "read", exc)
        try:
            self._check()
            self._refuse_loose(file, os.fstat(descriptor), is_folder=False)
            with open(descriptor, "rb", closefd=False) as reader:
                return reader.read(largest + 1)
        except OSError as exc:
            self._fail(file, "read", exc)
        finally:
            os.close(descriptor)

    def write(self, name: str, data: bytes) -> None:
        """
        Put *data* into a file: who reads it finds all of the old or of the new, after a crash, too.

        Raises:
            TokenStorePermissionsError: Others may read the folder.
            TokenStoreError: It cannot be written.
        """
        self.prepare()
        file = self.path / name
        try:
            self._sweep(name)
            for _ in range(_TRIES):
                if self._replace(file, data):
                    return
        except OSError as exc:
            self._fail(file, "written", exc)
        msg = f"the file {file} cannot be written: others write it all the time; try again"
        raise TokenStoreError(msg)

    def remove(self, name: str) -> None:
        """
        Remove a file, if there is one, and what is left of attempts to write it.

        Raises:
            TokenStoreError: It cannot be removed.
        """
        file = self.path / name
        try:
            patient(lambda: file.unlink(missing_ok=True))
            self._sweep(name)
            self._sync()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as exc:
            self._fail(file, "removed", exc)

    def lock(self, name: str) -> Callable[[], None] | None:
        """
        Take a lock without waiting; return its release, or None while another one has it.

        Raises:
            TokenStorePermissionsError: Others may read the folder.
            TokenStoreError: There can be no lock here.
        """
        from ._locks import try_lock  # noqa: PLC0415  # importing a store needs no system calls

        self.prepare()
        file = self.path / name
        try:
            return try_lock(file)
        except OSError as exc:
            self._fail(file, "locked", exc)

    def prepare(self) -> None:
        """Make the folder, if there is none, and refuse one that others may read."""
        try:
            _make(self.path)
        except OSError as exc:
            self._fail(self.path, "made", exc)
        self._check()

    def _check(self) -> None:
        self._refuse_loose(self.path, self.path.stat(), is_folder=True)

    def _refuse_loose(self, path: Path, found: os.stat_result, *, is_folder: bool) -> None:
        kind, tight = ("folder", 0o700) if is_folder else ("file", 0o600)
        if not (stat.S_ISDIR if is_folder else stat.S_ISREG)(found.st_mode):
            msg = f"{path} is no {kind}; give another place for tokens"
            raise TokenStoreError(msg)
        if not _HAS_MODES:
            return
        if found.st_uid != os.geteuid():
            msg = (
                f"the {kind} {path} belongs to the user {found.st_uid}, and this process runs as "
                f"{os.geteuid()}; run it as the owner, or give another place for tokens"
            )
            raise TokenStorePermissionsError(msg)
        mode = stat.S_IMODE(found.st_mode)
        if mode & _OTHERS:
            msg = (
                f"the {kind} {path} can be used by others (mode {mode:04o}); take back what was "
                f"kept there if they may have read it, then: chmod {tight:o} {path}"
            )
            raise TokenStorePermissionsError(msg)

    def _replace(self, file: Path, data: bytes) -> bool:
        """Write *data* beside *file* and move it there; False if somebody swept it away first."""
        part = file.with_name(f"{file.name}.{os.urandom(8).hex()}{_PART}")
        descriptor = os.open(part, _MAKE, 0o600)
        try:
            try:
                if _HAS_MODES:
                    os.fchmod(descriptor, 0o600)  # whatever the umask took away
                    if not _claim(descriptor):  # which says that its writer is alive
                        return False
                _write_all(descriptor, data)
                os.fsync(descriptor)
                if _HAS_MODES:
                    # Before it is closed, which unlocks it: nobody may sweep it then.
                    return self._move(part, file)
            finally:
                os.close(descriptor)
            return self._move(part, file)  # Windows moves no files that are open
        finally:
            part.unlink(missing_ok=True)

    def _move(self, part: Path, file: Path) -> bool:
        try:
            patient(lambda: part.replace(file))
        except FileNotFoundError:
            return False
        self._sync()
        return True

    def _sync(self) -> None:
        """Have the disk know of a name that was written or removed."""
        if _HAS_MODES:
            descriptor = os.open(self.path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _sweep(self, name: str) -> None:
        """Remove what writers that were killed have left of the file *name*."""
        for part in self.path.glob(f"{name}.*{_PART}"):
            with suppress(OSError):  # it is in its place by now; or, in Windows, it is in use
                if not _HAS_MODES or _is_orphan(part):
                    part.unlink()

    def _fail(self, path: Path, what: str, exc: OSError) -> NoReturn:
        if exc.errno == errno.ELOOP:
            msg = f"{path} is a link, which may lead to what others can read; remove it"
            raise TokenStorePermissionsError(msg) from None
        msg = (
            f"{path} cannot be {what} ({exc.strerror or exc}); give a folder that can be used, as "
            "in FileStore(path), or keep tokens in the memory, as MemoryStore() does"
        )
        raise TokenStoreError(msg) from exc


def patient(work: Callable[[], T]) -> T:
    """
    Return what *work* returns; try again for a moment where a file is in use.

    In Windows a file that another process has open can be neither replaced nor removed, and one
    that is being replaced cannot be opened.
    """
    if not _HAS_MODES:
        for _ in range(_TRIES):
            try:
                return work()
            except PermissionError:
                time.sleep(_PAUSE)
    return work()


def _make(path: Path) -> None:
    """Make a folder and those above it, for their owner alone, whatever the umask is."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        try:
            each.mkdir(0o700)
        except FileExistsError:  # another process was faster
            continue
        each.chmod(0o700)


def _claim(descriptor: int) -> bool:
    from ._locks import claim  # noqa: PLC0415  # as above

    return claim(descriptor)


def _is_orphan(part: Path) -> bool:
    descriptor = os.open(part, os.O_RDWR | _NO_FOLLOW)
    try:
        return _claim(descriptor)
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
