"""Every fault, on every lane: the documented outcome, nothing left behind, and the next call."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from sdk_core.errors import APIConnectionError, AuthenticationError
from sdk_core.events import AsyncEventSource, EventSource, Reconnect

from ._lanes import LANES, Lane, done, items
from ._matrix import FAULTS
from ._server import FaultServer
from ._words import EVENTS, GET, LOOK, POST, Either, Fault, Outcome, Raises, Returns
from ._world import (
    NOWHERE,
    TARGET,
    TOO_LONG,
    Certificates,
    memory_within,
    nothing_left,
    resolver,
)


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize(
    ("fault", "lane"),
    [
        pytest.param(fault, lane, id=f"{fault.id}-{lane.id}")
        for fault in FAULTS
        for lane in LANES
        if lane.engine not in fault.spared
    ],
)
def test_a_fault_ends_as_documented_and_leaves_nothing(
    fault: Fault,
    lane: Lane,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The caller sees what the matrix says, the next call succeeds, and all is as it was."""
    where, _, _ = fault.where.partition("-")
    with nothing_left(), resolver():
        server = FaultServer(
            fault.turns,
            certificates.contexts,
            tls=fault.where in {"tls", "plain-to-tls"},
            closed=fault.where.endswith("closed"),
            full=fault.where == "full",
        )
        with server:
            port = server.port
            if where in {"proxy", "tunnel"}:
                monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
                monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
            url = {
                "proxy": f"http://{TARGET}",
                "tunnel": f"https://{TARGET}",
                "tls": f"https://127.0.0.1:{port}",
                "plain": f"http://127.0.0.1:{port}",
                "unresolvable": f"http://{NOWHERE}:{port}",
                "name": f"http://{TOO_LONG}:{port}",
            }.get(where, f"http://127.0.0.1:{port}")
            trust = certificates.file if url.startswith("https:") else None
            lane.run(_meet(fault, lane, server, (url, trust)))
            # pyreqwest lets go of an idle connection when it finds the time, not when it is closed.
            assert server.left_open() <= (lane.engine == "pyreqwest")


async def _meet(fault: Fault, lane: Lane, server: FaultServer, at: tuple[Any, ...]) -> None:
    client = lane.connect(*at, **({} if fault.ask == "source" else fault.options))
    try:
        tasks = lane.tasks()
        error: Exception | None = None
        value: Any = None
        try:
            with memory_within(fault.memory):
                value = await _ask(client, fault, server, lane)
        except Exception as exc:
            error = exc
        _check(fault.seen_by(lane.id), value, error, server)
        del error
        await lane.breathe()
        assert lane.tasks() == tasks
        server.open()
        server.settle()
        await lane.breathe()
        if fault.after != "none" and fault.where != "unresolvable":
            after = client.with_options(timeout=10, deadline=None, max_retries=0)
            if fault.after == "honest":
                with suppress(APIConnectionError):
                    assert await done(after.call(GET)) == {"ok": True}
            assert await done(after.call(GET)) == {"ok": True}
    finally:
        await done(client.close())


async def _ask(client: Any, fault: Fault, server: FaultServer, lane: Lane) -> Any:
    if fault.ask == "stream":
        return await items(await done(client.call(EVENTS)))
    if fault.ask == "source":
        return await _events(client, lane, **fault.options)
    if fault.ask == "upload":
        return await done(client.call(POST, body="x" * (16 << 20)))
    if fault.ask == "post":
        return await done(client.call(POST, body={"a": 1}))
    if fault.ask == "head":
        return await done(client.call(LOOK))
    if fault.ask in {"twice", "at once"}:
        assert await done(client.call(GET)) == {"ok": True}
        server.answered()
        server.settle()
        if fault.ask == "twice":
            await lane.breathe()
    if fault.ask == "storm":
        with pytest.raises(AuthenticationError):
            await done(client.call(GET))
    return await done(client.call(GET))


async def _events(client: Any, lane: Lane, **options: Any) -> list[str]:
    """Read a source of events to its end, which may try once in vain to connect again."""
    kind = EventSource if lane.loop == "sync" else AsyncEventSource
    again = Reconnect(attempts=1, base=0.0)
    source: Any = kind(client, "/fault", reconnect=again, max_event_size=10_000, **options)
    try:
        return [event.text for event in await items(source)]
    finally:
        await done(source.close())


def _check(outcome: Outcome, value: Any, error: Exception | None, server: FaultServer) -> None:
    if isinstance(outcome, Either):
        fits = [one for one in outcome.outcomes if _fits(one, error)]
        assert fits, f"neither outcome: {error!r}, {value!r:.100}"
        outcome = fits[0]
    if isinstance(outcome, Returns):
        if error is not None:
            raise error
        assert outcome.value in (value, ...)
    else:
        assert error is not None, f"no error, but {value!r:.100}"
        _check_error(outcome, error)
    if outcome.requests is not None:
        assert len(server.requests) == outcome.requests


def _fits(outcome: Returns | Raises, error: Exception | None) -> bool:
    if isinstance(outcome, Returns) or error is None:
        return isinstance(outcome, Returns) and error is None
    return type(error) is outcome.error


def _check_error(outcome: Raises, error: Exception) -> None:
    if type(error) is not outcome.error and outcome.error is not Exception:
        msg = f"not {outcome.error.__name__}"
        raise AssertionError(msg) from error
    assert outcome.says in str(error)
    assert "\n" not in str(error)
    if outcome.maybe_processed is not None:
        assert isinstance(error, APIConnectionError)
        assert error.maybe_processed == outcome.maybe_processed, error
    assert getattr(error, "retries_taken", 0) == outcome.retries
    for name, held in outcome.holds.items():
        assert getattr(error, name) == held
