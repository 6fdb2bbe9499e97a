"""
Writing: a finished project takes the place of the one before, or nothing changes.

A new folder is built beside its place and renamed. In an existing one the old files are moved into
a folder of work, the new ones take their places, and the folder of work goes; whatever fails on the
way, even the process itself, leaves that folder, from which the old state is restored.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ._lock import LOCK_NAME, Lock, digest, read_lock
from ._result import Changes
from .errors import CodegenError, EditedFilesError

if sys.platform != "win32":  # pragma: no branch - is tested on POSIX
    import fcntl

__all__ = ["WORK", "recover", "write"]

WORK = ".sdk-codegen-work"
JOURNAL = "journal.json"


def write(root: Path, out: Path, *, force: bool = False) -> Changes:
    """
    Move the project in *root* to *out*.

    Files that the lock in *out* names and that are no longer generated are removed; files that it
    does not name are left alone.

    Raises:
        EditedFilesError: A file was changed by hand since it was generated, or a file that was
            not generated is in the way.
        CodegenError: *out* cannot be written; it is as it was.
    """
    fresh = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    try:
        if not out.exists():
            return _create(root, out, len(fresh))
        with _exclusive(out):
            recover(out)
            before = read_lock(out)
            if not force:
                edited = _edited(root, out, before, fresh)
                if edited:
                    raise EditedFilesError(out.as_posix(), edited)
            return _exchange(root, out, before, fresh)
    except OSError as error:
        msg = f"{out.as_posix()}: cannot be written: {error.strerror or error}; nothing was changed"
        raise CodegenError(msg) from error


def recover(out: Path) -> bool:
    """Restore what a run that was killed has left half done; say whether there was such a thing."""
    work = out / WORK
    if not work.is_dir():
        return False
    journal = work / JOURNAL
    if journal.exists():
        plan = json.loads(journal.read_text(encoding="utf-8"))
        _roll_back(out, work, plan["old"], plan["new"])
        journal.unlink()
    shutil.rmtree(work)
    return True


def _create(root: Path, out: Path, count: int) -> Changes:
    """Give a folder that does not exist its place in one step, from beside it if need be."""
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        root.rename(out)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    else:
        return Changes(written=count)
    beside = out.with_name(f".{out.name}{WORK}")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        shutil.copytree(root, beside)
        beside.rename(out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return Changes(written=count)


@contextlib.contextmanager
def _exclusive(out: Path) -> Iterator[None]:
    """Keep other runs out of the folder; the system forgets the lock of a process that is killed."""
    if sys.platform == "win32":  # pragma: no cover - has no such lock for folders
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        msg = f"{out.as_posix()}: another run is writing there; wait until it has ended"
        raise CodegenError(msg) from None
    try:
        yield
    finally:
        os.close(handle)


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


def _exchange(root: Path, out: Path, before: Lock | None, fresh: list[str]) -> Changes:
    """Let what is new take the places of what is old."""
    # An unchanged file keeps its time, so that nothing is built again.
    changed = [name for name in fresh if not _same(root / name, out / name)]
    kept = set(fresh)
    gone = [name for name in before.files if name not in kept] if before else []
    gone = [name for name in gone if (out / name).is_file()]
    changes = Changes(len(changed), len(fresh) - len(changed), len(gone))
    if not changed and not gone:
        return changes
    old = [name for name in (*changed, *gone) if os.path.lexists(out / name)]
    work = out / WORK
    try:
        work.mkdir()
        # What can fail, such as a full disk, fails here, where nothing has changed yet.
        for name in changed:
            _move(root / name, work / "new" / name)
        plan = work / "plan"
        plan.write_text(json.dumps({"old": old, "new": changed}), encoding="utf-8")
        plan.rename(work / JOURNAL)
        for name in old:
            _move(out / name, work / "old" / name)
        for name in changed:
            _move(work / "new" / name, out / name)
    except BaseException:
        recover(out)
        raise
    (work / JOURNAL).unlink()  # from here on it is the new state that counts
    shutil.rmtree(work, ignore_errors=True)
    _prune(out, gone)
    return changes


def _roll_back(out: Path, work: Path, old: list[str], new: list[str]) -> None:
    # What does not wait any more has been moved to its place; that happens after all that is old
    # has left.
    arrived = [name for name in new if not os.path.lexists(work / "new" / name)]
    for name in arrived:
        (out / name).unlink(missing_ok=True)
    for name in old:
        if os.path.lexists(work / "old" / name):
            _move(work / "old" / name, out / name)
    _prune(out, new)


def _same(path: Path, other: Path) -> bool:
    return other.is_file() and path.read_bytes() == other.read_bytes()


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copyfile(source, target)  # from another file system


def _prune(out: Path, names: Iterable[str]) -> None:
    """Remove the folders of *names* that hold nothing any more, but for what Python compiled."""
    for parent in sorted({(out / name).parent for name in names}, reverse=True):
        folder = parent
        while folder != out and folder.is_dir():
            if any(path.name != "__pycache__" for path in folder.iterdir()):
                break
            shutil.rmtree(folder)
            folder = folder.parent
