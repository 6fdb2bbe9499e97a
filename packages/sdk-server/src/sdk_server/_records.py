"""The objects of the inference API that outlive a request: JSON values in one table.

Answers, conversations, files, batches and the like differ in their members and not in how they
are kept: each belongs to a user, has an identifier, a kind, perhaps an object above it, and a place
in the order in which they came.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar

import attrs

from ._database import Database
from ._problems import Fault, Problem

Json = dict[str, Any]
T = TypeVar("T")

DEFAULT_LIMIT = 20

# Kind, owner and time; a deleted record has no body.
_SELECT = (
    "SELECT body FROM records WHERE kind = ? AND owner = ? AND body IS NOT NULL"
    " AND ifnull(expires > ?, TRUE)"
)
_EVERYWHERE = "SELECT owner, body FROM records WHERE kind = ? AND body IS NOT NULL"


@attrs.frozen(kw_only=True)
class Cut:
    """Say which part of a list is wanted.

    Args:
        after: Identifier of the object before the first one; `None` for the beginning.
        before: Identifier of the object behind the last one; `None` for the end.
        limit: Most objects.
        order: `asc` for the oldest first.
    """

    after: str | None = None
    before: str | None = None
    limit: int = DEFAULT_LIMIT
    order: Literal["asc", "desc"] = "desc"

    @classmethod
    def read(
        cls,
        parameters: Mapping[str, Any],
        *,
        limit: int = DEFAULT_LIMIT,
        order: Literal["asc", "desc"] = "desc",
    ) -> Cut:
        """Return the part that the parameters of a call ask for; what they leave out is default."""
        return cls(
            after=parameters.get("after"),
            before=parameters.get("before"),
            limit=parameters.get("limit", limit),
            order=parameters.get("order", order),
        )


@attrs.frozen(kw_only=True)
class Filter:
    """Keep the objects for which an SQL expression on `body` is true."""

    expression: str
    values: tuple[object, ...] = ()

    @classmethod
    def member(cls, name: str, value: str) -> Filter:
        """Keep the objects with this value of a member."""
        return cls(expression="json_extract(body, ?) = ?", values=(f"$.{name}", value))

    @classmethod
    def labels(cls, metadata: Mapping[str, str]) -> Iterator[Filter]:
        """Keep the objects that have all these labels."""
        for key, value in metadata.items():
            yield cls(
                expression="EXISTS (SELECT 1 FROM json_each(body, '$.metadata') AS label"
                " WHERE label.key = ? AND label.value = ?)",
                values=(key, value),
            )


@attrs.frozen(kw_only=True)
class Page:
    """Hold some objects of a list, and whether more follow."""

    data: list[Json]
    has_more: bool

    def json(self) -> Json:
        """Return the page as the inference API sends it."""
        data = [shown(body) for body in self.data]
        first, last = (self.data[0]["id"], self.data[-1]["id"]) if self.data else (None, None)
        ends = {"first_id": first, "last_id": last, "has_more": self.has_more}
        return {"object": "list", "data": data, **ends}


def shown(body: Mapping[str, Any]) -> Json:
    """Return an object without the members that begin with `_`: they are the server's own."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


class Shelf:
    """Work on the records of one user, within a transaction.

    A deleted record leaves its place behind, so that a list can be read on from there: whoever
    deletes what they list would lose their way otherwise.
    """

    def __init__(self, connection: sqlite3.Connection, owner: str, now: float) -> None:
        self._connection = connection
        self._owner = owner
        self._now = now

    def put(
        self, kind: str, body: Mapping[str, Any], *, parent: str = "", expires: float | None = None
    ) -> None:
        """Add an object behind all others, or replace the one with its `id` in its place.

        Args:
            kind: What it is, such as `response`.
            body: The object; its `id` names it.
            parent: Identifier of the object that it belongs to.
            expires: When it ends, in seconds since 1970-01-01 UTC; `None` for never.
        """
        self._connection.execute(
            "INSERT INTO records (kind, owner, parent, id, body, expires) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, owner, parent, id)"
            " DO UPDATE SET body = excluded.body, expires = excluded.expires",
            (kind, self._owner, parent, body["id"], json.dumps(body), expires),
        )

    def get(self, kind: str, identity: str, *, parent: str = "") -> Json | None:
        """Return an object, `None` if there is none."""
        found = self._rows(
            f"{_SELECT} AND parent = ? AND id = ?",
            (kind, self._owner, self._now, parent, identity),
        )
        return json.loads(found[0][0]) if found else None

    def find(self, kind: str, identity: str) -> Json | None:
        """Return the newest object of this name, whatever it belongs to; `None` without one."""
        found = self._rows(
            f"{_SELECT} AND id = ? ORDER BY number DESC LIMIT 1",
            (kind, self._owner, self._now, identity),
        )
        return json.loads(found[0][0]) if found else None

    def change(
        self, kind: str, identity: str, members: Mapping[str, Any], *, parent: str = ""
    ) -> Json | None:
        """Replace members of an object and return it; `None` if there is none."""
        body = self.get(kind, identity, parent=parent)
        if body is None:
            return None
        body |= members
        self._connection.execute(
            "UPDATE records SET body = ? WHERE kind = ? AND owner = ? AND parent = ? AND id = ?",
            (json.dumps(body), kind, self._owner, parent, identity),
        )
        return body

    def delete(self, kind: str, identity: str, *, parent: str = "") -> bool:
        """Delete an object and tell whether there was one."""
        cursor = self._connection.execute(
            "UPDATE records SET body = NULL WHERE kind = ? AND owner = ? AND body IS NOT NULL"
            " AND ifnull(expires > ?, TRUE) AND parent = ? AND id = ?",
            (kind, self._owner, self._now, parent, identity),
        )
        return cursor.rowcount > 0

    def clear(self, kind: str, *, parent: str) -> None:
        """Delete all objects that belong to another, with their places."""
        self._connection.execute(
            "DELETE FROM records WHERE kind = ? AND owner = ? AND parent = ?",
            (kind, self._owner, parent),
        )

    def all(self, kind: str, *, parent: str = "", until: int | None = None) -> list[Json]:
        """Return all objects of a list, the oldest first.

        Args:
            kind: What they are.
            parent: Identifier of the object that they belong to.
            until: Place of the record before which they came; `None` for no such limit.
        """
        rows = self._rows(
            f"{_SELECT} AND parent = ? AND ifnull(number < ?, TRUE) ORDER BY number",
            (kind, self._owner, self._now, parent, until),
        )
        return [json.loads(row[0]) for row in rows]

    def parents(self, kind: str, identity: str) -> list[str]:
        """Return what all objects of this name belong to."""
        rows = self._rows(
            "SELECT parent FROM records WHERE kind = ? AND owner = ? AND id = ?"
            " AND body IS NOT NULL",
            (kind, self._owner, identity),
        )
        return [row[0] for row in rows]

    def place(self, kind: str, identity: str, *, parent: str = "") -> int | None:
        """Return where a record stands in the order of all, even if it was deleted."""
        found = self._rows(
            "SELECT number FROM records WHERE kind = ? AND owner = ? AND parent = ? AND id = ?",
            (kind, self._owner, parent, identity),
        )
        return found[0][0] if found else None

    def page(
        self, kind: str, cut: Cut, *, parent: str = "", filters: Iterable[Filter] = ()
    ) -> Page:
        """Return the part of a list that is wanted.

        Raises:
            Problem: 404; the list has no object at `after` or `before`.
        """
        conditions = [f"{_SELECT} AND parent = ?"]
        values: list[object] = [kind, self._owner, self._now, parent]
        for name, cursor in (("after", cut.after), ("before", cut.before)):
            if cursor is None:
                continue
            number = self.place(kind, cursor, parent=parent)
            if number is None:
                message = f"The list has no object `{cursor}` to go on from."
                fault = Fault(location="query", path=(name,), message=message)
                raise Problem(404, message, code="not_found", faults=[fault])
            rising = (cut.order == "asc") == (name == "after")
            conditions.append(f"number {'>' if rising else '<'} ?")
            values.append(number)
        for each in filters:
            conditions.append(each.expression)
            values += each.values
        # With an end alone the page is the one before it, as if it was reached from there.
        backwards = cut.before is not None and cut.after is None
        descending = (cut.order == "desc") != backwards
        rows = self._rows(
            f"{' AND '.join(conditions)} ORDER BY number {'DESC' if descending else 'ASC'} LIMIT ?",
            (*values, cut.limit + 1),
        )
        data = [json.loads(row[0]) for row in rows[: cut.limit]]
        return Page(data=data[::-1] if backwards else data, has_more=len(rows) > cut.limit)

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()


class Records:
    """Keep the objects of all users in the database.

    Args:
        database: Where to keep them.
        clock: Returns the time in seconds since 1970-01-01 UTC.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self.clock = clock

    async def run(self, owner: str, work: Callable[[Shelf], T]) -> T:
        """Run *work* on the records of a user in a transaction, which is undone when it raises."""
        return await self._database.run(
            lambda connection: work(Shelf(connection, owner, self.clock()))
        )

    def everywhere(self, kind: str, *statuses: str) -> list[tuple[str, Json]]:
        """Return the objects of a kind with their owners, the oldest first; for the start alone.

        Args:
            kind: What they are.
            statuses: Only objects with one of these; none for all.
        """
        given = ", ".join("?" for _ in statuses)
        only = f" AND json_extract(body, '$.status') IN ({given})" if statuses else ""
        rows = self._database.run_sync(
            lambda connection: connection.execute(
                f"{_EVERYWHERE}{only} ORDER BY number", (kind, *statuses)
            ).fetchall()
        )
        return [(owner, json.loads(body)) for owner, body in rows]

    def run_sync(self, owner: str, work: Callable[[Shelf], T]) -> T:
        """Run *work* without leaving the thread; see `run`."""
        return self._database.run_sync(
            lambda connection: work(Shelf(connection, owner, self.clock()))
        )
