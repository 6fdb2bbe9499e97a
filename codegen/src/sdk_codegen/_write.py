"""Writing: a finished project takes the place of the one before, or nothing changes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ._lock import LOCK_NAME, Lock, digest, read_lock
from .errors import CodegenError, EditedFilesError

__all__ = ["write"]


def write(root: Path, out: Path, *, force: bool = False) -> int:
    """
    Move the project in *root* to *out*; return the number of its files.

    Files that the lock in *out* names and that are no longer generated are removed; files that it
    does not name are left alone.

    Raises:
        EditedFilesError: A file was changed by hand since it was generated, or a file that was
            not generated is in the way.
        CodegenError: *out* cannot be written.
    """
    before = read_lock(out)
    fresh = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    if not force:
        edited = _edited(root, out, before, fresh)
        if edited:
            raise EditedFilesError(out.as_posix(), edited)
    try:
        _replace(root, out, fresh)
        for name in before.files if before else ():
            if name not in fresh:
                _remove(out, name)
    except OSError as error:
        msg = f"{out.as_posix()}: cannot be written: {error}"
        raise CodegenError(msg) from error
    return len(fresh)


def _edited(root: Path, out: Path, before: Lock | None, fresh: list[str]) -> list[str]:
    """Return the files whose content neither the lock nor the new project knows."""
    known = before.files if before else {}
    edited = []
    for name in sorted({*known, *fresh} - {LOCK_NAME}):
        path = out / name
        if not path.is_file():
            continue
        content = path.read_bytes()
        if known.get(name) == digest(content):
            continue
        if name in fresh and (root / name).read_bytes() == content:
            continue
        edited.append(name)
    return edited


def _replace(root: Path, out: Path, names: list[str]) -> None:
    """Copy everything beside its place first: what can fail, such as a full disk, fails there."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".sdk-codegen-", dir=out) as folder:
        staged = Path(folder)
        changed = []
        for name in names:
            content = (root / name).read_bytes()
            target = out / name
            if target.is_file() and target.read_bytes() == content:
                continue  # an unchanged file keeps its time, so that nothing is built again
            (staged / name).parent.mkdir(parents=True, exist_ok=True)
            (staged / name).write_bytes(content)
            target.parent.mkdir(parents=True, exist_ok=True)
            changed.append(name)
        # The lock comes last: it must not speak of files that are not there yet.
        for name in sorted(changed, key=lambda name: (name == LOCK_NAME, name)):
            shutil.move(staged / name, out / name)


def _remove(out: Path, name: str) -> None:
    path = out / name
    path.unlink(missing_ok=True)
    parent = path.parent
    while parent != out and parent.is_dir() and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent
