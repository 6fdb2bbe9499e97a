"""Deprecated operations: a warning at the line that calls one."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from sdk_core.clients import AsyncClient, SyncClient
from sdk_core.operations import Content, Operation, Pagination
from sdk_core.resources import AsyncResource, SyncResource

Serve = Callable[..., SimpleNamespace]
Http = Callable[..., bytes]

PAGES = Pagination("url", (), {"nextUrl": "$.next"})
OLD: Operation[Any] = Operation(
    "delete_x",
    "DELETE",
    "/x",
    responses={"200": (Content("application/json", "json"),)},
    pagination=PAGES,
    deprecated=True,
)


class Things(SyncResource):
    """A resource as it is generated."""

    def delete(self) -> Any:
        """Delete."""
        return self._call(OLD)

    def pages(self) -> Any:
        """Iterate."""
        return self._pages(OLD)

    def save(self, file: Path) -> Path:
        """Download."""
        return self._download(OLD, file)

    @property
    def with_streaming_response(self) -> Any:
        """The view."""
        return self._view("streaming")


class OwnThings(Things):
    """A resource with methods of its own."""

    def _call(self, *args: Any, **options: Any) -> Any:
        return super()._call(*args, **options)

    def purge(self) -> Any:
        """Delete, in other words."""
        return self.delete()


class AsyncThings(AsyncResource):
    """The twin."""

    async def delete(self) -> Any:
        """Delete."""
        return await self._call(OLD)

    def pages(self) -> Any:
        """Iterate."""
        return self._pages(OLD)

    async def save(self, file: Path) -> Path:
        """Download."""
        return await self._download(OLD, file)


def here() -> int:
    """Return the line that calls this."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


@pytest.fixture
def url(serve: Serve, http: Http) -> str:
    """A server that answers."""
    found: str = serve(lambda _: [http(b"{}")]).url
    return found


def check(caught: list[warnings.WarningMessage], *lines: int) -> None:
    """Check that the warnings are about these lines of this file."""
    assert [(__file__, line) for line in lines] == [(w.filename, w.lineno) for w in caught]
    for warning in caught:
        assert DeprecationWarning is warning.category
        assert "`DELETE /x` (delete_x) is deprecated by the API" == str(warning.message)


def test_the_warning_is_about_the_line_that_calls(url: str, tmp_path: Path) -> None:
    """However many frames of generated and hand-written classes are between."""
    with SyncClient(base_url=url) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        things, own = Things(client), OwnThings(client)
        things.delete(), (a := here())
        own.purge(), (b := here())
        client.call(OLD), (c := here())
        next(things.pages()), (d := here())
        things.save(tmp_path / "x"), (e := here())
        with things.with_streaming_response.delete(), warnings.catch_warnings():
            f = here() - 1
    check(caught, a, b, c, d, e, f)


def test_the_same_where_it_is_awaited(url: str, tmp_path: Path) -> None:
    """The line that awaits."""
    lines: list[int] = []

    async def run() -> None:
        async with AsyncClient(base_url=url) as client:
            things = AsyncThings(client)
            _, line = await things.delete(), here()
            lines.append(line)
            _, line = await client.call(OLD), here()
            lines.append(line)
            _, line = await anext(things.pages()), here()
            lines.append(line)
            _, line = await things.save(tmp_path / "x"), here()
            lines.append(line)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        anyio.run(run)
    check(caught, *lines)


def test_a_line_is_told_once(url: str) -> None:
    """A loop does not fill the log."""
    with SyncClient(base_url=url) as client, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            Things(client).delete()
    assert 1 == len(caught)


def test_other_operations_are_silent(url: str) -> None:
    """Only what the document calls deprecated is."""
    fine: Operation[Any] = Operation("x", "GET", "/x")
    with SyncClient(base_url=url) as client, warnings.catch_warnings():
        warnings.simplefilter("error")
        client.call(fine)
