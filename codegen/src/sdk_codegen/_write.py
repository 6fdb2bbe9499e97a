"""Writing: a finished project takes the place of the one before, or nothing changes."""

from __future__ import annotations

import os
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
    """
    before = read_lock(out)
    fresh = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    if not force:
        edited = _edited(root, out, before, fresh)
        if edited:
            raise EditedFilesError(out.as_posix(), edited)
    try:
        for name in fresh:
            _replace(root / name, out / name)
        for name in before.files if before else ():
            if name not in fresh:
                _remove(out, name)
    except OSError as error:
        raise CodegenError(f"{out.as_posix()}: cannot be written: {error}") from error
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


def _replace(source: Path, target: Path) -> None:
    """Put *source* in the place of *target* in one step, unless they are equal."""
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    beside.write_bytes(content)
    os.replace(beside, target)


def _remove(out: Path, name: str) -> None:
    path = out / name
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == out or not parent.is_dir() or any(parent.iterdir()):
            return
        parent.rmdir()
