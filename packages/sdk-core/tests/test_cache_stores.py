"""Where answers are kept: in memory, or in a file that processes share."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from sdk_core import caching
from sdk_core.caching import CacheStore, Entry, MemoryStore, SQLiteStore
from sdk_core.errors import ConfigurationError

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

NOW = 1_700_000_000.0


def entry(content: bytes = b"x", received: float = NOW) -> Entry:
    """Return an entry."""
    return Entry(200, {"a": "b"}, content, {"c": "d"}, received, 1.0, 60.0)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Each kind of store, with room for three entries or a hundred bytes."""
    limits = {"max_entries": 3, "max_bytes": 100}
    if request.param == "memory":
        return MemoryStore(**limits)
    return SQLiteStore(tmp_path / "c.db", **limits)


def test_a_store_keeps_what_it_is_given(store: CacheStore) -> None:
    """The last entry under a key, until its address is forgotten, or all is."""
    store.put("k", "a", entry(b"old"))
    store.put("k", "a", entry(b"new"))
    store.put("l", "b", entry())
    store.put("m", "b", entry())
    assert store.get("k") == entry(b"new")
    store.forget("b")
    store.forget("nowhere")
    assert (store.get("l"), store.get("k")) == (None, entry(b"new"))
    store.clear()
    assert store.get("k") is None
    assert isinstance(store, CacheStore)


def test_too_much_is_not_kept(store: CacheStore) -> None:
    """An entry that is larger than the whole store is not kept at all."""
    store.put("k", "a", entry(b"x" * 101))
    assert store.get("k") is None


def test_what_was_not_used_for_longest_goes_first() -> None:
    """By count, and by bytes."""
    store = MemoryStore(max_entries=3, max_bytes=100)
    for key in "abc":
        store.put(key, key, entry(b"x" * 30))
    store.get("a")
    store.put("d", "d", entry())
    assert [store.get(key) is not None for key in "abcd"] == [True, False, True, True]
    store.put("e", "e", entry(b"x" * 60))
    assert [store.get(key) is not None for key in "acde"] == [False, True, True, True]
    assert len(store) == 3
    assert repr(store) == "<MemoryStore: 3 answers, 91 bytes>"


def test_a_file_is_cut_back_now_and_then(tmp_path: Path) -> None:
    """The oldest entries go, by count and by bytes."""
    with SQLiteStore(tmp_path / "c.db", max_entries=3, max_bytes=100) as store:
        for number in range(51):
            store.put(str(number), "a", entry(b"x" * 40, NOW + number))
        assert [n for n in range(51) if store.get(str(n)) is not None] == [49, 50]


def test_a_file_is_shared_by_processes(tmp_path: Path) -> None:
    """With its salt, so that keys mean the same in all of them."""
    path = tmp_path / "c.db"
    with SQLiteStore(path) as store:
        store.put("k", "a", entry())
        program = """
            import sys
            from sdk_core.caching import SQLiteStore
            with SQLiteStore(sys.argv[1]) as store:
                print(store.salt().hex(), store.get("k").content)
                store.forget("a")
        """
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", textwrap.dedent(program), str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.split() == [store.salt().hex(), "b'x'"]
        assert store.get("k") is None
    assert repr(store) == f"<SQLiteStore: {path}>"


def test_a_file_is_shared_by_threads(tmp_path: Path) -> None:
    """Nothing is lost, whoever writes."""
    with SQLiteStore(tmp_path / "c.db") as store, ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.put(str(n), "a", entry(str(n).encode())), range(40)))
        assert all(store.get(str(n)) == entry(str(n).encode()) for n in range(40))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_opens_the_file_anew(tmp_path: Path) -> None:
    """A connection must not be used on both sides."""
    store = SQLiteStore(tmp_path / "c.db")
    store.put("k", "a", entry())
    opened = store._opened
    assert opened is not None
    foreign = attrs.evolve(opened, process=opened.process + 1)  # as it looks in the child
    store._opened = foreign
    assert store.get("k") == entry()
    assert store._opened.connection is not opened.connection
    store.close()
    store._opened = foreign
    store.close()  # leaves the parent's alone
    assert opened.connection.execute("SELECT 1").fetchone() == (1,)
    opened.connection.close()


def test_a_file_that_others_begin_is_not_refused(tmp_path: Path) -> None:
    """However many open a new one at the same moment."""
    path = tmp_path / "c.db"
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(lambda _: SQLiteStore(path, patience=20), range(8)))
    assert len({store.salt() for store in stores}) == 1
    for store in stores:
        store.close()


@pytest.mark.parametrize("damage", [b"this is no database" * 100, None])
def test_a_damaged_file_is_begun_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes | None
) -> None:
    """With a warning; what there was is put aside."""
    path = tmp_path / "c.db"
    if damage is not None:
        path.write_bytes(damage)
    else:  # of a later version
        SQLiteStore(path).close()
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA user_version = 99")
        connection.close()
    with SQLiteStore(path) as store:
        store.put("k", "a", entry())
        assert store.get("k") == entry()
    assert [(r.name, r.levelno) for r in caplog.records] == [("sdk_core.cache", logging.WARNING)]
    assert Path(f"{path}.damaged").exists()


def test_a_damaged_entry_is_no_answer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that cannot be read breaks a call."""
    path = tmp_path / "c.db"
    with SQLiteStore(path) as store:
        store.put("k", "a", entry())
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE answers SET head = '{'")
        connection.close()
        assert store.get("k") is None
        assert "damaged" in caplog.text


def test_a_locked_file_costs_the_cache_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A warning, and the call goes on."""
    path = tmp_path / "c.db"
    with SQLiteStore(path, patience=0) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        store.put("k", "a", entry())
        other.close()
        assert store.get("k") is None
    assert "locked" in caplog.text


def test_another_database_is_left_alone(tmp_path: Path) -> None:
    """A wrong path destroys nothing."""
    path = tmp_path / "mine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(ConfigurationError, match=r"`path`.*another database"):
        SQLiteStore(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    connection.close()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"path": "nowhere/c.db"}, "path"),
        ({"path": "."}, "path"),
        ({"max_entries": 0}, "max_entries"),
        ({"max_bytes": 1.5}, "max_bytes"),
        ({"patience": -1}, "patience"),
    ],
)
def test_a_store_that_cannot_work_is_refused(
    tmp_path: Path, arguments: dict[str, Any], name: str
) -> None:
    """When it is made, by name."""
    given = {"path": "c.db", **arguments}
    with pytest.raises(ConfigurationError, match=f"`{name}`"):
        SQLiteStore(tmp_path / given.pop("path"), **given)


def test_the_module_has_what_it_says() -> None:
    """What is loaded late is there, and nothing else."""
    assert all(hasattr(caching, name) for name in caching.__all__)
    assert not hasattr(caching, "RedisStore")
