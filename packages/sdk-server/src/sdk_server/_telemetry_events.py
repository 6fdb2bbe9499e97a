"""Telemetry events that were sent here: the newest of them, each once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from ._database import Database

KEPT = 100_000
KEPT_BYTES = 512 * 1024 * 1024
AT_ONCE = 16


class BusyError(Exception):
    """Tell that too many batches wait for the database."""


class TelemetryEvents:
    """Keep events in a database, and forget the oldest when there are too many.

    Args:
        database: Where.
        kept: Most events.
        kept_bytes: Most bytes of events, as JSON. The newest one stays whatever its size.
        at_once: Most batches that wait for the database, all of them in memory.
    """

    def __init__(
        self,
        database: Database,
        *,
        kept: int = KEPT,
        kept_bytes: int = KEPT_BYTES,
        at_once: int = AT_ONCE,
    ) -> None:
        self._database = database
        self._kept = kept
        self._kept_bytes = kept_bytes
        self._free = at_once
        self._count, self._bytes = database.run_sync(_held)

    async def add(self, owner: str, events: Sequence[tuple[str, str]]) -> int:
        """Keep events that are new, and return how many they are.

        Args:
            owner: The user who sends them.
            events: The identifier of each, and its JSON.

        Raises:
            BusyError: There is no room for another batch now.
        """
        if not self._free:
            raise BusyError
        self._free -= 1
        try:
            return await self._database.run(lambda connection: self._add(connection, owner, events))
        finally:
            self._free += 1

    async def newest(self, limit: int) -> list[str]:
        """Return the JSON of the newest events, the oldest of them first."""

        def work(connection: sqlite3.Connection) -> list[str]:
            found = connection.execute(
                "SELECT body FROM telemetry_events ORDER BY number DESC LIMIT ?", (limit,)
            )
            return [str(body) for (body,) in found][::-1]

        return await self._database.run(work)

    def _add(
        self, connection: sqlite3.Connection, owner: str, events: Sequence[tuple[str, str]]
    ) -> int:
        added, count, size = 0, self._count, self._bytes
        for event_id, body in events:
            done = connection.execute(
                "INSERT INTO telemetry_events (owner, event_id, body) VALUES (?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (owner, event_id, body),
            )
            if done.rowcount:
                added += 1
                count += 1
                size += len(body.encode())
        while count > self._kept or (size > self._kept_bytes and count > 1):
            count, size = _forget(connection, count, size)
        # Transactions run one at a time. Should this one not be committed, these are a little off
        # until the next start, which does no harm.
        self._count, self._bytes = count, size
        return added


def _held(connection: sqlite3.Connection) -> tuple[int, int]:
    row: Any = connection.execute(
        "SELECT count(*), ifnull(sum(length(CAST(body AS BLOB))), 0) FROM telemetry_events"
    ).fetchone()
    return int(row[0]), int(row[1])


def _forget(connection: sqlite3.Connection, count: int, size: int) -> tuple[int, int]:
    """Forget the oldest event, and return how many are left, and how many bytes."""
    number, body = connection.execute(
        "SELECT number, body FROM telemetry_events ORDER BY number LIMIT 1"
    ).fetchone()
    connection.execute("DELETE FROM telemetry_events WHERE number = ?", (number,))
    return count - 1, size - len(body.encode())
