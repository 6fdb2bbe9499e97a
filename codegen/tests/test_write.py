"""Writing: a project is there as a whole, as it was, or not at all."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sdk_codegen._lock import LOCK_NAME, Lock, digest
from sdk_codegen._result import Changes
from sdk_codegen._write import WORK, recover, write
from sdk_codegen.errors import CodegenError, EditedFilesError


def project(folder: Path, files: dict[str, str]) -> Path:
    """Make a finished project of *files*, with its lock."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    hashes = {name: digest(content.encode()) for name, content in files.items()}
    lock = Lock("1", "spec.yaml", "", (), "p", "p", hashes)
    (folder / LOCK_NAME).write_text(lock.dump())
    return folder


def contents(folder: Path) -> dict[str, str]:
    """Return every file below *folder*, and that nothing else is there."""
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


OLD = {"a.py": "old", "gone/b.py": "old", "same.py": "same"}
NEW = {"a.py": "new", "c/d.py": "new", "same.py": "same"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that holds the old project and a file of the user."""
    project(tmp_path / "out", OLD)
    (tmp_path / "out/mine.txt").write_text("mine")
    return tmp_path / "out"


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """The new project, finished somewhere else."""
    return project(tmp_path / "new", NEW)


def test_what_is_new_takes_the_place_of_what_is_old(out: Path, new: Path) -> None:
    """Files that are gone go with their folders; those of the user stay; nothing else is left."""
    assert Changes(written=3, unchanged=1, removed=1) == write(new, out)
    found = contents(out)
    assert {**NEW, "mine.txt": "mine"} == {k: v for k, v in found.items() if k != LOCK_NAME}
    assert not (out / "gone").exists()
    assert not (out / WORK).exists()


def test_a_folder_that_python_compiled_into_goes_as_well(out: Path, new: Path) -> None:
    """A module that is gone cannot be imported from what is left of it."""
    (out / "gone/__pycache__").mkdir()
    (out / "gone/__pycache__/b.cpython-311.pyc").write_bytes(b"")
    write(new, out)
    assert not (out / "gone").exists()


def test_a_folder_that_holds_files_of_the_user_stays(out: Path, new: Path) -> None:
    """Only what was generated goes."""
    (out / "gone/mine.py").write_text("mine")
    write(new, out)
    assert ["mine.py"] == [path.name for path in (out / "gone").iterdir()]


def test_a_new_folder_appears_at_once(tmp_path: Path, new: Path) -> None:
    """What was built takes its place in one step."""
    wanted = contents(new)
    assert Changes(written=4) == write(new, tmp_path / "fresh")
    assert wanted == contents(tmp_path / "fresh")
    assert ["fresh"] == [path.name for path in tmp_path.iterdir()]


def full(number: int) -> Any:
    """Return a `Path.replace` that fails, like a full disk, from the call *number* on."""
    replace, calls = Path.replace, [0]

    def failing(self: Path, target: Path) -> Path:
        calls[0] += 1
        if calls[0] == number:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return replace(self, target)

    return failing


# Three files are staged, three old ones leave (a, the lock, b), three arrive.
@pytest.mark.parametrize("number", range(1, 10))
def test_a_disk_that_is_full_at_any_moment_changes_nothing(
    out: Path, new: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is one line, and the folder is as it was."""
    before = contents(out)
    monkeypatch.setattr(Path, "replace", full(number))
    with pytest.raises(CodegenError, match="cannot be written: No space left on device; nothing"):
        write(new, out)
    assert before == contents(out)
    assert not (out / "c").exists()


@pytest.mark.parametrize("number", range(1, 10))
def test_a_run_that_is_killed_at_any_moment_is_undone_by_the_next(
    out: Path, new: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between two steps, and nothing of it runs any more."""
    before = contents(out)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full(number))
        patch.setattr("sdk_codegen._write.recover", lambda _: False)
        with pytest.raises(CodegenError):
            write(new, out)
    assert (out / WORK).is_dir()
    assert recover(out)
    assert before == contents(out)
    assert not recover(out)


def elsewhere(self: Path, target: Path) -> Path:
    """Rename as if what is new were on another file system."""
    if self.name == "new":
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    return self.replace(target)


def test_a_new_folder_from_another_file_system_appears_at_once(
    tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is built beside its place first."""
    monkeypatch.setattr(Path, "rename", elsewhere)
    (tmp_path / f"deep/.fresh{WORK}/rest").mkdir(parents=True)  # of a run that was killed
    wanted = contents(new)
    assert len(wanted) == write(new, tmp_path / "deep" / "fresh").written
    assert wanted == contents(tmp_path / "deep" / "fresh")
    assert ["fresh"] == [path.name for path in (tmp_path / "deep").iterdir()]


def test_a_new_folder_that_cannot_be_named_does_not_appear(
    tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's reason is told."""

    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(CodegenError, match="Permission denied"):
        write(new, tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()


def test_a_new_folder_that_cannot_be_filled_does_not_appear(
    tmp_path: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in its place nor beside it."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "rename", elsewhere)
    monkeypatch.setattr("shutil.copytree", refuse)
    with pytest.raises(CodegenError, match="No space left on device"):
        write(new, tmp_path / "fresh")
    assert ["new"] == [path.name for path in tmp_path.iterdir()]


def test_a_file_system_of_its_own_is_copied_from(
    out: Path, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder for temporary files is often another one."""
    replace = Path.replace

    def across(self: Path, target: Path) -> Path:
        if self.is_relative_to(new):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", across)
    write(new, out)
    assert "new" == (out / "c/d.py").read_text()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_one_line(out: Path, new: Path) -> None:
    """Nothing was changed."""
    before = contents(out)
    out.chmod(0o500)
    try:
        with pytest.raises(CodegenError, match="cannot be written: Permission denied"):
            write(new, out)
    finally:
        out.chmod(0o700)
    assert before == contents(out)


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path: Path, new: Path) -> None:
    """It stays."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CodegenError, match="cannot be written: Not a directory"):
        write(new, tmp_path / "file")
    assert "mine" == (tmp_path / "file").read_text()


def test_what_was_changed_by_hand_is_refused_before_anything_changes(out: Path, new: Path) -> None:
    """With `force` it is overwritten."""
    (out / "a.py").write_text("mine")
    before = contents(out)
    with pytest.raises(EditedFilesError) as caught:
        write(new, out)
    assert ("a.py",) == caught.value.files
    assert before == contents(out)
    write(new, out, force=True)
    assert "new" == (out / "a.py").read_text()


def test_nothing_to_do_touches_nothing(out: Path, tmp_path: Path) -> None:
    """The folder of work is not even made."""
    times = {path: path.stat().st_mtime_ns for path in (out, *out.rglob("*"))}
    assert Changes(unchanged=4) == write(project(tmp_path / "again", OLD), out)
    assert times == {path: path.stat().st_mtime_ns for path in (out, *out.rglob("*"))}


def _hold(out: str, ready: Any, done: Any) -> None:
    import fcntl  # noqa: PLC0415 - there is none on Windows

    handle = os.open(out, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    ready.set()
    done.wait(30)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such lock")
def test_two_runs_do_not_write_at_once(out: Path, new: Path) -> None:
    """The second one says so and changes nothing."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(out), ready, done))
    other.start()
    try:
        assert ready.wait(30)
        before = contents(out)
        with pytest.raises(CodegenError, match="another run is writing there"):
            write(new, out)
        assert before == contents(out)
    finally:
        done.set()
        other.join()


def test_the_journal_is_plain(out: Path, new: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person can put things right with it, too."""
    monkeypatch.setattr(Path, "replace", full(9))
    monkeypatch.setattr("sdk_codegen._write.recover", lambda _: False)
    with pytest.raises(CodegenError):
        write(new, out)
    plan = json.loads((out / WORK / "journal.json").read_text())
    assert {"old": ["a.py", LOCK_NAME, "gone/b.py"], "new": ["a.py", "c/d.py", LOCK_NAME]} == plan
