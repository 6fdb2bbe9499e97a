"""The models that a server offers."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from typing import Any, Protocol

import attrs

from ._database import Database


@attrs.frozen(kw_only=True)
class Model:
    """Describe a model.

    Args:
        capabilities: What it can do: `chat`, `completion`, `embedding`.
        context_length: Most tokens of prompt and answer together, `None` if unknown.
        engine: What runs it, `echo` or `proxy`.
        created: When it was added, in seconds since 1970-01-01 UTC.
    """

    id: str
    name: str
    description: str | None
    capabilities: tuple[str, ...]
    context_length: int | None
    engine: str
    owned_by: str
    created: float


class Catalog(Protocol):
    """Know the models."""

    async def list(self) -> list[Model]:
        """Return all models, by id."""
        ...

    async def get(self, model_id: str) -> Model | None:
        """Return one model, `None` if there is none of that id."""
        ...

    async def delete(self, model_id: str) -> bool:
        """Delete a model and tell whether there was one."""
        ...


SEEDS = (
    (
        "echo-1",
        "Echo",
        "Repeats the last user message, token by token.",
        ("chat", "completion"),
        32_768,
    ),
    (
        "echo-embed-1",
        "Echo Embed",
        "Turns a text into a vector that depends on nothing but the text.",
        ("embedding",),
        8_192,
    ),
)


WEIGHTS = 1024 * 1024
"""Size of the weights of a model of the echo engine, in bytes."""


class StoredCatalog:
    """Keep the models in the database.

    Args:
        database: Where to keep them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def seed(self) -> list[Model]:
        """Add the models of the echo engine and return them; called on the first start alone."""
        now = time.time()
        rows = [
            (model_id, name, description, json.dumps(capabilities), length, "sdk-server", now)
            for model_id, name, description, capabilities, length in SEEDS
        ]
        self._database.run_sync(
            lambda connection: connection.executemany(
                "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?, ?)", rows
            )
        )
        return [_model(row) for row in rows]

    async def list(self) -> list[Model]:
        """Return all models, by id."""

        def work(connection: sqlite3.Connection) -> list[Model]:
            return [_model(row) for row in connection.execute("SELECT * FROM models ORDER BY id")]

        return await self._database.run(work)

    async def get(self, model_id: str) -> Model | None:
        """Return one model, `None` if there is none of that id."""

        def work(connection: sqlite3.Connection) -> Model | None:
            row = connection.execute("SELECT * FROM models WHERE id = ?", (model_id,)).fetchone()
            return None if row is None else _model(row)

        return await self._database.run(work)

    async def delete(self, model_id: str) -> bool:
        """Delete a model and tell whether there was one."""

        def work(connection: sqlite3.Connection) -> bool:
            return connection.execute("DELETE FROM models WHERE id = ?", (model_id,)).rowcount > 0

        return await self._database.run(work)


def seeded_files(model: Model) -> Iterator[tuple[str, bytes]]:
    """Yield the names and the bytes of the files that a model of the echo engine comes with."""
    config = {
        "model": model.id,
        "capabilities": model.capabilities,
        "context_length": model.context_length,
    }
    yield "config.json", json.dumps(config, indent=2).encode() + b"\n"
    # The engine has no weights; these are there to be downloaded, and the same on every server.
    yield "weights.bin", hashlib.shake_256(model.id.encode()).digest(WEIGHTS)


def _model(row: tuple[Any, ...]) -> Model:
    model_id, name, description, capabilities, context_length, owned_by, created = row
    return Model(
        id=model_id,
        name=name,
        description=description,
        capabilities=tuple(json.loads(capabilities)),
        context_length=context_length,
        engine="echo",
        owned_by=owned_by,
        created=created,
    )
