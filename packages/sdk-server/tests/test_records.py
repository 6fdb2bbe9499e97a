"""Records: whose they are, how they are listed, and when they end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk_server._database import Database
from sdk_server._problems import Problem
from sdk_server._records import Cut, Filter, Records, Shelf


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Return the records of two users, at the time 1000."""
    database = Database(tmp_path / "d.sqlite3")
    users = [(name, name, b"", 0, 0.0) for name in ("ada", "bob")]
    database.run_sync(
        lambda c: c.executemany(
            "INSERT INTO users (id, username, password, admin, created) VALUES (?, ?, ?, ?, ?)",
            users,
        )
    )
    yield Records(database, clock=lambda: 1000.0)
    database.close()


def test_records_are_seen_by_their_owner_alone(records: Records) -> None:
    """Under the same name others have records of their own."""
    for owner in ("ada", "bob"):
        records.run_sync(owner, lambda s, o=owner: s.put("k", {"id": "x", "of": o}))  # type: ignore[misc]  # bound now
    assert records.run_sync("bob", lambda s: s.delete("k", "x"))
    assert {"id": "x", "of": "ada"} == records.run_sync("ada", lambda s: s.get("k", "x"))
    assert records.run_sync("bob", lambda s: s.find("k", "x")) is None
    assert [("ada", {"id": "x", "of": "ada"})] == records.everywhere("k")


def test_work_that_fails_leaves_no_trace(records: Records) -> None:
    """All of it happens, or nothing."""

    def work(shelf: Shelf) -> None:
        shelf.put("k", {"id": "x"})
        raise Problem(400, "No.")

    with pytest.raises(Problem):
        records.run_sync("ada", work)
    assert [] == records.everywhere("k")


def test_a_record_ends_at_its_time(records: Records) -> None:
    """Then it is as if it was deleted."""

    def work(shelf: Shelf) -> None:
        shelf.put("k", {"id": "old"}, expires=1000.0)
        shelf.put("k", {"id": "new"}, expires=1000.5)
        assert shelf.get("k", "old") is None
        assert shelf.find("k", "old") is None
        assert shelf.change("k", "old", {}) is None
        assert not shelf.delete("k", "old")
        assert [{"id": "new"}] == shelf.all("k")
        assert [{"id": "new"}] == shelf.page("k", Cut()).data

    records.run_sync("ada", work)


def test_a_record_that_is_put_again_keeps_its_place(records: Records) -> None:
    """Even when it was deleted in between."""

    def work(shelf: Shelf) -> list[dict[str, object]]:
        for name in "abc":
            shelf.put("k", {"id": name}, parent="p")
        shelf.delete("k", "a", parent="p")
        shelf.put("k", {"id": "a", "n": 1}, parent="p")
        shelf.put("k", {"id": "a"}, parent="q")
        assert ["p", "q"] == sorted(shelf.parents("k", "a"))
        shelf.clear("k", parent="q")
        assert shelf.place("k", "a", parent="q") is None
        return shelf.all("k", parent="p")

    assert ["a", "b", "c"] == [body["id"] for body in records.run_sync("ada", work)]


def test_filters_know_members_and_labels(records: Records) -> None:
    """A name with quotes in it is a name like others."""

    def work(shelf: Shelf) -> None:
        shelf.put("k", {"id": "a", "status": "x", "metadata": {'"q"': "1", "b": "2"}})
        shelf.put("k", {"id": "b", "status": "y", "metadata": {}})
        for filters, expected in (
            ([Filter.member("status", "y")], ["b"]),
            ([*Filter.labels({'"q"': "1", "b": "2"})], ["a"]),
            ([*Filter.labels({'"q"': "1", "b": "3"})], []),
            ([], ["b", "a"]),
        ):
            assert expected == [body["id"] for body in shelf.page("k", Cut(), filters=filters).data]

    records.run_sync("ada", work)


def test_statuses_choose_what_is_found_at_the_start(records: Records) -> None:
    """Any of them, or all records."""
    for name in ("queued", "failed"):
        records.run_sync("ada", lambda s, n=name: s.put("k", {"id": n, "status": n}))  # type: ignore[misc]  # bound now
    assert ["queued"] == [body["id"] for _, body in records.everywhere("k", "queued", "other")]
    assert 2 == len(records.everywhere("k"))
