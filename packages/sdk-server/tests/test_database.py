from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from sdk_server._database import MIGRATIONS, Database
from sdk_server._options import ConfigurationError


def test_a_new_file_is_private_and_has_the_newest_schema(tmp_path: Path) -> None:
    """Mode 0600 from the first moment, the log beside it as well, and the version in a table."""
    path = tmp_path / "d.sqlite3"
    database = Database(path)
    version = database.run_sync(
        lambda connection: connection.execute("SELECT version FROM schema_version").fetchall()
    )
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    database.close()
    assert [(len(MIGRATIONS),)] == version
    assert {0o600} == modes


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    """Migrations run once."""
    for _ in range(2):
        database = Database(tmp_path / "d.sqlite3")
        database.run_sync(
            lambda connection: connection.execute(
                "INSERT OR IGNORE INTO models VALUES ('m', 'n', NULL, '[]', NULL, 'o', 1.0)"
            )
        )
        rows = database.run_sync(lambda c: c.execute("SELECT id FROM models").fetchall())
        database.close()
        assert [("m",)] == rows


def test_work_that_fails_is_undone(tmp_path: Path) -> None:
    """A transaction is all or nothing."""
    database = Database(tmp_path / "d.sqlite3")

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM schema_version")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.run_sync(work)
    rows = database.run_sync(lambda c: c.execute("SELECT version FROM schema_version").fetchall())
    database.close()
    assert [(len(MIGRATIONS),)] == rows


def test_a_file_of_a_newer_server_is_left_alone(tmp_path: Path) -> None:
    """The message says which versions meet, and what to do."""
    path = tmp_path / "d.sqlite3"
    database = Database(path)
    database.run_sync(lambda c: c.execute("UPDATE schema_version SET version = 99"))
    database.close()
    with pytest.raises(ConfigurationError, match=r"schema version 99.*knows 4: install a newer"):
        Database(path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """Nothing is overwritten."""
    path = tmp_path / "d.sqlite3"
    path.write_text("These are notes. " * 100)
    with pytest.raises(ConfigurationError, match=r"d\.sqlite3: file is not a database"):
        Database(path)
    assert path.read_text().startswith("These are notes.")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """A missing folder is a sentence, not a traceback."""
    with pytest.raises(ConfigurationError, match=r"cannot open the database .*missing"):
        Database(tmp_path / "missing" / "d.sqlite3")
