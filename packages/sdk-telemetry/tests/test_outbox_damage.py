from __future__ import annotations

import errno
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path
from zlib import crc32

import pytest

from sdk_telemetry.errors import OutboxError
from sdk_telemetry.outbox import Outbox, Tally

from ._kept import everything, names, record, records, settle_all

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)


def change(path: Path, sql: str, *values: object) -> None:
    """Change what is in a file, as a disk does."""
    file = sqlite3.connect(path)
    file.execute(sql, values)
    file.commit()
    file.close()


def only(directory: Path) -> Path:
    """Return the one file that was left."""
    (path,) = directory.glob("*.outbox")
    return path


@pytest.mark.parametrize(
    "damage",
    [
        "payload = x'00' || substr(payload, 2)",
        "payload = NULL",
        "payload = 7",
        "payload = 'text'",
        "head = x'ff'",
        "head = NULL",
        "event_id = x'ffff'",
        "event_id = NULL",
        "crc = crc + 1",
        "crc = 'x'",
    ],
)
def test_damaged_rows(tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    """A row that is not what was kept is passed over, put aside and counted; the others come."""
    outbox = Outbox(tmp_path)
    given = records(5)
    outbox.append("kafka", given)
    outbox.close()
    change(only(tmp_path), f"UPDATE sink_1 SET {damage} WHERE row = 3")
    heir = Outbox(tmp_path)
    assert heir.adopt() == 5
    with caplog.at_level(logging.WARNING, "sdk_telemetry.outbox"):
        assert names(everything(heir)) == names(given[:2] + given[3:])
    assert heir.tally("kafka") == Tally(adopted=5, damaged=1)
    assert heir.waiting("kafka")[0] == 4
    (aside,) = tmp_path.glob("*.damaged-rows")
    assert str(aside) in caplog.text
    assert aside.stat().st_mode & 0o777 == 0o600
    (line,) = aside.read_text().splitlines()
    assert json.loads(line)[0] == "kafka"
    settle_all(heir)
    heir.close()
    assert list(tmp_path.iterdir()) == [aside]


def test_a_true_sum_of_a_strange_head(tmp_path: Path) -> None:
    """A row that is whole but says nothing that can be understood is damaged, too."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    outbox.close()
    sum_ = crc32(b"{}", crc32(b"\xc1", crc32(b"id")))
    sql = "UPDATE sink_1 SET event_id = ?, head = ?, payload = ?, crc = ? WHERE row = 1"
    change(only(tmp_path), sql, b"id", b"\xc1", b"{}", sum_)
    heir = Outbox(tmp_path)
    heir.adopt()
    assert len(everything(heir)) == 1
    assert heir.tally("kafka").damaged == 1
    heir.close()


def test_flipped_bytes(tmp_path: Path) -> None:
    """Whatever byte of a file is another one, an event that is delivered is one that was kept."""
    chance = random.Random(11)
    given = {each.event_id: each for each in records(60, size=700)}
    fates: set[str] = set()
    for turn in range(40):
        directory = tmp_path / str(turn)
        outbox = Outbox(directory)
        outbox.append("kafka", list(given.values()))
        outbox.close()
        path = only(directory)
        content = bytearray(path.read_bytes())
        for _ in range(1 + turn % 3):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        heir = Outbox(directory)
        heir.adopt()
        found = everything(heir)
        for each in found:
            kept = given[each.event_id]
            assert (each.payload, each.headers, each.key) == (
                kept.payload,
                kept.headers,
                kept.key,
            )
        fates.add("all" if len(found) == 60 else "some" if found else "none")
        settle_all(heir)
        assert heir.append("kafka", [record()]) == 1
        heir.close()
    assert "some" in fates


def test_torn_journal(tmp_path: Path) -> None:
    """A journal that ends anywhere gives what was committed before, in order."""
    source = tmp_path / "source"
    outbox = Outbox(source)
    given = records(20, size=600)
    for each in given:
        outbox.append("kafka", [each])
    path = only(source)
    main, journal = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    outbox.close()
    counts = []
    for turn, size in enumerate(range(0, len(journal), len(journal) // 23)):
        directory = tmp_path / str(turn)
        directory.mkdir()
        for name, content in (("1-1.outbox", main), ("1-1.outbox-wal", journal[:size])):
            (directory / name).write_bytes(content)
            (directory / name).chmod(0o600)
        heir = Outbox(directory)
        heir.adopt()
        found = names(everything(heir))
        assert found == names(given[: len(found)])
        counts.append(len(found))
        heir.close()
    assert counts == sorted(counts)
    assert counts[-1] > 15


@pytest.mark.parametrize(
    "content", [b"no database at all" * 300, b"SQLite format 3\0" + b"\xff" * 9_000]
)
def test_no_database(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is no database is put aside with a warning, and the rest goes on."""
    (tmp_path / "1-0001.outbox").write_bytes(content)
    (tmp_path / "1-0001.outbox").chmod(0o600)
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    outbox.close()
    heir = Outbox(tmp_path)
    with caplog.at_level(logging.WARNING, "sdk_telemetry.outbox"):
        assert heir.adopt() == 2
    assert "1-0001.outbox.damaged" in caplog.text
    assert (tmp_path / "1-0001.outbox.damaged").read_bytes() == content
    assert heir.adopt() == 0
    heir.close()


def test_no_tables(tmp_path: Path) -> None:
    """A file whose list of tables is malformed is put aside."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    outbox.close()
    path = only(tmp_path)
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"\xaa" * 3_900)
    heir = Outbox(tmp_path)
    assert heir.adopt() == 0
    assert Path(f"{path}.damaged").exists()
    heir.close()


def spoil(path: Path, low: float, high: float) -> None:
    """Overwrite the pages of a file between two shares of it."""
    pages = path.stat().st_size // 4096
    with path.open("r+b") as file:
        for page in range(int(pages * low), int(pages * high)):
            file.seek(page * 4096)
            file.write(b"\xaa" * 4096)


@pytest.mark.parametrize(("low", "high"), [(0.7, 1.0), (0.5, 0.6)])
def test_salvage(tmp_path: Path, low: float, high: float) -> None:
    """Of a file that is malformed in part, what can be read is taken over, in order."""
    outbox = Outbox(tmp_path)
    given = records(900, size=900)
    outbox.append("kafka", given)
    outbox.close()
    path = only(tmp_path)
    spoil(path, low, high)
    heir = Outbox(tmp_path)
    gained = heir.adopt()
    found = names(everything(heir))
    assert 300 < gained < 900
    assert found == sorted(found)
    assert set(found) <= set(names(given))
    assert Path(f"{path}.damaged").exists()
    heir.close()


def test_malformed_while_it_is_used(tmp_path: Path) -> None:
    """A file that is spoiled under its owner is begun anew; what was read of it keeps its numbers."""
    outbox = Outbox(tmp_path)
    given = records(900, size=900)
    outbox.append("kafka", given)
    page = outbox.take("kafka", 0, 10)
    outbox.settle("kafka", [row for row, _ in page[:5]])
    path = only(tmp_path)
    file = outbox._store._file
    assert file is not None
    file._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file._connection.execute("PRAGMA shrink_memory")
    file._connection.execute("PRAGMA cache_size = 0")
    spoil(path, 0.7, 1.0)
    found = names(everything(outbox))
    rest = outbox.take("kafka", 0, 5)
    assert [row for row, _ in rest] == [row for row, _ in page[5:]]
    assert found == sorted(found)
    assert 100 < len(found) < 895
    assert outbox.waiting("kafka")[0] == len(found)
    assert outbox.tally("kafka").damaged == 895 - len(found)
    assert only(tmp_path) != path
    fresh = records(1)
    assert outbox.append("kafka", fresh) == 1
    assert names(everything(outbox)) == found + names(fresh)
    settle_all(outbox)
    outbox.close()


def test_spoiled_wholly_while_it_is_used(tmp_path: Path) -> None:
    """A file that is nothing any more is begun anew, what was in it is counted, and new events are kept."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(300))
    file = outbox._store._file
    assert file is not None
    file._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file._connection.execute("PRAGMA cache_size = 0")
    file._connection.execute("PRAGMA shrink_memory")
    only(tmp_path).write_bytes(b"\xaa" * only(tmp_path).stat().st_size)
    given = records(2)
    assert outbox.append("kafka", given) == 2
    assert names(everything(outbox)) == names(given)
    assert outbox.tally("kafka").damaged == 300
    settle_all(outbox)
    outbox.close()


FULL = """
import resource, sys
from sdk_telemetry.errors import OutboxError
from sdk_telemetry.outbox import Outbox
from sdk_telemetry.sinks import Record
outbox = Outbox(sys.argv[1])
outbox.open()
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
kept, number = [], 0
for _ in range(100):
    group = [Record(number + n, f"{number + n:06}", b"x" * 2_000) for n in range(10)]
    try:
        if outbox.append("kafka", group) != 10: sys.exit("a full disk is no full outbox")
    except OutboxError as error:
        assert error.path.endswith(".outbox"), error.path
        print(error)
        break
    kept += [each.event_id for each in group]
    number += 10
else:
    sys.exit("the disk was never full")
page = outbox.take("kafka", 0, 20)
outbox.settle("kafka", [row for row, _ in page[:9]])  # cannot be written either: nothing is raised
outbox.settle("kafka", [row for row, _ in page])
assert outbox.waiting("kafka")[0] == len(kept) - 20
assert [r.event_id for _, r in outbox.take("kafka", 0, 1000)] == kept[20:]
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
assert outbox.append("kafka", group) == 10           # there is room again
assert [r.event_id for _, r in outbox.take("kafka", 0, 1000)] == kept[20:] + [r.event_id for r in group]
outbox.settle("kafka", [])
outbox.settle("kafka", [outbox.take("kafka", 0, 1)[0][0]])
print(len(kept) - 21 + 10)
outbox.close()
"""


def test_full_disk(tmp_path: Path) -> None:
    """A disk that is full is an error with the path, loses nothing, and is used again when there is room."""
    program = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said, left = done.stdout.splitlines()
    assert said.startswith(f"the outbox {tmp_path}")
    assert "may repeat" in done.stderr  # the warning, once
    assert done.stderr.count("\n") == 1
    heir = Outbox(tmp_path)
    assert heir.adopt() == int(left)
    heir.close()


@pytest.fixture
def nobody() -> object:
    """Become somebody who may do little."""
    uid = os.geteuid()
    os.seteuid(65_534)
    yield
    os.seteuid(uid)


@as_root
def test_read_only_directory(tmp_path: Path, nobody: None) -> None:
    """A directory that may not be written is an error with its path, at once."""
    outbox = Outbox("/usr")
    for use in (outbox.open, lambda: outbox.append("kafka", records(1)), outbox.adopt):
        with pytest.raises(OutboxError, match="Permission denied") as caught:
            use()
        assert caught.value.path == "/usr"


@as_root
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_orphans_without_permission(
    tmp_path: Path, mode: int, nobody: None, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that may not be read, or not be written, is left, with a warning."""
    directory = Path(tempfile.mkdtemp())
    outbox = Outbox(directory)
    outbox.append("kafka", records(2))
    outbox.close()
    path = only(directory)
    path.chmod(mode)
    heir = Outbox(directory)
    assert heir.adopt() == 0
    assert f"{path} cannot be taken over now" in caplog.text
    path.chmod(0o600)
    assert heir.adopt() == 2
    settle_all(heir)
    heir.close()
    directory.rmdir()


@pytest.mark.parametrize("step", ["OutboxFile._prepare", "_connect"])
def test_a_file_that_cannot_be_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A file that cannot be prepared, as on a full disk, is removed, and the next try is a new one."""
    outbox = Outbox(tmp_path)

    def fail(*_: object, **__: object) -> None:
        msg = "database or disk is full"
        raise sqlite3.OperationalError(msg)

    with monkeypatch.context() as patch:
        patch.setattr(f"sdk_telemetry._outbox_files.{step}", fail)
        with pytest.raises(OutboxError, match="disk is full"):
            outbox.open()
    assert list(tmp_path.iterdir()) == []
    assert outbox.append("kafka", records(1)) == 1
    settle_all(outbox)
    outbox.close()


def test_no_room_on_the_disk_for_orphans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When what was found cannot be kept, that is an error, and it stays where it is."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    outbox.close()
    heir = Outbox(tmp_path)
    heir.open()

    def fail(_: object) -> None:
        msg = "the disk is full"
        raise OutboxError(msg, path="x")

    with monkeypatch.context() as patch:
        patch.setattr(heir._store, "keep", fail)
        with pytest.raises(OutboxError, match="the disk is full"):
            heir.adopt()
    assert heir.adopt() == 2
    heir.close()


def test_no_directory(tmp_path: Path) -> None:
    """A directory that cannot be is an error with its path."""
    (tmp_path / "file").touch()
    outbox = Outbox(tmp_path / "file" / "below")
    with pytest.raises(OutboxError, match="Not a directory") as caught:
        outbox.open()
    assert caught.value.path == str(tmp_path / "file" / "below")


def test_a_directory_for_everybody(tmp_path: Path) -> None:
    """A directory that anybody may write is refused."""
    tmp_path.chmod(0o777)
    with pytest.raises(OutboxError, match="choose one that is yours alone"):
        Outbox(tmp_path).open()


def test_orphans_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be used just now is left for another time, with a warning."""
    outbox = Outbox(tmp_path)
    outbox.append("kafka", records(2))
    outbox.close()
    left = only(tmp_path)
    heir = Outbox(tmp_path)
    heir.open()
    with monkeypatch.context() as patch, caplog.at_level(logging.WARNING, "sdk_telemetry.outbox"):

        def refuse(*_: object) -> object:
            raise sqlite3.OperationalError(errno.EIO, "disk I/O error")

        patch.setattr("sdk_telemetry._outbox_files.OutboxFile.groups", refuse)
        assert heir.adopt() == 0
    assert f"{left} cannot be taken over now" in caplog.text
    assert heir.adopt() == 2
    heir.close()
