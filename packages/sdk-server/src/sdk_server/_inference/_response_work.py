"""Make an answer: ask the engine, tell the events, keep what comes of it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import attrs

from .._engines import EngineRequest
from .._events import EventStream, frame
from .._jobs import Job
from .._problems import Problem
from .._services import Services
from ._answers import chunk_of, chunks, whole
from ._calls import Json
from ._composers import Composer
from ._contexts import Context, save

log = logging.getLogger("sdk_server")

EVENTS = "response.events"


@attrs.frozen(kw_only=True)
class Draft:
    """Hold an answer that is to be made.

    Args:
        services: What the server works with.
        owner: Who asks.
        context: What it is made from.
        composer: Composes it.
        request: What the engine is asked.
    """

    services: Services
    owner: str
    context: Context
    composer: Composer
    request: EngineRequest

    async def save(self, *, whole: bool = True) -> None:
        """Keep the answer as far as it is; *whole* says that it has ended."""
        response, context = self.composer.response, self.context
        await self.services.records.run(
            self.owner, lambda shelf: save(shelf, response, context, whole=whole)
        )


async def events_of(draft: Draft, source: AsyncGenerator[Json, None]) -> AsyncGenerator[Json, None]:
    """Yield the events of an answer; it is kept before the last of them is told."""
    composer = draft.composer
    for event in composer.begin():
        yield event
    try:
        async with aclosing(source) as told:
            async for chunk in told:
                for event in composer.feed(chunk):
                    yield event
        last = [*composer.finish(draft.services.records.clock())]
    except Problem as problem:
        last = [*composer.fail(problem)]
    except Exception:
        # Whoever polls must see an end; the cause is for the log alone.
        log.exception("an answer failed")
        last = [*composer.fail(Problem(500, "The server failed; its log says why."))]
    await draft.save()
    for event in last:
        yield event


async def make_later(job: Job, draft: Draft) -> None:
    """Make an answer in the background."""
    services, response = draft.services, draft.composer.response
    async with aclosing(events_of(draft, _answered(draft))) as events:
        async for event in events:
            job.tell(event)
            if event["type"] == "response.in_progress":
                await draft.save(whole=False)
    if draft.request.body.get("stream"):
        told = {"id": response["id"], "events": job.events}
        await services.records.run(draft.owner, lambda shelf: shelf.put(EVENTS, told))


async def _answered(draft: Draft) -> AsyncGenerator[Json, None]:
    engine = draft.services.engine
    if not draft.request.body.get("stream"):
        yield chunk_of(whole(await engine.complete(draft.request)))
        return
    async with aclosing(chunks(await engine.stream(draft.request))) as told:
        async for chunk in told:
            yield chunk


async def one(chunk: Json) -> AsyncGenerator[Json, None]:
    """Yield the only chunk of a whole answer."""
    yield chunk


async def again(events: list[Json]) -> AsyncGenerator[Json, None]:
    """Yield events that were kept."""
    for event in events:
        yield event


def stream_of(
    services: Services, events: AsyncGenerator[Json, None], headers: dict[str, str] | None = None
) -> EventStream:
    """Answer with events as they come."""
    return EventStream(
        _framed(events),
        keepalive=services.options.keepalive,
        stopping=services.stopping,
        headers=headers,
    )


async def _framed(events: AsyncGenerator[Json, None]) -> AsyncGenerator[bytes, None]:
    # As bytes, for a stream of these events ends without `[DONE]`: the last event says so.
    async with aclosing(events) as told:
        async for event in told:
            yield frame(event, name=event["type"])
