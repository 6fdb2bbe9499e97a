"""Tokens in files: private, whole or not at all, and for several processes at once."""

from __future__ import annotations

import errno
import json
import os
import pickle
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sdk_auth import _folders
from sdk_auth.errors import (
    TokenStoreCorruptError,
    TokenStoreError,
    TokenStorePermissionsError,
    TokenStoreVersionError,
)
from sdk_auth.stores import FileStore
from sdk_auth.tokens import Token

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of files")
TOKEN = Token(access_token="access-1", refresh_token="refresh-1", expires_at=2e9, scope=("a",))
OTHER = Token(access_token="access-2")


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """Return a store in a folder that is not there yet."""
    return FileStore(tmp_path / "deep" / "tokens")


def file_of(store: FileStore) -> Path:
    """Return the one file with a token."""
    (file,) = store.path.glob("*.json")
    return file


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Run with another umask."""
    old = os.umask(mask)
    try:
        yield
    finally:
        os.umask(old)


def test_a_token_is_kept_found_and_forgotten(store: FileStore) -> None:
    """Under its key, and no other one."""
    assert store.load("k") is None
    store.save("k", TOKEN)
    store.save("K", OTHER)
    assert (store.load("k"), store.load("K"), store.load("")) == (TOKEN, OTHER, None)
    store.save("k", OTHER)
    assert store.load("k") == OTHER
    store.delete("k")
    store.delete("k")
    assert (store.load("k"), store.load("K")) == (None, OTHER)


@pytest.mark.parametrize("key", ["../../x", "con", "a/b\\c\0", "K" * 5000, "\ud800", "ß"])
def test_any_key_is_a_file_of_its_own(store: FileStore, key: str) -> None:
    """No file system can take offence at it, and none leads out of the folder."""
    store.save(key, TOKEN)
    assert store.load(key) == TOKEN
    assert file_of(store).parent == store.path


def test_two_stores_in_one_process_see_the_same(store: FileStore) -> None:
    """What one saves the other one finds, and nothing is remembered beside the files."""
    other = FileStore(store.path)
    assert other == store
    store.save("k", TOKEN)
    assert other.load("k") == TOKEN
    other.save("k", OTHER)
    assert store.load("k") == OTHER
    other.delete("k")
    assert store.load("k") is None


def test_forgetting_without_a_folder_is_nothing(store: FileStore) -> None:
    """Nothing is made for it."""
    store.delete("k")
    assert not store.path.exists()


def test_a_store_goes_to_other_processes(store: FileStore) -> None:
    """Its pickle and its repr hold the folder, and no token."""
    store.save("k", TOKEN)
    assert b"access-1" not in pickle.dumps(store)
    assert pickle.loads(pickle.dumps(store)).load("k") == TOKEN
    assert repr(store) == f"<FileStore: {store.path}>"


@posix
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_nobody_else_can_read_what_is_kept(store: FileStore, mask: int) -> None:
    """Whatever the umask is: it neither opens the files to others nor shuts the owner out."""
    with umask(mask):
        store.save("k", TOKEN)
        lock = store.try_lock("k")
        assert lock is not None
        lock()
    for folder in (store.path, store.path.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) & 0o177 for file in store.path.iterdir()} == {0}
    assert stat.S_IMODE(file_of(store).stat().st_mode) == 0o600
    assert store.load("k") == TOKEN


@posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o666])
def test_a_file_that_others_can_use_is_refused(store: FileStore, mode: int) -> None:
    """The error says how to close it."""
    store.save("k", TOKEN)
    file = file_of(store)
    file.chmod(mode)
    with pytest.raises(TokenStorePermissionsError, match=f"mode {mode:04o}.*: chmod 600 {file}"):
        store.load("k")
    store.save("k", OTHER)  # which puts another file in its place
    assert store.load("k") == OTHER


@posix
@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_can_use_is_refused(store: FileStore, mode: int) -> None:
    """Whether something is read, written or locked there."""
    store.save("k", TOKEN)
    store.path.chmod(mode)
    remedy = f"mode {mode:04o}.*: chmod 700 {store.path}"
    for work in (store.load, lambda key: store.save(key, TOKEN), store.try_lock):
        with pytest.raises(TokenStorePermissionsError, match=remedy):
            work("k")


@posix
def test_what_belongs_to_somebody_else_is_refused(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that runs as root must not leave files behind that their owner cannot use."""
    store.save("k", TOKEN)
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    with pytest.raises(TokenStorePermissionsError, match=f"belongs to the user {me}, .*the owner"):
        store.load("k")


@posix
def test_a_link_is_refused(store: FileStore, tmp_path: Path) -> None:
    """It may lead to what others can read; a link to the folder is the owner's business."""
    store.save("k", TOKEN)
    file = file_of(store)
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    with pytest.raises(TokenStorePermissionsError, match=f"{file} is a link"):
        store.load("k")
    linked = tmp_path / "linked"
    linked.symlink_to(store.path)
    FileStore(linked).save("k", OTHER)
    assert store.load("k") == OTHER
    assert elsewhere.exists()


@posix
def test_a_pipe_is_no_file(store: FileStore) -> None:
    """It is refused at once, without waiting for somebody to write into it."""
    store.save("k", TOKEN)
    file = file_of(store)
    file.unlink()
    os.mkfifo(file, 0o600)
    with pytest.raises(TokenStoreError, match="is no file"):
        store.load("k")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """The path of a store is where its folder is, or may be made."""
    file = tmp_path / "file"
    file.write_bytes(b"")
    for path in (file, file / "below"):
        store = FileStore(path)
        assert store.load("k") is None
        store.delete("k")
        with pytest.raises(TokenStoreError, match=r"FileStore\(path\)|another place"):
            store.save("k", TOKEN)


@pytest.mark.parametrize(
    ("content", "kind", "remedy"),
    [
        (b"", TokenStoreCorruptError, "delete it, and sign in again"),
        (b"\x00\xff garbage", TokenStoreCorruptError, "delete it, and sign in again"),
        (b"[" * 100_000, TokenStoreCorruptError, "delete it, and sign in again"),
        (b" " * (2 << 20), TokenStoreCorruptError, "too large; delete it"),
        (
            b'{"format": "sdk-auth token", "version": 2}',
            TokenStoreVersionError,
            "install a newer sdk-auth",
        ),
        (b'{"format": "sdk-auth token", "version": 0}', TokenStoreVersionError, "delete it"),
    ],
)
def test_what_cannot_be_read_names_the_file_and_the_remedy(
    store: FileStore, content: bytes, kind: type[TokenStoreError], remedy: str
) -> None:
    """It is left as it is, for somebody to look at, until it is replaced or deleted."""
    store.save("k", TOKEN)
    file = file_of(store)
    file.write_bytes(content)
    with pytest.raises(kind, match=f"{file}.*{remedy}"):
        store.load("k")
    assert file.read_bytes() == content
    store.delete("k")
    assert store.load("k") is None


def test_half_a_file_is_damaged(store: FileStore) -> None:
    """A disk that lost the end of it is found out."""
    store.save("k", TOKEN)
    file = file_of(store)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TokenStoreCorruptError, match="no JSON, or not all of it") as caught:
        store.load("k")
    assert caught.value.__context__ is None  # which would hold what is left of the token


def test_a_file_of_another_key_is_refused(store: FileStore) -> None:
    """Somebody has moved it: the token in it is for somewhere else."""
    store.save("k", TOKEN)
    data = json.loads(file_of(store).read_bytes())
    file_of(store).write_text(json.dumps({**data, "key": "other"}))
    with pytest.raises(TokenStoreCorruptError, match="belongs to another sign-in"):
        store.load("k")


DENIED = """
import os, sys
from sdk_auth import _locks
from sdk_auth.errors import TokenStoreError
from sdk_auth.stores import FileStore
from sdk_auth.tokens import Token
store = FileStore(sys.argv[1])
store.delete("k")  # loads what is loaded late, which others may not be allowed to
if os.geteuid() == 0:  # whom no mode stops
    os.setgid(65534)
    os.setuid(65534)
assert store.load("k") is None
store.delete("k")
for work in (lambda: store.save("k", Token(access_token="a")), lambda: store.try_lock("k")):
    try:
        work()
    except TokenStoreError as error:
        print(error)
"""


@posix
def test_a_home_that_cannot_be_written_is_named() -> None:
    """Nothing is found there, and the error of a write says where else tokens may go."""
    with tempfile.TemporaryDirectory() as home:  # not pytest's, which one user alone may enter
        Path(home).chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", DENIED, f"{home}/tokens"],
            check=True,
            capture_output=True,
            text=True,
        )
    assert done.stdout.count("cannot be made (Permission denied)") == 2
    assert done.stdout.count("FileStore(path), or keep tokens in the memory, as MemoryStore()") == 2


@pytest.mark.parametrize("fails", ["fsync", "write"])
def test_a_disk_that_is_full_leaves_the_old_token(
    store: FileStore, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """And no part of the new one."""
    store.save("k", TOKEN)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, fails, full)
        with pytest.raises(TokenStoreError, match=r"cannot be written \(No space left"):
            store.save("k", OTHER)
    assert store.load("k") == TOKEN
    assert [file.suffix for file in store.path.iterdir()] == [".json"]


def test_a_file_that_cannot_be_read_or_removed_says_so(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the same error as all that stores cannot do."""
    store.save("k", TOKEN)

    def broken(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    for name, work in (("open", store.load), ("fstat", store.load), ("open", store.delete)):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, broken)
            with pytest.raises(TokenStoreError, match=r"cannot be .* .Input/output error"):
                work("k")


@posix
def test_what_killed_writers_left_is_swept_away(store: FileStore) -> None:
    """The next write and a deletion remove it, but not what a living writer is at."""
    store.save("k", TOKEN)
    left = store.path / f"{file_of(store).name}.0123.part"
    left.write_bytes(b"half a tok")
    store.save("k", OTHER)
    assert not left.exists()
    left.write_bytes(b"half a tok")
    store.delete("k")
    assert not left.exists()
    left.write_bytes(b"half a tok")
    with left.open("r+b") as writer:
        assert _folders._claim(writer.fileno())
        store.save("k", OTHER)
        assert left.exists()
    store.save("other", OTHER)
    assert left.exists()  # it is none of theirs


def test_a_part_that_is_swept_under_its_writer_is_written_again(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its making and its lock a sweeper may have taken it for an orphan."""
    swept: list[Path] = []
    real = Path.replace

    def replace(part: Path, target: Path) -> Path:
        if len(swept) < 3:
            swept.append(part)
            part.unlink()
        return real(part, target)

    monkeypatch.setattr(Path, "replace", replace)
    store.save("k", TOKEN)
    assert store.load("k") == TOKEN
    swept.clear()
    monkeypatch.setattr(_folders, "_TRIES", 2)
    with pytest.raises(TokenStoreError, match="others write it all the time"):
        store.save("k", OTHER)
    assert store.load("k") == TOKEN


@posix
def test_a_part_that_a_sweeper_has_locked_is_left_to_it(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer begins another one."""
    answers = iter([False, True])
    monkeypatch.setattr(_folders, "_claim", lambda _: next(answers, True))
    store.save("k", TOKEN)
    assert next(answers, None) is None
    assert store.load("k") == TOKEN
    assert [file.suffix for file in store.path.iterdir()] == [".json"]


def test_where_there_are_no_modes_files_are_moved_when_they_are_closed(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in Windows, where others' readers make a move fail for a moment."""
    monkeypatch.setattr(_folders, "_HAS_MODES", False)
    monkeypatch.setattr(_folders, "_PAUSE", 0.0)
    refusals = [PermissionError(errno.EACCES, "in use")] * 3
    real = Path.replace

    def replace(part: Path, target: Path) -> Path:
        if refusals:
            raise refusals.pop()
        return real(part, target)

    monkeypatch.setattr(Path, "replace", replace)
    store.save("k", TOKEN)
    (store.path / f"{file_of(store).name}.0123.part").write_bytes(b"half")
    store.path.chmod(0o755)
    store.save("k", OTHER)
    assert store.load("k") == OTHER
    assert [file.suffix for file in store.path.iterdir()] == [".json"]
    refusals += [PermissionError(errno.EACCES, "in use")] * (_folders._TRIES + 1)
    with pytest.raises(TokenStoreError, match="in use"):
        store.save("k", TOKEN)
    assert store.load("k") == OTHER


def test_another_process_may_make_the_folder_first(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no failure."""
    real = Path.mkdir

    def mkdir(path: Path, mode: int = 0o777) -> None:
        real(path, mode)
        real(path, mode)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    with umask(0):
        store.save("k", TOKEN)
    assert store.load("k") == TOKEN


def test_threads_write_and_read_one_token(store: FileStore) -> None:
    """Every reader finds one of the tokens that were saved, whole."""
    tokens = {Token(access_token=f"access-{n}" * 500) for n in range(4)}
    store.save("k", next(iter(tokens)))
    faults: list[object] = []

    def write(token: Token) -> None:
        for _ in range(5):
            store.save("k", token)

    def read() -> None:
        faults.extend(found for _ in range(50) if (found := store.load("k")) not in tokens)

    jobs = [threading.Thread(target=write, args=(token,)) for token in tokens]
    jobs += [threading.Thread(target=read) for _ in range(2)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert not faults
    assert [file.suffix for file in store.path.iterdir()] == [".json"]


def test_the_default_folder_is_where_programs_keep_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this user, and of this package; without a home there is none."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert FileStore().path.parts[-2:] == ("sdk-auth", "tokens")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: Path("~/.local/share"))
    with pytest.raises(TokenStoreError, match=r"no home folder; .*FileStore\(path\)"):
        FileStore()
