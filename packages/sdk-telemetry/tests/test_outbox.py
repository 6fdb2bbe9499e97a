from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry import _outbox_store
from sdk_telemetry.errors import ConfigurationError, OutboxError
from sdk_telemetry.outbox import Outbox, Tally
from sdk_telemetry.sinks import Record

from ._kept import everything, names, record, records, settle_all


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """Give an outbox that is closed afterwards."""
    found = Outbox(tmp_path / "outbox")
    yield found
    found.close()


def test_round_trip(outbox: Outbox) -> None:
    """A record comes back as it was, with its number, key, headers and time."""
    given = record()
    bare = Record(2, "b", b"{}")
    assert outbox.append("kafka", [given, bare]) == 2
    (_, found), (_, plain) = outbox.take("kafka", 0, 10)
    for name in ("number", "event_id", "payload", "key", "headers", "time_ns"):
        assert getattr(found, name) == getattr(given, name)
        assert getattr(plain, name) == getattr(bare, name)


def test_order(outbox: Outbox) -> None:
    """Records come in the order in which they were kept, page by page."""
    given = [each for _ in range(5) for each in records(7)]
    for start in range(0, len(given), 7):
        outbox.append("kafka", given[start : start + 7])
    assert names(everything(outbox)) == names(given)


def test_nothing_to_keep(outbox: Outbox) -> None:
    """To keep nothing, or to settle nothing, is nothing."""
    assert outbox.append("kafka", []) == 0
    outbox.settle("kafka", [])
    assert outbox.take("kafka", 0, 10) == []
    assert outbox.waiting("kafka") == (0, 0)
    assert outbox.tally("kafka") == Tally()


def test_settled(outbox: Outbox) -> None:
    """What is settled is gone, what is not stays, and rows that never were do no harm."""
    given = records(6)
    outbox.append("kafka", given)
    rows = [row for row, _ in outbox.take("kafka", 0, 10)]
    outbox.settle("kafka", [rows[0], rows[2], rows[3], 99])
    outbox.settle("kafka", [rows[0]])
    assert names(everything(outbox)) == [given[n].event_id for n in (1, 4, 5)]


def test_numbers_of_rows(outbox: Outbox) -> None:
    """A number of a row is never used twice, so that whoever goes on behind one misses nothing."""
    outbox.append("kafka", records(3))
    last = outbox.take("kafka", 0, 10)[-1][0]
    settle_all(outbox)
    given = records(2)
    outbox.append("kafka", given)
    assert names([each for _, each in outbox.take("kafka", last, 10)]) == names(given)


def test_sinks_apart(outbox: Outbox) -> None:
    """Each sink has its own rows, by whatever name, and its own count of events and bytes."""
    shared = records(3, size=100)
    strange = "ü'; DROP TABLE sinks; --"
    assert outbox.append("kafka", shared) == outbox.append(strange, shared) == 3
    settle_all(outbox)
    assert outbox.sinks == [strange]
    assert outbox.waiting("kafka") == (0, 0)
    assert outbox.waiting(strange) == (3, 300)
    assert names(everything(outbox, strange)) == names(shared)


def test_duplicates(outbox: Outbox) -> None:
    """An event that is there already counts as kept, is there once, and is tallied."""
    given = records(4)
    outbox.append("kafka", given[:3])
    assert outbox.append("kafka", given[1:]) == 3
    assert names(everything(outbox)) == names(given)
    assert outbox.waiting("kafka") == (4, sum(len(each.payload) for each in given))
    assert outbox.tally("kafka") == Tally(duplicates=2)
    settle_all(outbox)
    assert outbox.waiting("kafka") == (0, 0)


def test_large_events(outbox: Outbox) -> None:
    """Events of megabytes are kept, and taken a few at a time."""
    given = [record(size=3 * 2**20) for _ in range(5)]
    outbox.append("kafka", given)
    assert 0 < len(outbox.take("kafka", 0, 500)) < 5
    assert names(everything(outbox)) == names(given)


def test_private(outbox: Outbox) -> None:
    """The directory and the files are their owner's alone."""
    outbox.append("kafka", records(1))
    assert outbox.directory.stat().st_mode & 0o777 == 0o700
    found = list(outbox.directory.iterdir())
    assert {path.suffix for path in found} == {".outbox", ".outbox-wal"}
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    assert all(path.name.startswith(f"{os.getpid()}-") for path in found)


def test_close(outbox: Outbox) -> None:
    """A file with nothing in it is removed, one with something stays; both can be closed twice."""
    outbox.append("kafka", records(2))
    settle_all(outbox)
    outbox.close()
    outbox.close()
    assert list(outbox.directory.iterdir()) == []
    outbox.open()
    outbox.append("kafka", records(2))
    outbox.close()
    assert outbox.waiting("kafka")[0] == 2  # as it was left
    assert [path.suffix for path in outbox.directory.iterdir()] == [".outbox"]


def test_closed(outbox: Outbox) -> None:
    """A closed outbox keeps nothing and says so; to settle then is too late, and no error."""
    outbox.append("kafka", records(1))
    outbox.close()
    with pytest.raises(OutboxError, match="is closed"):
        outbox.append("kafka", records(1))
    with pytest.raises(OutboxError, match="is closed"):
        outbox.take("kafka", 0, 1)
    outbox.settle("kafka", [1])
    outbox.open()
    assert outbox.waiting("kafka") == (0, 0)
    assert outbox.adopt() == 1


def test_names_of_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of a process never have one name, even while its clock stands still."""
    first, second = Outbox(tmp_path), Outbox(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("sdk_telemetry._outbox_files.time.time_ns", lambda: 7)
        first.append("kafka", records(1))
        with pytest.raises(OutboxError, match="no file can be made"):
            second.open()
    second.open()
    assert second.adopt() == 0
    second.close()
    settle_all(first)
    first.close()


def test_dropped_without_close(tmp_path: Path) -> None:
    """An outbox that nobody has any more lets go of its file, which another one takes over."""
    lost = Outbox(tmp_path)
    lost.append("kafka", records(3))
    del lost
    heir = Outbox(tmp_path)
    assert heir.adopt() == 3
    settle_all(heir)
    heir.close()
    assert list(tmp_path.iterdir()) == []


def test_max_age(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older than the greatest age is removed when it would be taken, and counted."""
    outbox.max_age = outbox._store.max_age = 60.0
    now = 10**18
    monkeypatch.setattr("sdk_telemetry.outbox.time.time_ns", lambda: now)
    outbox.append("kafka", records(3))
    now += 50 * 10**9
    young = records(2)
    outbox.append("kafka", young)
    now += 20 * 10**9
    assert names(everything(outbox)) == names(young)
    assert outbox.tally("kafka") == Tally(expired=3)
    assert outbox.waiting("kafka")[0] == 2


def test_clock_set_back(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that is set back lets nothing expire."""
    outbox._store.max_age = 60.0
    now = 10**18
    monkeypatch.setattr("sdk_telemetry.outbox.time.time_ns", lambda: now)
    outbox.append("kafka", records(3))
    now -= 10**17
    assert len(everything(outbox)) == 3


def test_expired_pages(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole pages of expired events are passed over: nothing is returned only at the end."""
    outbox._store.max_age = 60.0
    now = 10**18
    monkeypatch.setattr("sdk_telemetry.outbox.time.time_ns", lambda: now)
    outbox.append("kafka", records(1_100))
    now += 61 * 10**9
    young = records(1)
    outbox.append("kafka", young)
    assert names([each for _, each in outbox.take("kafka", 0, 10)]) == names(young)


def test_cap(tmp_path: Path) -> None:
    """What is on the disk never exceeds the cap, as many as fit are kept, and space is used again."""
    cap = 2 * 2**20
    outbox = Outbox(tmp_path, max_bytes=cap)
    kept = largest = 0
    given = records(2_000, size=1_500)
    for start in range(0, len(given), 100):
        now = outbox.append("kafka", given[start : start + 100])
        kept += now
        largest = max(largest, sum(path.stat().st_size for path in tmp_path.iterdir()))
        if now < 100:
            break
    assert 0.4 * cap < kept * 1_500 < cap
    assert largest <= cap
    assert names(everything(outbox)) == names(given[:kept])
    assert outbox.append("kafka", records(1)) == 0
    before = kept
    for _ in range(5):  # turned over again and again
        settle_all(outbox)
        again = records(2_000, size=1_500)
        kept = outbox.append("kafka", again)
        assert kept > 0.9 * before
        assert names(everything(outbox)) == names(again[:kept])
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= cap
    settle_all(outbox)
    outbox.close()


def test_cap_and_small_rests(tmp_path: Path) -> None:
    """In a full outbox there is room for exactly as much as is settled, of other sinks, too."""
    outbox = Outbox(tmp_path, max_bytes=2**20)
    kept = outbox.append("kafka", records(1_000, size=3_000))
    assert outbox.append("http", records(5, size=3_000)) == 0
    rows = [row for row, _ in outbox.take("kafka", 0, 10)]
    outbox.settle("kafka", rows)
    again = outbox.append("http", records(50, size=3_000))
    assert 5 <= again <= 12
    assert outbox.waiting("kafka")[0] == kept - 10
    settle_all(outbox)
    settle_all(outbox, "http")
    outbox.close()


def test_an_event_too_large_for_the_outbox(tmp_path: Path) -> None:
    """An event that is larger than the outbox is not kept, and does not spoil the others."""
    outbox = Outbox(tmp_path, max_bytes=2**20)
    small = records(3)
    assert outbox.append("kafka", [*small[:2], record(size=2**20), small[2]]) == 2
    assert outbox.append("kafka", small[2:]) == 0  # until something goes
    outbox.settle("kafka", [1])
    assert outbox.append("kafka", small[2:]) == 1
    settle_all(outbox)
    outbox.close()


def test_room_is_given_back(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large file in which nothing waits any more is begun anew, small."""
    monkeypatch.setattr(_outbox_store, "_LARGE", 100)
    outbox.append("kafka", records(500, size=2_000))
    (before,) = outbox.directory.glob("*.outbox")
    settle_all(outbox)
    given = records(1)
    outbox.append("kafka", given)
    (after,) = outbox.directory.glob("*.outbox")
    assert after != before
    assert after.stat().st_size < 2**16
    assert names(everything(outbox)) == names(given)


def test_threads(outbox: Outbox) -> None:
    """Threads that keep, take and settle at the same time lose nothing and disturb nobody's order."""
    found: list[Record] = []
    done = threading.Event()

    def keep(key: int) -> None:
        for n in range(60):
            name = f"{key}-{n:04}"
            assert outbox.append("kafka", [record(name=name, key=str(key))]) == 1

    def drain() -> None:
        while not (done.is_set() and outbox.waiting("kafka") == (0, 0)):
            page = outbox.take("kafka", 0, 20)
            found.extend(each for _, each in page)
            outbox.settle("kafka", [row for row, _ in page])

    drainer = threading.Thread(target=drain)
    keepers = [threading.Thread(target=keep, args=(key,)) for key in range(4)]
    for thread in (drainer, *keepers):
        thread.start()
    for thread in keepers:
        thread.join()
    done.set()
    drainer.join()
    for key in range(4):
        own = [each.event_id for each in found if each.key == str(key)]
        assert own == [f"{key}-{n:04}" for n in range(60)]


def test_group_commits(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What threads want kept while another one writes goes to the disk in one transaction."""
    outbox.open()
    groups: list[int] = []
    inside, go = threading.Event(), threading.Event()
    keep = outbox._store.keep
    wished = threading.Semaphore(0)

    class Wishes(deque[Any]):
        def append(self, wish: Any) -> None:
            super().append(wish)
            wished.release()

    outbox._wishes = Wishes()

    def slow(wishes: Any) -> None:
        groups.append(len(wishes))
        inside.set()
        assert go.wait(10)
        keep(wishes)

    monkeypatch.setattr(outbox._store, "keep", slow)
    threads = [threading.Thread(target=outbox.append, args=("kafka", records(1))) for _ in range(6)]
    threads[0].start()
    assert inside.wait(10)
    for thread in threads[1:]:
        thread.start()
    for _ in range(6):
        assert wished.acquire(timeout=10)
    go.set()
    for thread in threads:
        thread.join()
    assert groups == [1, 5]
    assert outbox.waiting("kafka")[0] == 6


def test_fsync(tmp_path: Path) -> None:
    """With `fsync` each transaction is on the disk itself at its end (synchronous = FULL)."""
    for fsync, level in ((False, 1), (True, 2)):
        outbox = Outbox(tmp_path, fsync=fsync)
        outbox.open()
        file = outbox._store._file
        assert file is not None
        assert file._pragma("synchronous") == level
        assert outbox.append("kafka", records(1)) == 1
        settle_all(outbox)
        outbox.close()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_bytes": 1_000}, "`max_bytes` .* >= 1048576, not 1000"),
        ({"max_bytes": True}, "`max_bytes`"),
        ({"max_bytes": 1e9}, "`max_bytes`"),
        ({"max_age": 0}, "`max_age` .* > 0, or None, not 0"),
        ({"max_age": float("nan")}, "`max_age`"),
        ({"max_age": "1"}, "`max_age`"),
        ({"max_age": True}, "`max_age`"),
    ],
)
def test_bad_options(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    """An option that cannot work is refused at construction, and named."""
    with pytest.raises(ConfigurationError, match=said):
        Outbox(tmp_path, **options)


def test_repr(outbox: Outbox) -> None:
    """Its repr says where it is, and how much waits."""
    outbox.append("kafka", records(2))
    assert repr(outbox) == f"<Outbox: 2 in {outbox.directory}>"
