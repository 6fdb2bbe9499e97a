"""
Consumers: what the platform's detectors found, and the events that they read.

::

    with AlertConsumer(brokers="kafka:9092", severity="high") as alerts:
        for alert in alerts:
            page_somebody(alert)

An alert counts as handled when the next one is asked for, or when the ``with`` is left without an
exception; its group then goes on after it, in whatever process. One that was being handled when
its process ended comes again: handle each by its `alert_id` as often as it comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from logging import getLogger
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from ._topic import Start, Topic
from .errors import AlertError, ConfigurationError, InvalidEventError

if TYPE_CHECKING:
    from confluent_kafka import Message

    from .alerts import AnomalyAlert
    from .config import TelemetryConfig
    from .events import Severity, TelemetryEvent

__all__ = ["AlertConsumer", "AsyncAlertConsumer", "EventConsumer"]

OnInvalid: TypeAlias = Callable[[AlertError, bytes], object]

_LOGGER = getLogger("sdk_telemetry.consumers")
_TURN = 0.5  # seconds between two looks at whether it was closed


class _AlertConsumer:
    """What both colours share: options, and what was counted."""

    def __init__(
        self,
        *,
        brokers: str | Sequence[str] | None = None,
        topic: str = "llm-alerts",
        group: str = "sdk-telemetry",
        severity: Severity | str | None = None,
        start: Literal["earliest", "latest"] = "latest",
        on_invalid: OnInvalid | None = None,
        config: TelemetryConfig | None = None,
        **options: Any,
    ) -> None:
        if start not in {"earliest", "latest"}:
            msg = f"`start` must be 'earliest' or 'latest', not {start!r}"
            raise ConfigurationError(msg)
        if not group:
            msg = "`group` must not be empty: it says who shares the alerts"
            raise ConfigurationError(msg)
        topic, settings = _connection(brokers, topic, config, options)
        self._alerts = _Alerts(
            Topic(topic, settings, group=group, start=start),
            _severity(severity),
            on_invalid or _warn,
        )

    @property
    def received(self) -> int:
        """How many messages came."""
        return self._alerts.received

    @property
    def skipped(self) -> int:
        """How many of them were alerts of less than the severity that was asked for."""
        return self._alerts.skipped

    @property
    def invalid(self) -> int:
        """How many of them were no alerts."""
        return self._alerts.invalid


class AlertConsumer(_AlertConsumer):
    """
    Alerts as they come: iterate, or `poll`. Another thread may `close` it, which ends the iteration.

    Args:
        brokers: Addresses, as in ``["kafka-1:9092"]``, or one text with commas; None: as configured.
        topic: Where the alerts are.
        group: Who shares them: of all consumers of a group, one gets each alert.
        severity: The least that is of interest, as in ``"high"``; the rest is passed over.
        start: Where a new group begins: with what is kept (``earliest``) or with what comes.
        on_invalid: Told of a message that is no alert, and its bytes; the message is then passed
            over. What it raises comes out of the iteration, and the group has not passed the message.
            Default: a warning is logged.
        config: Where the other options come from; None: the environment.
        options: How to connect, as `TelemetryConfig` takes it: ``security_protocol``,
            ``sasl_mechanism``, ``sasl_username``, ``sasl_password``, ``ssl_ca_location`` and so on.

    Raises:
        ConfigurationError: An option cannot work, or confluent-kafka is not installed.
    """

    def poll(self, timeout: float = 0.0) -> AnomalyAlert | None:
        """
        Return the next alert; the one before counts as handled.

        Returns:
            None when *timeout* seconds were over, or what came was passed over.

        Raises:
            TelemetryError: The broker does not let us read.
        """
        return self._alerts.next(timeout)

    def commit(self) -> None:
        """
        Say that the last alert is handled, and wait until the broker has kept that.

        Raises:
            TelemetryError: It did not.
        """
        self._alerts.settle()
        self._alerts.keep()

    def close(self) -> None:
        """Leave the group; the last alert counts as handled only if `commit` said so."""
        self._alerts.close()

    def __iter__(self) -> Iterator[AnomalyAlert]:
        return self

    def __next__(self) -> AnomalyAlert:
        while not self._alerts.ended:
            if (alert := self._alerts.next(_TURN)) is not None:
                return alert
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        if kind is None:
            self._alerts.settle()
        self._alerts.close()


class AsyncAlertConsumer(_AlertConsumer):
    """
    `AlertConsumer` for asyncio, with the same options: ``async for alert in alerts``.

    It reads in a thread of its own. A task that is cancelled while it waits loses no alert: who asks
    next gets it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._thread = ThreadPoolExecutor(1, "sdk-telemetry-alerts")
        self._asked: Future[AnomalyAlert | None] | None = None

    async def poll(self, timeout: float = 0.0) -> AnomalyAlert | None:
        """Return the next alert; the one before counts as handled. See `AlertConsumer.poll`."""
        if self._asked is None:
            self._asked = self._thread.submit(self._alerts.next, timeout)
        asked = self._asked  # stays until it is handed out: who waits may be cancelled
        await asyncio.wait([asyncio.wrap_future(asked)])
        self._asked = None
        return asked.result()

    async def commit(self) -> None:
        """Say that the last alert is handled. See `AlertConsumer.commit`."""
        if self._asked is None:  # otherwise the last one is not handed out yet
            await self._run(self._alerts.settle)
        await self._run(self._alerts.keep)

    async def close(self) -> None:
        """Leave the group; the last alert counts as handled only if `commit` said so."""
        await self._run(self._alerts.close)

    def __aiter__(self) -> AsyncIterator[AnomalyAlert]:
        return self

    async def __anext__(self) -> AnomalyAlert:
        while not self._alerts.ended:
            if (alert := await self.poll(_TURN)) is not None:
                return alert
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        if kind is None and self._asked is None:
            await self._run(self._alerts.settle)
        await self.close()

    async def _run(self, act: Callable[[], None]) -> None:
        await asyncio.wrap_future(self._thread.submit(act))


class EventConsumer:
    """
    Events as they come, to look at: it joins no group, and keeps no place.

    Args:
        brokers: Addresses, as in ``["kafka-1:9092"]``, or one text with commas; None: as configured.
        topic: Where the events are; None: as configured, ``llm-telemetry``.
        start: Begin with what is kept (``earliest``), with what comes, or with what came since a time.
        follow: Wait for what comes; otherwise it ends after what is there.
        config: Where the other options come from; None: the environment.
        options: How to connect, as for `AlertConsumer`.

    Attributes:
        invalid: How many messages were no events; they are passed over.

    Raises:
        ConfigurationError: An option cannot work, or confluent-kafka is not installed.
    """

    def __init__(
        self,
        *,
        brokers: str | Sequence[str] | None = None,
        topic: str | None = None,
        start: Start = "latest",
        follow: bool = True,
        config: TelemetryConfig | None = None,
        **options: Any,
    ) -> None:
        topic, settings = _connection(brokers, topic, config, options)
        self._topic = Topic(topic, settings, start=start, follow=follow)
        self.invalid = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._topic.ended

    def poll(self, timeout: float = 0.0) -> TelemetryEvent | None:
        """
        Return the next event.

        Returns:
            None when *timeout* seconds were over, or what came was none.

        Raises:
            TelemetryError: The broker does not let us read.
        """
        from .events import TelemetryEvent  # noqa: PLC0415  # only once there is one

        if (message := self._topic.next(timeout)) is None:
            return None
        try:
            return TelemetryEvent.from_json(message.value() or b"")
        except InvalidEventError:
            self.invalid += 1
            return None

    def close(self) -> None:
        """Hang up."""
        self._topic.close()

    def __iter__(self) -> Iterator[TelemetryEvent]:
        return self

    def __next__(self) -> TelemetryEvent:
        while not self.ended:
            if (event := self.poll(_TURN)) is not None:
                return event
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class _Alerts:
    """Alerts of a topic, in the thread of whoever asks."""

    def __init__(self, topic: Topic, least: Severity | None, on_invalid: OnInvalid) -> None:
        self._topic = topic
        self._least = least
        self._on_invalid = on_invalid
        self._given: Message | None = None
        self.received = 0
        self.skipped = 0
        self.invalid = 0

    @property
    def ended(self) -> bool:
        return self._topic.ended

    def next(self, timeout: float) -> AnomalyAlert | None:
        self.settle()
        if (message := self._topic.next(timeout)) is None:
            return None
        self.received += 1
        alert = self._alert(message)
        if alert is None or (self._least is not None and alert.severity < self._least):
            self.skipped += alert is not None
            self._topic.settle(message)
            return None
        self._given = message
        return alert

    def settle(self) -> None:
        """Count what was handed out as handled."""
        given, self._given = self._given, None
        if given is not None:
            self._topic.settle(given)

    def keep(self) -> None:
        self._topic.commit()

    def close(self) -> None:
        self._topic.close()

    def _alert(self, message: Message) -> AnomalyAlert | None:
        from .alerts import AnomalyAlert  # noqa: PLC0415  # only once there is one

        payload = message.value() or b""
        try:
            return AnomalyAlert.from_json(payload)
        except AlertError as error:
            at = f"partition {message.partition()}, offset {message.offset()}"
            error.add_note(f"in {message.topic()}, {at}")
            self.invalid += 1
            self._on_invalid(error, payload)
            return None


def _connection(
    brokers: str | Sequence[str] | None,
    topic: str | None,
    config: TelemetryConfig | None,
    options: dict[str, Any],
) -> tuple[str, dict[str, Any]]:
    """Return the topic and librdkafka's settings, by the rules of the sink."""
    from .config import TelemetryConfig  # noqa: PLC0415  # only who reads needs it
    from .sinks import KafkaSink  # noqa: PLC0415  # loaded when it is needed

    given = {"brokers": brokers, "topic": topic, **options}
    config = TelemetryConfig.from_env(**given) if config is None else config.replace(**given)
    asked = config.replace(engine="confluent").kafka()
    if config.engine not in {"auto", "confluent"}:
        asked["options"] = None  # those of another library, which would not be understood
    checked = KafkaSink(**asked).options
    from .sinks._confluent import connection_settings  # noqa: PLC0415  # the sink found the library

    return checked.topic, {**connection_settings(checked), **checked.raw}


def _severity(given: Severity | str | None) -> Severity | None:
    from .events import Severity  # noqa: PLC0415  # loaded when it is needed

    try:
        return None if given is None else Severity(given)
    except ValueError as error:
        known = ", ".join(Severity)
        msg = f"`severity` must be one of {known}, not {given!r}"
        raise ConfigurationError(msg) from error


def _warn(error: AlertError, payload: bytes) -> None:
    """Log what was no alert, but not what it held."""
    where = "".join(error.__notes__)
    _LOGGER.warning("passed over a message of %d bytes %s: %s", len(payload), where, error)
