"""Work in the background: followed, stopped, and never a danger to the rest."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from sdk_server._jobs import Job, open_jobs

pytestmark = pytest.mark.anyio


async def test_events_are_seen_by_all_who_follow() -> None:
    """From the place where they begin to follow, to the end."""
    begin = anyio.Event()

    async def work(job: Job) -> None:
        job.tell({"n": 0})
        await begin.wait()
        job.tell({"n": 1})

    async with open_jobs() as jobs:
        job = jobs.start("a", work)
        seen: list[list[int]] = [[], []]

        async def follow(start: int) -> None:
            seen[start].extend([event["n"] async for event in job.follow(start)])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow, 0)
            tasks.start_soon(follow, 1)
            await anyio.wait_all_tasks_blocked()
            assert job is jobs.get("a")
            begin.set()
        await anyio.wait_all_tasks_blocked()
        assert jobs.get("a") is None
    assert [[0, 1], [1]] == seen


async def test_work_that_fails_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The log says why, and other work goes on."""

    async def fail(_job: Job) -> None:
        msg = "no luck"
        raise ValueError(msg)

    async with open_jobs() as jobs:
        job = jobs.start("a", fail)
        assert [] == [event async for event in job.follow()]
        done = jobs.start("b", lambda _job: anyio.lowlevel.checkpoint())
        assert [] == [event async for event in done.follow()]
    assert "no luck" in caplog.text


async def test_cancelled_work_has_ended_when_that_returns() -> None:
    """And what ends the block ends all work."""
    ended = []

    async def work(job: Job) -> None:
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(job)

    async with open_jobs() as jobs:
        first = jobs.start("a", work)
        await anyio.wait_all_tasks_blocked()
        await first.cancel()
        assert [first] == ended
        second = jobs.start("b", work)
        await anyio.wait_all_tasks_blocked()
    assert [first, second] == ended


async def test_an_error_of_the_block_is_raised_as_it_is() -> None:
    """Not in a group of errors."""
    with pytest.raises(KeyError, match="mine"):
        async with open_jobs():
            raise KeyError("mine")  # noqa: EM101 - the test's own error
