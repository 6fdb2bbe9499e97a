from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry.errors import ConfigurationError, SendError
from sdk_telemetry.sinks import FileSink, Record

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)


def made(number: int, size: int = 0) -> Record:
    """Return a record that says its number."""
    return Record(number, str(number), json.dumps({"n": number, "x": "x" * size}).encode())


def deliver(
    sink: FileSink, *numbers: int, size: int = 0
) -> list[tuple[list[int], SendError | None]]:
    """Deliver records; return what was told of their numbers."""
    told: list[tuple[list[int], SendError | None]] = []
    given = [made(number, size) for number in numbers]
    assert sink.deliver(
        given, lambda found, error: told.append(([each.number for each in found], error))
    ) == len(given)
    return told


def read(path: Path) -> list[int]:
    """Return the numbers in a file, each of whose lines must be one of JSON."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line)["n"] for line in data.splitlines()]


def former(path: Path) -> list[Path]:
    """Return the files that were given another name, oldest first."""
    return sorted(each for each in path.parent.iterdir() if each.name.startswith("events-2"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where events go, in a folder that is not there yet."""
    return tmp_path / "logs" / "events.jsonl"


def test_lines(path: Path) -> None:
    """Events are lines of JSON, in their order, and delivered when they are in the file."""
    sink = FileSink(path)
    assert deliver(sink, 1, 2, 3) == [([1, 2, 3], None)]
    assert read(path) == [1, 2, 3]
    sink.close(1.0)
    again = FileSink(path)
    deliver(again, 4)
    again.close(1.0)
    again.close(1.0)
    assert read(path) == [1, 2, 3, 4]
    assert path.stat().st_mode & 0o777 == 0o600
    assert repr(sink) == f"<FileSink 'file' to {path}>"


def test_line_ends(path: Path) -> None:
    """An event whose JSON has several lines is one line."""
    sink = FileSink(path)
    sink.deliver([Record(1, "1", b'{\n  "n": 1\n}')], lambda *_: None)
    assert path.read_bytes() == b'{   "n": 1 }\n'
    sink.close(1.0)


def test_rotation_by_size(path: Path) -> None:
    """A file becomes no larger than it may, events stay whole and in order, the newest files are kept."""
    sink = FileSink(path, rotate_bytes=1_000, keep=3)
    deliver(sink, *range(60), size=50)
    sink.close(1.0)
    files = [*former(path), path]
    assert len(files) == 4
    assert all(each.stat().st_size <= 1_000 for each in files)
    found = [number for each in files for number in read(each)]
    assert found == list(range(60 - len(found), 60))


def test_one_large_event(path: Path) -> None:
    """An event that is larger than a file may be has one to itself."""
    sink = FileSink(path, rotate_bytes=100)
    deliver(sink, 1)
    deliver(sink, 2, size=500)
    deliver(sink, 3)
    sink.close(1.0)
    assert [read(each) for each in (*former(path), path)] == [[1], [2], [3]]


def test_rotation_by_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another period another file is begun, also for one that is found there."""
    now = time.time()
    monkeypatch.setattr("sdk_telemetry.sinks._line_files.time.time", lambda: now)
    sink = FileSink(path, rotate_every=3_600)
    deliver(sink, 1)
    deliver(sink, 2)
    now += 3_600
    deliver(sink, 3)
    sink.close(1.0)
    assert [read(each) for each in (*former(path), path)] == [[1, 2], [3]]
    os.utime(path, (now - 7_200, now - 7_200))
    again = FileSink(path, rotate_every=3_600)
    deliver(again, 4)
    again.close(1.0)
    assert [read(each) for each in (*former(path), path)] == [[1, 2], [3], [4]]


def test_names(path: Path) -> None:
    """The name of a former file says when that was, and by which process."""
    sink = FileSink(path, rotate_bytes=1)
    deliver(sink, 1, 2)
    sink.close(1.0)
    (found,) = former(path)
    _, when, process = found.stem.split("-")
    moment = datetime.strptime(when, "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert int(process) == os.getpid()


def test_other_files_are_left_alone(path: Path) -> None:
    """Only files that were named so are removed."""
    path.parent.mkdir()
    others = [path.with_name(name) for name in ("events-2.jsonl", "events-old.jsonl", "x.jsonl")]
    for each in others:
        each.write_text("{}")
    sink = FileSink(path, rotate_bytes=1, keep=0)
    deliver(sink, 1, 2, 3)
    sink.close(1.0)
    assert sorted(path.parent.iterdir()) == sorted([*others, path])


def test_keep_all(path: Path) -> None:
    """Without a number all former files are kept."""
    sink = FileSink(path, rotate_bytes=1, keep=None)
    deliver(sink, *range(8))
    sink.close(1.0)
    assert len(former(path)) == 7


def test_compression(path: Path) -> None:
    """Former files are compressed, and count among those that are kept."""
    sink = FileSink(path, rotate_bytes=200, keep=2, compress=True)
    deliver(sink, *range(40))
    sink.close(1.0)
    files = former(path)
    assert [each.suffixes for each in files] == [[".jsonl", ".gz"]] * 2
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in files)
    found = [number for each in (*files, path) for number in read(each)]
    assert found == list(range(40 - len(found), 40))


def test_no_compression_under_a_writer(path: Path) -> None:
    """A former file that another process may still write into is compressed later."""
    slow = FileSink(path)
    deliver(slow, 0)
    sink = FileSink(path, rotate_bytes=1, compress=True)
    deliver(sink, 1)
    assert [each.suffix for each in former(path)] == [".jsonl"]
    deliver(slow, 2)  # finds the file under its new name, and leaves it
    deliver(sink, 3)
    slow.close(1.0)
    deliver(sink, 4)
    sink.close(1.0)
    assert {each.suffix for each in former(path)} == {".gz"}
    assert [number for each in (*former(path), path) for number in read(each)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("torn", [b'{"n": 2, "x', b"x" * 200_000])
def test_torn_line(path: Path, torn: bytes) -> None:
    """A last line that is not whole is removed when the file is opened."""
    path.parent.mkdir()
    path.write_bytes(b'{"n": 1}\n' + torn)
    sink = FileSink(path)
    deliver(sink, 3)
    sink.close(1.0)
    assert read(path) == [1, 3]


def test_nothing_but_a_torn_line(path: Path) -> None:
    """A file that has nothing but a torn line is begun anew."""
    path.parent.mkdir()
    path.write_bytes(b'{"n": 2, "x')
    sink = FileSink(path)
    deliver(sink, 3)
    sink.close(1.0)
    assert read(path) == [3]


def test_torn_line_of_the_living(path: Path) -> None:
    """While another process has the file open a torn line is ended, not removed."""
    other = FileSink(path)
    deliver(other, 1)
    with path.open("ab") as file:
        file.write(b'{"n": 2')
    sink = FileSink(path)
    deliver(sink, 3)
    deliver(other, 4)
    sink.close(1.0)
    other.close(1.0)
    assert path.read_bytes().splitlines()[1] == b'{"n": 2'
    assert len(path.read_bytes().splitlines()) == 4


WRITER = """
import json, sys
from sdk_telemetry.sinks import FileSink, Record
sink = FileSink(sys.argv[1], rotate_bytes=20_000, keep=None, compress=True)
for n in range(0, 600, 3):
    records = [Record(i, str(i), json.dumps({"n": i, "who": sys.argv[2], "x": "x" * 100}).encode()) for i in range(n, n + 3)]
    sink.deliver(records, lambda records, error: None if error is None else sys.exit(str(error)))
sink.close(1.0)
"""


def test_several_processes(path: Path) -> None:
    """Processes that write into one file, and rotate and compress it, lose no line and tear none."""
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), who]) for who in ("a", "b")
    ]
    assert [process.wait(60) for process in processes] == [0, 0]
    found: dict[str, list[int]] = {"a": [], "b": []}
    for each in (*former(path), path):
        packed = each.suffix == ".gz"
        data = gzip.decompress(each.read_bytes()) if packed else each.read_bytes()
        for line in data.splitlines():
            if line:
                event = json.loads(line)
                found[event["who"]].append(event["n"])
    assert found == {"a": list(range(600)), "b": list(range(600))}


KILLED = """
import json, os, sys
from sdk_telemetry.sinks import FileSink, Record
sink = FileSink(sys.argv[1])
n = 0
while True:
    records = [Record(i, str(i), json.dumps({"n": i, "x": "x" * 3000}).encode()) for i in range(n, n + 50)]
    sink.deliver(records, lambda records, error: os.write(1, f"{records[-1].number}\\n".encode()))
    n += 50
"""


def test_kill(path: Path) -> None:
    """After a kill -9 all that was told to be in the file is there, and each line is whole."""
    before = 0
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=-1) as process:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in range(4)]
            process.kill()
            told += process.stdout.read().splitlines(keepends=True)
        last = int([each for each in told if each.endswith(b"\n")][-1])
        sink = FileSink(path)
        deliver(sink, -1)
        sink.close(1.0)
        found = read(path)
        assert found[-1] == -1
        assert found[before : before + last + 1] == list(range(last + 1))
        before = len(found)


@pytest.fixture
def small_disk() -> Iterator[Callable[[int], None]]:
    """Let files become no larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_full_disk(path: Path, small_disk: Callable[[int], None]) -> None:
    """What a full disk has not taken is to be delivered again; no line is torn by it."""
    sink = FileSink(path)
    small_disk(250)
    (arrived, none), (failed, error) = deliver(sink, *range(10), size=50)
    assert none is None
    assert arrived == read_whole(path) == list(range(len(arrived)))
    assert failed == list(range(len(arrived), 10))
    assert error is not None
    assert error.retryable
    assert str(path) in str(error)
    assert deliver(sink, 20, size=500)[0][1] is not None
    small_disk(100_000)
    assert deliver(sink, *failed) == [(failed, None)]
    assert read(path) == list(range(10))
    sink.close(1.0)


def read_whole(path: Path) -> list[int]:
    """Return the numbers in the lines that are whole."""
    whole = path.read_bytes().rpartition(b"\n")[0]
    return [json.loads(line)["n"] for line in whole.splitlines()]


@as_root
def test_permissions() -> None:
    """A folder that may not be written is no exception: events are to be delivered again."""
    uid = os.geteuid()
    os.seteuid(65_534)
    try:
        ((failed, error),) = deliver(FileSink("/usr/events.jsonl"), 1, 2)
    finally:
        os.seteuid(uid)
    assert failed == [1, 2]
    assert error is not None
    assert error.retryable
    assert "Permission denied" in str(error)


def test_fsync(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `fsync` events are delivered when the disk itself has them, and not when it fails."""
    synced: list[int] = []
    monkeypatch.setattr("sdk_telemetry.sinks._line_files.os.fsync", synced.append)
    sink = FileSink(path, fsync=True)
    assert deliver(sink, 1, 2) == [([1, 2], None)]
    assert len(synced) == 1

    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("sdk_telemetry.sinks._line_files.os.fsync", fail)
    ((failed, error),) = deliver(sink, 3)
    assert failed == [3]
    assert error is not None
    sink.close(1.0)


def test_no_rotation(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be renamed goes on growing, with a warning, and loses nothing."""

    def refuse(*_: Any) -> Any:
        raise PermissionError(13, "in use")

    sink = FileSink(path, rotate_bytes=10)
    monkeypatch.setattr(Path, "rename", refuse)
    assert deliver(sink, 1, 2, 3) == [([1, 2, 3], None)]
    assert read(path) == [1, 2, 3]
    assert "cannot be rotated" in caplog.text
    sink.close(1.0)


def test_two_that_rotate(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that another process has renamed a moment before is begun anew, without a warning."""
    sink = FileSink(path, rotate_bytes=10)
    deliver(sink, 1)
    rename = Path.rename

    def late(self: Path, target: Path) -> None:
        rename(self, target)
        raise FileNotFoundError

    monkeypatch.setattr(Path, "rename", late)
    assert deliver(sink, 2) == [([2], None)]
    sink.close(1.0)
    assert read(path) == [2]


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/dev/fd").iterdir()))


def test_a_file_that_cannot_be_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read after it was opened is closed again; events are to be delivered later."""
    sink = FileSink(path)

    def fail(*_: Any) -> int:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("sdk_telemetry.sinks._line_files.os.lseek", fail)
        before = descriptors()
        ((_, error),) = deliver(sink, 1)
        assert descriptors() == before
    assert error is not None
    assert deliver(sink, 1) == [([1], None)]
    sink.close(1.0)


def test_rotated_by_somebody_else(path: Path) -> None:
    """A file that was renamed or removed by somebody else, such as logrotate, is begun anew."""
    sink = FileSink(path)
    deliver(sink, 1)
    path.rename(path.with_suffix(".1"))
    deliver(sink, 2)
    path.unlink()
    deliver(sink, 3)
    sink.close(1.0)
    assert read(path) == [3]
    assert read(path.with_suffix(".1")) == [1]


def test_pipes(tmp_path: Path) -> None:
    """What is no regular file is written, and not rotated or repaired."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    sink = FileSink(path, rotate_bytes=1, rotate_every=1)
    deliver(sink, 1, 2)
    assert [json.loads(line)["n"] for line in os.read(reader, 65_536).splitlines()] == [1, 2]
    sink.close(1.0)
    os.close(reader)
    assert list(tmp_path.iterdir()) == [path]


def test_forgotten(path: Path) -> None:
    """A forked child opens the file by itself."""
    sink = FileSink(path)
    deliver(sink, 1)
    sink.forget()
    deliver(sink, 2)
    sink.close(1.0)
    assert read(path) == [1, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rotate_bytes": 0}, "`rotate_bytes` .* whole number >= 1, or None, not 0"),
        ({"rotate_bytes": 1.5}, "`rotate_bytes`"),
        ({"rotate_every": 0.1}, "`rotate_every` .* number >= 1"),
        ({"rotate_every": float("inf")}, "`rotate_every`"),
        ({"keep": -1}, "`keep`"),
        ({"keep": True}, "`keep`"),
    ],
)
def test_bad_options(path: Path, options: dict[str, Any], said: str) -> None:
    """An option that cannot work is refused at construction, and named."""
    with pytest.raises(ConfigurationError, match=said):
        FileSink(path, **options)


def test_a_folder(tmp_path: Path) -> None:
    """A folder is refused where there should be a file."""
    with pytest.raises(ConfigurationError, match=r"`path` .* is a folder"):
        FileSink(tmp_path)
