"""Locks between processes: one has it, and it is gone with its process."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sdk_auth import _locks
from sdk_auth.errors import TokenStoreError
from sdk_auth.stores import FileStore, MemoryStore, TokenStore

HOLDER = """
import sys
from sdk_auth.stores import FileStore
release = FileStore(sys.argv[1]).try_lock("k")
print(release is not None, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    """Return a store in a folder that is not there yet."""
    return FileStore(tmp_path / "tokens")


@pytest.fixture(params=["file", "memory"])
def any_store(request: pytest.FixtureRequest, store: FileStore) -> TokenStore:
    """Run a test with each kind of store."""
    return store if request.param == "file" else MemoryStore()


def test_one_at_a_time(any_store: TokenStore) -> None:
    """Also within a process; other keys are other locks; letting go twice is once."""
    release = any_store.try_lock("k")
    assert release is not None
    assert any_store.try_lock("k") is None
    other = any_store.try_lock("other")
    assert other is not None
    release()
    again = any_store.try_lock("k")
    assert again is not None
    release()
    assert any_store.try_lock("k") is None
    again()
    other()


def test_one_thread_at_a_time(any_store: TokenStore) -> None:
    """Of many that ask at once."""
    had: list[object] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        had.append(any_store.try_lock("k"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (release,) = [each for each in had if each is not None]
    assert callable(release)
    release()


def test_two_stores_of_one_folder_share_locks(store: FileStore) -> None:
    """In one process, too."""
    release = store.try_lock("k")
    assert release is not None
    assert FileStore(store.path).try_lock("k") is None
    release()


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_a_lock_dies_with_its_process(store: FileStore) -> None:
    """However it ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, store.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert store.try_lock("k") is None
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    release = store.try_lock("k")
    assert release is not None
    release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_no_part_in_a_lock(store: FileStore) -> None:
    """It neither holds the lock when its parent has let go, nor lets go of it for its parent."""
    release = store.try_lock("k")
    assert release is not None
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - in another process
        release()
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    assert store.try_lock("k") is None
    release()
    again = store.try_lock("k")
    assert again is not None
    again()
    os.close(writer)
    os.close(reader)
    assert os.waitpid(child, 0)[1] == 0


ORPHAN = """
import os, sys
from sdk_auth.stores import FileStore
release = FileStore(sys.argv[1]).try_lock("k")
assert release is not None
reader, writer = os.pipe()
if os.fork():
    os.kill(os.getpid(), 9)
os.close(writer)
sys.stdout.write("up\\n")
sys.stdout.flush()
sys.stdin.read()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(store: FileStore) -> None:
    """The descriptor that a fork copies would, for as long as the child lives."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", ORPHAN, store.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        parent.wait()
        release = store.try_lock("k")
        assert release is not None
        release()


def test_a_lock_whose_file_was_replaced_is_none(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its opening and its locking somebody may have removed it: the next one is another."""
    release = store.try_lock("k")
    assert release is not None
    release()
    (file,) = store.path.glob("*.lock")
    real = _locks.claim

    def claim(descriptor: int) -> bool:
        file.unlink()
        return real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(_locks, "claim", claim)
        assert store.try_lock("k") is None
    assert not _locks._held


def test_a_file_system_without_locks_says_so(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the error of stores, and nothing stays open."""

    def claim(_: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(_locks, "claim", claim)
    with pytest.raises(TokenStoreError, match=r"cannot be locked \(No locks available\)"):
        store.try_lock("k")
    assert not _locks._held
