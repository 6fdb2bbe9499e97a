"""
Clients: `track` what happened and go on; the rest happens elsewhere.

::

    with TelemetryClient(brokers=["kafka:9092"], service_name="chat") as client:
        client.track("gpt-4o", prompt, answer, prompt_tokens=12, response_tokens=40, latency_ms=812.5)

`track` never waits, never raises and returns in a microsecond or two; `send` waits until all sinks
have confirmed the event. Both clients have both, and differ only in what has to be awaited.

A client starts its threads with its first event, and again in each forked child. At the end of the
process it takes at most ``SDK_TELEMETRY_EXIT_TIMEOUT`` seconds (5) to send what is left.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from time import monotonic, time_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from weakref import finalize

from ._receipts import Receipt, Waiter

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ._fields import Fields
    from ._options import OnFull
    from .config import TelemetryConfig
    from .errors import TelemetryError
    from .events import PromptInfo, ResponseInfo, TelemetryEvent
    from .interceptors import Interceptor
    from .outbox import Outbox
    from .prices import Prices
    from .redaction import Content, Redaction
    from .sampling import Sampling
    from .sinks import Sink
    from .stats import Stats

__all__ = ["AsyncTelemetryClient", "Receipt", "TelemetryClient"]

_BARE = 512  # bytes that an event takes beside its texts, about


class _Client:
    """What both clients have."""

    def __init__(
        self,
        *,
        brokers: Sequence[str] | str | None = None,
        sinks: Sequence[Sink] = (),
        service_name: str | None = None,
        config: TelemetryConfig | None = None,
        outbox: Outbox | str | os.PathLike[str] | None = None,
        durable: bool | None = None,
        on_full: OnFull | None = None,
        max_events: int | None = None,
        max_bytes: int | None = None,
        block_timeout: float | None = None,
        sampling: Sampling | float | None = None,
        redaction: Redaction | Content | str | None = None,
        enrich: Sequence[Callable[[Fields], object]] = (),
        interceptors: Sequence[Interceptor] = (),
        on_delivery: Callable[[Receipt], object] | None = None,
        prices: Prices | None = None,
        **kafka: Any,
    ) -> None:
        from . import _processes  # noqa: PLC0415  # this and the next load what importing need not
        from ._making import made  # noqa: PLC0415  # loaded when it is needed
        from .enrichment import _context, trace_ids  # noqa: PLC0415  # loaded when it is needed

        self._context, self._ids = _context.get, trace_ids
        self._pipeline, self.redaction = made(
            brokers=brokers,
            sinks=sinks,
            service_name=service_name,
            config=config,
            outbox=outbox,
            durable=durable,
            on_full=on_full,
            max_events=max_events,
            max_bytes=max_bytes,
            block_timeout=block_timeout,
            sampling=sampling,
            redaction=redaction,
            enrich=enrich,
            interceptors=interceptors,
            on_delivery=on_delivery,
            prices=prices,
            kafka=kafka,
        )
        _processes.watch(self._pipeline)
        pipeline = self._pipeline
        finalize(
            self, lambda: pipeline.begin_close(monotonic() + _processes.exit_timeout())
        ).atexit = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(self._pipeline.names)}>"

    def __reduce__(self) -> Any:
        msg = f"a {type(self).__name__} cannot be pickled: make one in each process that is not forked"
        raise TypeError(msg)

    def track(
        self,
        model: str,
        prompt: str | PromptInfo | None = None,
        response: str | ResponseInfo | None = None,
        *,
        prompt_tokens: int = 0,
        response_tokens: int = 0,
        finish_reason: str = "",
        latency_ms: float = 0.0,
        cost_usd: float = 0.0,
        service_name: str | None = None,
        trace_id: str | None = None,
        span_id: str | None = None,
        metadata: Mapping[str, str] | None = None,
        errors: Sequence[str] = (),
        prompt_embedding: Sequence[float] | None = None,
        response_embedding: Sequence[float] | None = None,
        event_id: str | UUID | None = None,
        timestamp: datetime | str | None = None,
        key: str | None = None,
    ) -> bool:
        """
        Take down one call of a model; never waits, never raises.

        It may be called by any thread or task, by signal handlers, and after the client was closed.
        What is wrong with an event is found later, and counted (`stats`). With ``on_full="block"`` it
        does wait for room, and with ``durable`` for the disk.

        Args:
            model: What answered.
            prompt: What was asked. Nothing of it leaves the process unless the redaction says so.
            response: What was answered; the same holds.
            prompt_tokens: How many tokens the prompt had.
            response_tokens: How many tokens the answer had.
            finish_reason: Why it ended, as in ``stop``.
            latency_ms: How many milliseconds the call took.
            cost_usd: What it cost, in US dollars.
            service_name: Who made the call, instead of the client's name.
            trace_id: The trace that it belongs to. Default: that of OpenTelemetry's current span.
            span_id: The span in that trace.
            metadata: More, as text; copied.
            errors: What went wrong.
            prompt_embedding: The prompt's vector; not copied.
            response_embedding: The answer's vector; not copied.
            event_id: A UUID. Default: a new one.
            timestamp: When the call ended, with its time zone. Default: now.
            key: Events of the same key keep their order. Default: the trace.

        Returns:
            Whether it was taken. False is counted, too.
        """
        pipeline = self._pipeline
        pipeline.count()
        try:
            size = _BARE
            if prompt.__class__ is str:
                size += len(prompt)
            if response.__class__ is str:
                size += len(response)
            if trace_id is None and (ids := self._ids()) is not None:
                trace_id, span_id = ids[0], span_id or ids[1]
            entry = (
                time_ns() if timestamp is None else timestamp,
                service_name,
                model,
                prompt,
                prompt_tokens,
                prompt_embedding,
                response,
                response_tokens,
                finish_reason,
                response_embedding,
                event_id,
                trace_id,
                span_id,
                latency_ms,
                cost_usd,
                {**metadata} if metadata else None,
                tuple(errors) if errors else None,
                key,
                size,
                True,
                None,
                self._context(),
            )
            queue = pipeline.queue
            if len(queue) < pipeline.alarm and pipeline.size < pipeline.alarm_size:
                pipeline.size += size
                queue.append(entry)
                return True
            return pipeline.admit(entry)
        except Exception:
            pipeline.refuse_unread()
            return False

    def stats(self) -> Stats:
        """Return what became of all events until now."""
        return self._pipeline.stats()

    def install_signal_handlers(self, *signals: int, timeout: float | None = None) -> None:
        """
        Send what is left when the process is told to end, and then do what was done before.

        Nothing is installed unless you call this. For the default, SIGTERM: most frameworks turn
        that into an orderly end by themselves, which needs no handler of ours.

        Args:
            *signals: Numbers. Default: ``signal.SIGTERM``.
            timeout: Seconds that sending may take. Default: ``SDK_TELEMETRY_EXIT_TIMEOUT``.

        Raises:
            ValueError: The caller is not the main thread.
        """
        from signal import SIGTERM  # noqa: PLC0415  # few ask for it

        from ._processes import install  # noqa: PLC0415  # loaded when it is needed

        install(self._pipeline, signals or (SIGTERM,), timeout)

    def _hand_in(
        self, events: Sequence[TelemetryEvent], key: str | None, wake: Callable[[], object]
    ) -> Waiter:
        from .errors import InvalidEventError  # noqa: PLC0415  # loaded when it is needed
        from .events import TelemetryEvent  # noqa: PLC0415  # loaded when it is needed

        waiter = Waiter(len(events), wake)
        entries = []
        for index, event in enumerate(events):
            given: object = event
            if not isinstance(given, TelemetryEvent):
                msg = f"`event` must be a TelemetryEvent, not {type(event).__name__}"
                raise InvalidEventError(msg, field="event")
            prompt, response = event.prompt, event.response
            entries.append(
                (
                    event.time_ns,
                    event.service_name,
                    event.model,
                    prompt.text,
                    prompt.tokens,
                    prompt.embedding,
                    response.text,
                    response.tokens,
                    response.finish_reason,
                    response.embedding,
                    event.event_id,
                    event.trace_id,
                    event.span_id,
                    event.latency_ms,
                    event.cost_usd,
                    {**event.metadata},
                    event.errors,
                    key,
                    _BARE + len(prompt.text) + len(response.text),
                    False,
                    (waiter, index),
                    self._context(),
                )
            )
        self._pipeline.admit_waiting(entries)
        return waiter


def _outcomes(waiter: Waiter, timeout: float | None) -> list[Receipt | TelemetryError]:
    """Return what became of events, or why that is not known."""
    from .errors import SendTimeoutError  # noqa: PLC0415  # who waits has time

    found: list[Receipt | TelemetryError] = []
    for receipt in waiter.receipts:
        if receipt is None:
            msg = f"no confirmation came within {timeout} seconds; the event may still arrive"
            found.append(SendTimeoutError(msg))
        else:
            found.append(receipt if receipt.error is None else receipt.error)
    return found


def _one(outcomes: list[Receipt | TelemetryError]) -> Receipt:
    (outcome,) = outcomes
    if isinstance(outcome, Receipt):
        return outcome
    raise outcome


class TelemetryClient(_Client):
    """
    Send events of LLM calls; threads may share it.

    Args:
        brokers: Addresses of Kafka, as in ``["kafka-1:9092"]``; further keyword arguments are
            options of `KafkaSink`, such as ``topic`` or ``sasl_username``.
        sinks: Where events go, instead of Kafka; each gets all of them, by a queue of its own.
        service_name: Of events that do not say another.
        config: Where all that is not said here comes from. Default: the environment.
        outbox: Where events wait on the disk while their sink is away or a queue is full: an
            `Outbox`, or its directory.
        durable: An event is in the outbox before `track` returns True, and survives a kill -9 from
            then on. `track` takes some 50 microseconds, and redacts and encodes before it returns.
        on_full: What happens to an event for which a queue has no room: ``drop_newest``,
            ``drop_oldest``, ``block`` (`track` waits) or ``spill`` (to the outbox). Default: ``spill``
            with an outbox, else ``drop_newest``.
        max_events: Events that each queue holds, the client's and each sink's: 100,000.
        max_bytes: Bytes that each of them holds, about: 64 MiB.
        block_timeout: Seconds that `track` waits with ``on_full="block"`` before it drops: 5.
        sampling: Which events are kept: a `Sampling`, or the part, from 0 to 1.
        redaction: What is kept of texts: a `Redaction`, or ``none``, ``hash``, ``truncate:200``,
            ``full``. Default: ``SDK_TELEMETRY_CAPTURE_CONTENT``, else none.
        enrich: Functions that add to the fields of each event.
        interceptors: Functions that may change each event or leave it out.
        on_delivery: Told what became of each event, by a thread of the client: it should be quick.
        prices: What calls cost that do not say it.

    Attributes:
        redaction: What is kept of texts.

    Raises:
        ConfigurationError: An option cannot work.
    """

    def send(
        self, event: TelemetryEvent, *, key: str | None = None, timeout: float | None = 30.0
    ) -> Receipt:
        """
        Send an event, and wait until all sinks have confirmed it.

        Args:
            event: The event; redacted like any other.
            key: Events of the same key keep their order. Default: the event's trace.
            timeout: Seconds to wait; None: without end.

        Returns:
            Its receipt; not ``delivered`` if an interceptor left it out.

        Raises:
            InvalidEventError: It breaks a limit.
            SendTimeoutError: No confirmation came in time; it is still on its way.
            SendError: A sink refused it for good, or the client is closed.
            QueueFullError: There was no room for it.
        """
        return _one(self._sent([event], key, timeout))

    def send_batch(
        self,
        events: Sequence[TelemetryEvent],
        *,
        key: str | None = None,
        timeout: float | None = 30.0,
    ) -> list[Receipt | TelemetryError]:
        """
        Send events, and wait until all of them are settled.

        Args:
            events: The events.
            key: As for `send`.
            timeout: Seconds to wait for all of them; None: without end.

        Returns:
            For each event, its receipt or the error that `send` would have raised.
        """
        return self._sent(events, key, timeout)

    def _sent(
        self, events: Sequence[TelemetryEvent], key: str | None, timeout: float | None
    ) -> list[Receipt | TelemetryError]:
        from threading import Event  # noqa: PLC0415  # the thread that waits has time

        settled = Event()
        waiter = self._hand_in(events, key, settled.set)
        if events:
            settled.wait(timeout)
        return _outcomes(waiter, timeout)

    def flush(self, timeout: float = 30.0) -> int:
        """
        Wait until all events accepted so far are settled.

        Args:
            timeout: Seconds to wait.

        Returns:
            How many events are left, also of those accepted since; 0 in a quiet client.
        """
        from threading import Event  # noqa: PLC0415  # as above

        settled = Event()
        self._pipeline.flush(monotonic() + timeout, settled.set)
        settled.wait(timeout)
        return self._pipeline.pending

    def close(self, timeout: float = 30.0) -> int:
        """
        Take no more events, send what is left, and end the threads. Once is enough.

        Args:
            timeout: Seconds to wait. What is left then goes to the outbox, or is given up.

        Returns:
            How many events are left, in the outbox.
        """
        from ._processes import close  # noqa: PLC0415  # loaded when it is needed

        close([self._pipeline], timeout)
        return self._pipeline.pending

    def __enter__(self) -> Self:
        self._pipeline.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncTelemetryClient(_Client):
    """
    Send events of LLM calls; tasks, event loops of asyncio and threads may share it.

    It takes what `TelemetryClient` takes. `track` is the same plain function, so that it needs no
    ``await``, and does not hold up the event loop unless ``on_full`` is ``block``.
    """

    async def send(
        self, event: TelemetryEvent, *, key: str | None = None, timeout: float | None = 30.0
    ) -> Receipt:
        """
        Send an event, and wait until all sinks have confirmed it; see `TelemetryClient.send`.

        Who is cancelled while waiting has sent the event nevertheless.
        """
        return _one(await self._sent([event], key, timeout))

    async def send_batch(
        self,
        events: Sequence[TelemetryEvent],
        *,
        key: str | None = None,
        timeout: float | None = 30.0,
    ) -> list[Receipt | TelemetryError]:
        """Send events, and wait until all are settled; see `TelemetryClient.send_batch`."""
        return await self._sent(events, key, timeout)

    async def _sent(
        self, events: Sequence[TelemetryEvent], key: str | None, timeout: float | None
    ) -> list[Receipt | TelemetryError]:
        from ._loops import Wake  # noqa: PLC0415  # loads asyncio, which runs already

        wake = Wake()
        waiter = self._hand_in(events, key, wake.ring)
        if events:
            await wake.wait(timeout)
        return _outcomes(waiter, timeout)

    async def flush(self, timeout: float = 30.0) -> int:
        """Wait until all events accepted so far are settled; see `TelemetryClient.flush`."""
        from ._loops import Wake  # noqa: PLC0415  # as above

        wake = Wake()
        self._pipeline.flush(monotonic() + timeout, wake.ring)
        await wake.wait(timeout)
        return self._pipeline.pending

    async def close(self, timeout: float = 30.0) -> int:
        """Take no more events, send what is left, and end; see `TelemetryClient.close`."""
        from ._loops import Wake  # noqa: PLC0415  # as above
        from ._processes import begin_close  # noqa: PLC0415  # loaded when it is needed

        wake = Wake()
        until = begin_close([self._pipeline], timeout)
        self._pipeline.when_closed(wake.ring)
        await wake.wait(until - monotonic())
        return self._pipeline.pending

    async def __aenter__(self) -> Self:
        self._pipeline.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()
