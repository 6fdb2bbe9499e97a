from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry import outbox as outbox_module
from sdk_telemetry._outbox_files import OutboxFile
from sdk_telemetry.errors import OutboxError
from sdk_telemetry.outbox import Outbox, Tally
from sdk_telemetry.sinks import Record

from ._kept import everything, names, record, records, settle_all

ADOPT = """
import sys
from sdk_telemetry.outbox import Outbox
outbox = Outbox(sys.argv[1])
outbox.open()
print("ready", flush=True)
sys.stdin.readline()
print(outbox.adopt(), flush=True)
sys.stdin.readline()
"""


def left(directory: Path, given: list[Record], sink: str = "kafka") -> None:
    """Leave a file with records, as a process does that ends."""
    outbox = Outbox(directory)
    outbox.append(sink, given)
    outbox.close()


def test_orphans(tmp_path: Path) -> None:
    """What ended processes left is taken over, the oldest first, behind what is there; files go."""
    first, second, own = records(3), records(2), records(1)
    left(tmp_path, first)
    left(tmp_path, second)
    heir = Outbox(tmp_path)
    heir.append("kafka", own)
    assert heir.adopt() == 5
    assert names(everything(heir)) == names([*own, *first, *second])
    assert heir.tally("kafka") == Tally(adopted=5)
    assert heir.adopt() == 0
    assert len(list(tmp_path.glob("*.outbox"))) == 1
    settle_all(heir)
    heir.close()
    assert list(tmp_path.iterdir()) == []


def test_order_of_numbers(tmp_path: Path) -> None:
    """What one process left is taken over in the order of the records' numbers."""
    given = [record(number=n, name=f"{n:04}") for n in (5, 3, 900, 1, 4)]
    given += [record(number=n, name=f"{n:04}") for n in range(10, 800)]
    left(tmp_path, given)
    heir = Outbox(tmp_path)
    heir.adopt()
    found = names(everything(heir))
    assert found == sorted(found)
    assert len(found) == len(given)
    heir.close()


def test_all_sinks(tmp_path: Path) -> None:
    """What is for a sink that this process has not is taken over, too, and kept for one that has."""
    left(tmp_path, records(2), "gone")
    heir = Outbox(tmp_path)
    assert heir.adopt() == 2
    assert heir.sinks == ["gone"]
    heir.close()
    assert Outbox(tmp_path).adopt() == 2


def test_adopted_twice(tmp_path: Path) -> None:
    """What is there already is not gained, and is no duplicate of this process either."""
    given = records(3)
    left(tmp_path, given)
    heir = Outbox(tmp_path)
    heir.append("kafka", given[:2])
    assert heir.adopt() == 1
    assert heir.tally("kafka") == Tally(adopted=1)
    assert len(everything(heir)) == 3
    heir.close()


def test_large_orphans(tmp_path: Path) -> None:
    """Files with events of megabytes are taken over a few at a time."""
    given = [record(size=3 * 2**20) for _ in range(7)]
    left(tmp_path, given)
    heir = Outbox(tmp_path)
    assert heir.adopt() == 7
    assert names(everything(heir)) == names(given)
    heir.close()


def test_the_living(tmp_path: Path) -> None:
    """Files whose owners live are left alone: of this process, and of others."""
    mine, other = Outbox(tmp_path), Outbox(tmp_path)
    mine.append("kafka", records(2))
    assert other.adopt() == 0
    program = [sys.executable, "-c", ADOPT, str(tmp_path)]
    with subprocess.Popen(program, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert other.adopt() == 0
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "0\n"
        process.communicate("\n")
    assert len(everything(mine)) == 2
    mine.close()
    assert other.adopt() == 2
    settle_all(other)
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_race_of_processes(tmp_path: Path) -> None:
    """Of two processes that adopt at the same time each gets what the other one does not."""
    for _ in range(6):
        left(tmp_path, records(40))
    program = [sys.executable, "-c", ADOPT, str(tmp_path)]
    processes = [subprocess.Popen(program, stdin=-1, stdout=-1, text=True) for _ in range(2)]
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        gained = [int(process.stdout.readline()) for process in processes if process.stdout]
        assert sum(gained) == 240
    finally:
        for process in processes:
            process.communicate("\n")
    heir = Outbox(tmp_path)
    assert heir.adopt() == 240
    heir.close()


def test_race_of_threads(tmp_path: Path) -> None:
    """Threads that adopt into one outbox at the same time gain each event once."""
    for _ in range(6):
        left(tmp_path, records(30))
    heir = Outbox(tmp_path)
    gained: list[int] = []
    threads = [threading.Thread(target=lambda: gained.append(heir.adopt())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(gained) == len(everything(heir)) == 180
    heir.close()


def test_no_room_for_orphans(tmp_path: Path) -> None:
    """What does not fit stays where it is, and is taken over when there is room."""
    given = records(300, size=4_000)
    left(tmp_path, given)
    heir = Outbox(tmp_path, max_bytes=2**20)
    gained = heir.adopt()
    assert 100 < gained < 300
    assert heir.adopt() == 0
    found = names(everything(heir))
    settle_all(heir)
    assert heir.adopt() == 300 - gained
    assert found + names(everything(heir)) == names(given)
    heir.close()


def test_begun_and_left(tmp_path: Path) -> None:
    """A file that a process had only just begun is removed."""
    (tmp_path / "17-0000.outbox").touch(mode=0o600)
    heir = Outbox(tmp_path)
    assert heir.adopt() == 0
    heir.close()
    assert list(tmp_path.iterdir()) == []


def test_adopted_while_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process takes for an orphan while it is begun is given up for another."""
    rival = Outbox(tmp_path)
    rival.open()
    real = os.close
    seen: list[int] = []

    def close(descriptor: int) -> None:
        real(descriptor)
        seen.append(rival.adopt())

    with monkeypatch.context() as patch:
        patch.setattr("sdk_telemetry._outbox_files.os.close", close)
        outbox = Outbox(tmp_path)
        with pytest.raises(OutboxError, match="others leave alone"):
            outbox.open()
    assert len(seen) == 20
    outbox.append("kafka", records(1))
    outbox.close()
    assert rival.adopt() == 1
    rival.close()


def test_removed_while_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is removed before it is locked is given up for another."""
    prepare = OutboxFile._prepare
    made: list[Path] = []

    def late(self: OutboxFile, *args: Any, **kwargs: Any) -> None:
        prepare(self, *args, **kwargs)
        made.append(self.path)
        if len(made) == 1:
            self.path.unlink()

    monkeypatch.setattr(OutboxFile, "_prepare", late)
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(1))
    assert list(tmp_path.glob("*.outbox")) == made[1:]
    outbox.close()


def test_foreign_files(tmp_path: Path) -> None:
    """Databases of something else, files that others may write, and links are left alone."""
    other = sqlite3.connect(tmp_path / "1-0001.outbox")
    other.execute("CREATE TABLE t (a)")
    other.execute("PRAGMA user_version = 1")
    other.close()
    (tmp_path / "1-0001.outbox").chmod(0o600)
    left(tmp_path / "real", records(1))
    (real,) = (tmp_path / "real").iterdir()
    (tmp_path / "1-0002.outbox").symlink_to(real)
    left(tmp_path, records(1))
    (shared,) = [path for path in tmp_path.glob("*.outbox") if path.name[:2] != "1-"]
    shared.chmod(0o666)
    (tmp_path / "1-0003.outbox").mkdir()
    before = sorted(tmp_path.iterdir())
    heir = Outbox(tmp_path)
    assert heir.adopt() == 0
    heir.close()
    assert sorted(tmp_path.iterdir()) == before


def test_a_later_format(tmp_path: Path) -> None:
    """A file in a format of the future is left for the future."""
    left(tmp_path, records(1))
    (path,) = tmp_path.iterdir()
    file = sqlite3.connect(path)
    file.execute("PRAGMA user_version = 2")
    file.close()
    heir = Outbox(tmp_path)
    assert heir.adopt() == 0
    heir.close()
    assert list(tmp_path.iterdir()) == [path]


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

FORK = """
import gc, os, sys
from pathlib import Path
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record
outbox = Outbox(sys.argv[1])
outbox.append("kafka", [Record(n, f"parent-{n}", b"{}") for n in range(3)])
file = outbox._store._file
child = os.fork()
if not child:
    assert outbox.waiting("kafka") == (0, 0)
    if sys.argv[2] == "uses":
        assert outbox.append("kafka", [Record(9, "child", b"{}")]) == 1
        assert outbox.adopt() == 0
        assert [r.event_id for _, r in outbox.take("kafka", 0, 9)] == ["child"]
    file.close()
    del outbox, file
    gc.collect()
    sys.exit(0)  # through the whole end of the interpreter
assert os.waitpid(child, 0)[1] == 0
assert Path(f"{file.path}-wal").stat().st_size > 0
outbox.append("kafka", [Record(4, "parent-after", b"{}")])
os.kill(os.getpid(), 9)
"""


@needs_fork
@pytest.mark.parametrize("child", ["uses", "ends"])
def test_fork(tmp_path: Path, child: str) -> None:
    """A forked child has a file of its own, and ends without a trace in its parent's."""
    program = [sys.executable, "-c", FORK, str(tmp_path), child]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == -9, done.stderr
    assert done.stderr == ""
    heir = Outbox(tmp_path)
    heir.adopt()
    found = names(everything(heir))
    assert sorted(found) == sorted(
        ["parent-0", "parent-1", "parent-2", "parent-after"] + ["child"] * (child == "uses")
    )
    heir.close()


FORKS = """
import os, sys, threading
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record
outbox = Outbox(sys.argv[1])
stop = threading.Event()
def write(key):
    n = 0
    while not stop.is_set():
        outbox.append(key, [Record(n, f"{key}-{n}", b"x" * 2000)])
        outbox.settle(key, [row for row, _ in outbox.take(key, 0, 10)])
        n += 1
threads = [threading.Thread(target=write, args=(key,)) for key in "ab"]
for thread in threads: thread.start()
for turn in range(30):
    child = os.fork()
    if not child:
        try:
            assert outbox.append("c", [Record(1, "c", b"{}")]) == 1
            outbox.close()
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
stop.set()
for thread in threads: thread.join()
outbox.close()
"""


@needs_fork
def test_fork_under_load(tmp_path: Path) -> None:
    """Children that are forked while threads write can use the outbox at once, without waiting for ever."""
    program = [sys.executable, "-W", "ignore", "-c", FORKS, str(tmp_path)]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    heir = Outbox(tmp_path)
    assert heir.adopt() == 1  # thirty times the same event
    heir.close()


def test_threads_wait_for_a_fork(tmp_path: Path) -> None:
    """While a thread forks no other one is in the outbox, and afterwards it is as it was."""
    outbox = Outbox(tmp_path)
    free: list[bool] = []

    def look() -> None:
        free.append(outbox._lock.acquire(blocking=False))

    for step in (outbox_module._hold, outbox_module._let_go):
        step()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert free == [False, True]


def test_forgotten(tmp_path: Path) -> None:
    """What was forgotten is somebody else's: it is neither seen, nor removed, nor adopted."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    parent = outbox._store
    outbox.forget()
    assert outbox.waiting("kafka") == (0, 0)
    assert outbox.adopt() == 0
    settle_all(outbox)
    outbox.close()
    assert len(list(tmp_path.glob("*.outbox"))) == 1
    parent.close()
    assert Outbox(tmp_path).adopt() == 2
