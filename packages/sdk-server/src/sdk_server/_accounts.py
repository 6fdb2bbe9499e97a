"""Users, API keys and tokens: who may call."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import anyio.to_thread
import attrs

from . import _secrets as secrets
from ._database import Database

Row = tuple[Any, ...]

_USED_EVERY = 60.0  # seconds between two notes of a key's last use: a write for each call is waste


@attrs.frozen(kw_only=True)
class Caller:
    """Tell who makes a call, and by what.

    Args:
        user: Identifier of the user.
        family: The session of the access token, `None` for an API key.
    """

    user: str
    family: str | None = None


@attrs.frozen(kw_only=True)
class Tokens:
    """Hold newly issued tokens; `refresh` is `None` when none was issued."""

    access: str = attrs.field(repr=False)
    refresh: str | None = attrs.field(repr=False)
    lifetime: float


@attrs.frozen(kw_only=True)
class User:
    """Describe a user."""

    id: str
    username: str
    display_name: str | None
    email: str | None
    admin: bool
    created: float


@attrs.frozen(kw_only=True)
class Key:
    """Describe an API key, without its secret; times are seconds since 1970-01-01 UTC."""

    id: str
    name: str
    shown: str
    created: float
    expires: float | None
    used: float | None


class NameTakenError(Exception):
    """Tell that the user has a key of that name already."""


class Accounts:
    """Keep users, keys and tokens in the database; of secrets only digests.

    Args:
        database: Where to keep them.
        token_ttl: Lifetime of access tokens in seconds.
        refresh_ttl: Lifetime of refresh tokens in seconds.
        clock: Returns the time in seconds since 1970-01-01 UTC.
    """

    def __init__(
        self,
        database: Database,
        *,
        token_ttl: float,
        refresh_ttl: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._token_ttl = token_ttl
        self._refresh_ttl = refresh_ttl
        self._clock = clock

    def bootstrap(self, *, username: str, password: str, api_key: str) -> bool:
        """Create the first user and their key, unless there is a user; tell whether it did."""
        hashed = secrets.hash_password(password)

        def work(connection: sqlite3.Connection) -> bool:
            if connection.execute("SELECT 1 FROM users").fetchone():
                return False
            user = secrets.new_id("user")
            connection.execute(
                "INSERT INTO users (id, username, password, admin, created) VALUES (?, ?, ?, 1, ?)",
                (user, username, hashed, self._clock()),
            )
            self._insert_key(connection, user, "initial", api_key, None)
            return True

        return self._database.run_sync(work)

    def has_users(self) -> bool:
        """Tell whether the server was started on this database before."""
        return self._database.run_sync(
            lambda connection: connection.execute("SELECT 1 FROM users").fetchone() is not None
        )

    async def authenticate_key(self, secret: str) -> Caller | None:
        """Return who owns the API key `secret`, `None` if nobody does or it has expired."""
        digest, now = secrets.digest(secret), self._clock()

        def work(connection: sqlite3.Connection) -> Caller | None:
            row: Row | None = connection.execute(
                "SELECT id, user, digest, expires, used FROM keys WHERE digest = ?", (digest,)
            ).fetchone()
            if row is None or not secrets.same(row[2], digest):
                return None
            if row[3] is not None and row[3] <= now:
                return None
            if row[4] is None or row[4] <= now - _USED_EVERY:
                connection.execute("UPDATE keys SET used = ? WHERE id = ?", (now, row[0]))
            return Caller(user=row[1])

        return await self._database.run(work)

    async def authenticate_token(self, secret: str) -> Caller | None:
        """Return who holds the access token `secret`, `None` if nobody does or it has expired."""
        digest, now = secrets.digest(secret), self._clock()

        def work(connection: sqlite3.Connection) -> Caller | None:
            row: Row | None = connection.execute(
                "SELECT user, family, digest FROM tokens"
                " WHERE digest = ? AND kind = 'access' AND expires > ?",
                (digest, now),
            ).fetchone()
            if row is None or not secrets.same(row[2], digest):
                return None
            return Caller(user=row[0], family=row[1])

        return await self._database.run(work)

    async def login(self, username: str, password: str) -> Tokens | None:
        """Return tokens of a new session, `None` when name and password do not fit."""

        def find(connection: sqlite3.Connection) -> Row | None:
            row: Row | None = connection.execute(
                "SELECT id, password FROM users WHERE username = ?", (username,)
            ).fetchone()
            return row

        row = await self._database.run(find)
        stored = None if row is None else row[1]
        fits = await anyio.to_thread.run_sync(secrets.check_password, password, stored)
        if row is None or not fits:
            return None
        user = row[0]
        return await self._database.run(
            lambda connection: self._issue(connection, user, secrets.new_id("session"))
        )

    async def exchange_key(self, key_id: str, secret: str) -> Tokens | None:
        """Return an access token for an API key, `None` when id and secret do not fit."""
        digest, now = secrets.digest(secret), self._clock()

        def work(connection: sqlite3.Connection) -> Tokens | None:
            row: Row | None = connection.execute(
                "SELECT user, digest, expires FROM keys WHERE id = ?", (key_id,)
            ).fetchone()
            if row is None or not secrets.same(row[1], digest):
                return None
            if row[2] is not None and row[2] <= now:
                return None
            return self._issue(connection, row[0], secrets.new_id("session"), renewable=False)

        return await self._database.run(work)

    async def refresh(self, token: str) -> Tokens | None:
        """Return new tokens for a refresh token, which stops working.

        A token that was exchanged before has been stolen from one side or the other, so its whole
        session ends (RFC 9700 section 4.14.2).
        """
        digest, now = secrets.digest(token), self._clock()

        def work(connection: sqlite3.Connection) -> Tokens | None:
            row: Row | None = connection.execute(
                "SELECT user, family, digest, rotated, expires FROM tokens"
                " WHERE digest = ? AND kind = 'refresh'",
                (digest,),
            ).fetchone()
            if row is None or not secrets.same(row[2], digest):
                return None
            if row[3]:
                connection.execute("DELETE FROM tokens WHERE family = ?", (row[1],))
                return None
            if row[4] <= now:
                return None
            connection.execute("UPDATE tokens SET rotated = 1 WHERE digest = ?", (digest,))
            return self._issue(connection, row[0], row[1])

        return await self._database.run(work)

    async def logout(self, caller: Caller) -> None:
        """End the session of an access token; an API key has none."""
        if caller.family is not None:
            family = caller.family
            await self._database.run(
                lambda connection: connection.execute(
                    "DELETE FROM tokens WHERE family = ?", (family,)
                )
            )

    async def revoke(self, token: str) -> None:
        """Make a token useless: a refresh token with its session, an access token alone.

        The second is what lets a program get rid of a token that it has shown to another one, and
        go on (RFC 7009 section 2.1 leaves the choice to the server).
        """
        digest = secrets.digest(token)

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM tokens WHERE family IN"
                " (SELECT family FROM tokens WHERE digest = ? AND kind = 'refresh')",
                (digest,),
            )
            connection.execute("DELETE FROM tokens WHERE digest = ?", (digest,))

        await self._database.run(work)

    async def user(self, caller: Caller) -> User:
        """Return the user who calls."""

        def work(connection: sqlite3.Connection) -> User:
            row: Row = connection.execute(
                "SELECT id, username, display_name, email, admin, created FROM users WHERE id = ?",
                (caller.user,),
            ).fetchone()
            return User(
                id=row[0],
                username=row[1],
                display_name=row[2],
                email=row[3],
                admin=bool(row[4]),
                created=row[5],
            )

        return await self._database.run(work)

    async def keys(self, caller: Caller, *, offset: int, limit: int) -> tuple[list[Key], int]:
        """Return some of the caller's keys, newest first, and the number of all."""

        def work(connection: sqlite3.Connection) -> tuple[list[Key], int]:
            rows = connection.execute(
                f"{_SELECT_KEY} WHERE user = ? ORDER BY created DESC, id LIMIT ? OFFSET ?",
                (caller.user, limit, offset),
            ).fetchall()
            total: Row = connection.execute(
                "SELECT count(*) FROM keys WHERE user = ?", (caller.user,)
            ).fetchone()
            return [_key(row) for row in rows], total[0]

        return await self._database.run(work)

    async def key(self, caller: Caller, key_id: str) -> Key | None:
        """Return one of the caller's keys, `None` when they have no such key."""

        def work(connection: sqlite3.Connection) -> Key | None:
            row: Row | None = connection.execute(
                f"{_SELECT_KEY} WHERE user = ? AND id = ?", (caller.user, key_id)
            ).fetchone()
            return None if row is None else _key(row)

        return await self._database.run(work)

    async def create_key(
        self, caller: Caller, name: str, lifetime: float | None
    ) -> tuple[Key, str]:
        """Create a key for the caller and return it with its secret.

        Args:
            caller: Who will own it.
            name: What to call it.
            lifetime: Seconds until it expires; `None` for never.

        Raises:
            NameTakenError: The caller has a key of that name.
        """
        secret = secrets.new_key()
        expires = None if lifetime is None else self._clock() + lifetime

        def work(connection: sqlite3.Connection) -> Key:
            try:
                return self._insert_key(connection, caller.user, name, secret, expires)
            except sqlite3.IntegrityError:
                raise NameTakenError(name) from None

        return await self._database.run(work), secret

    async def delete_key(self, caller: Caller, key_id: str) -> bool:
        """Delete one of the caller's keys and tell whether there was one."""

        def work(connection: sqlite3.Connection) -> bool:
            cursor = connection.execute(
                "DELETE FROM keys WHERE user = ? AND id = ?", (caller.user, key_id)
            )
            return cursor.rowcount > 0

        return await self._database.run(work)

    def _insert_key(
        self,
        connection: sqlite3.Connection,
        user: str,
        name: str,
        secret: str,
        expires: float | None,
    ) -> Key:
        key = Key(
            id=secrets.new_id("key"),
            name=name,
            shown=secret[: secrets.SHOWN] if len(secret) >= 2 * secrets.SHOWN else secret[:2],
            created=self._clock(),
            expires=expires,
            used=None,
        )
        connection.execute(
            "INSERT INTO keys (id, user, name, shown, digest, created, expires)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (key.id, user, name, key.shown, secrets.digest(secret), key.created, expires),
        )
        return key

    def _issue(
        self, connection: sqlite3.Connection, user: str, family: str, *, renewable: bool = True
    ) -> Tokens:
        now = self._clock()
        connection.execute("DELETE FROM tokens WHERE expires <= ?", (now,))
        tokens = Tokens(
            access=secrets.new_token("at"),
            refresh=secrets.new_token("rt") if renewable else None,
            lifetime=self._token_ttl,
        )
        issued = [(tokens.access, "access", self._token_ttl)]
        if tokens.refresh is not None:
            issued.append((tokens.refresh, "refresh", self._refresh_ttl))
        connection.executemany(
            "INSERT INTO tokens (digest, kind, family, user, expires) VALUES (?, ?, ?, ?, ?)",
            [(secrets.digest(t), kind, family, user, now + ttl) for t, kind, ttl in issued],
        )
        return tokens


_SELECT_KEY = "SELECT id, name, shown, created, expires, used FROM keys"


def _key(row: Row) -> Key:
    return Key(id=row[0], name=row[1], shown=row[2], created=row[3], expires=row[4], used=row[5])
