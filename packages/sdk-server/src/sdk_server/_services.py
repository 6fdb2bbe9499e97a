"""What stands behind the two APIs: accounts, models, an engine; opened and closed together."""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import attrs

from ._accounts import Accounts
from ._catalog import StoredCatalog, seeded_files
from ._contents import Contents
from ._database import Database
from ._engines import EchoEngine, Engine
from ._files import ModelFiles
from ._jobs import Jobs, open_jobs
from ._options import ConfigurationError, Options
from ._records import Records
from ._secrets import new_key
from ._telemetry_events import TelemetryEvents

log = logging.getLogger("sdk_server")

DATABASE = "platform.sqlite3"
CREDENTIALS = "credentials.json"
FILES = "files"
CONTENTS = "contents"


@attrs.frozen(kw_only=True)
class Services:
    """Hold what the functions of both APIs work with.

    Args:
        records: The objects that outlive a request.
        contents: The bytes of those of them that are files.
        telemetry: What programs tell of their calls of models.
        jobs: The work that does.
        stopping: Set when the server stops, so that open streams end.
        started: When the server started, by the monotonic clock.
    """

    options: Options
    accounts: Accounts
    engine: Engine
    files: ModelFiles
    records: Records
    contents: Contents
    telemetry: TelemetryEvents
    jobs: Jobs
    stopping: anyio.Event = attrs.field(factory=anyio.Event)
    started: float = attrs.field(factory=time.monotonic)


@asynccontextmanager
async def open_services(options: Options) -> AsyncIterator[Services]:
    """Open the data folder and the engine, and close them at the end.

    Raises:
        ConfigurationError: The folder or the database in it cannot be used.
    """
    try:
        options.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot use the folder `--data` {options.data}: {error.strerror}"
        raise ConfigurationError(msg) from error
    database = Database(options.data / DATABASE)
    try:
        accounts = Accounts(database, token_ttl=options.token_ttl, refresh_ttl=options.refresh_ttl)
        catalog = StoredCatalog(database)
        files = ModelFiles(database, options.data / FILES)
        files.sweep()
        if not accounts.has_users():
            _bootstrap(options, accounts)
            for model in catalog.seed():
                for name, data in seeded_files(model):
                    files.put_sync(model.id, name, data)
        else:
            log.info("%s was used before: its users, keys and models stay", options.data)
        engine = _engine(options, catalog)
        try:
            async with open_jobs() as jobs:
                yield Services(
                    options=options,
                    accounts=accounts,
                    engine=engine,
                    files=files,
                    records=Records(database),
                    contents=Contents(options.data / CONTENTS),
                    telemetry=TelemetryEvents(database),
                    jobs=jobs,
                )
        finally:
            with anyio.CancelScope(shield=True):
                await engine.aclose()
    finally:
        database.close()


def _engine(options: Options, catalog: StoredCatalog) -> Engine:
    if options.engine == "proxy" and options.upstream is not None:
        from ._engines._proxy import ProxyEngine  # noqa: PLC0415 - imports an HTTP client

        return ProxyEngine(
            options.upstream, key=options.upstream_key, timeout=options.upstream_timeout
        )
    return EchoEngine(catalog, token_delay=options.token_delay)


def _bootstrap(options: Options, accounts: Accounts) -> None:
    """Create the first user and key; what was not given is generated and kept in a file."""
    password = options.admin_password or secrets.token_urlsafe(18)
    api_key = options.api_key or new_key()
    generated = {"admin_user": options.admin_user}
    if options.admin_password is None:
        generated["admin_password"] = password
    if options.api_key is None:
        generated["api_key"] = api_key
    if len(generated) > 1:
        path = options.data / CREDENTIALS
        _write_private(path, json.dumps(generated, indent=2) + "\n")
        log.warning("the generated credentials are in %s", path)
    accounts.bootstrap(username=options.admin_user, password=password, api_key=api_key)


def _write_private(path: Path, text: str) -> None:
    try:
        # The mode holds only for a new file; one that is there might be open to others.
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise ConfigurationError(msg) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
