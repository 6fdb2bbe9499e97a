"""A topic of Kafka, read message by message: what the consumers share."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from logging import getLogger
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from .errors import ConfigurationError, TelemetryError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

__all__ = ["Start", "Topic"]

Start: TypeAlias = Literal["earliest", "latest"] | datetime
"""Where to begin: with what is kept, with what comes, or with what came since then."""

_LOGGER = getLogger("sdk_telemetry.consumers")
_ANSWERS = 1.0  # seconds, at the least, that a broker has to say which partitions there are
_LOOKS = 10_000  # milliseconds between two looks for topics and partitions that are new
_WAITS = 100  # milliseconds that a broker may wait for more before it answers
_NO_GROUP = "sdk-telemetry-reader"  # librdkafka wants a name even where no group is joined


class Topic:
    """
    What comes from one topic, from several threads if it must be; it connects when it is first read.

    Args:
        name: The topic.
        settings: librdkafka's, of the connection.
        group: Who shares the messages, and remembers how far they are; None: each reader gets all.
        start: Where to begin, for a group: when it begins anew.
        follow: Wait for what comes; otherwise it ends after what is there when it begins.

    Attributes:
        ended: There is nothing more to come.

    Raises:
        ConfigurationError: librdkafka refuses *settings*.
    """

    def __init__(
        self,
        name: str,
        settings: Mapping[str, Any],
        *,
        group: str | None = None,
        start: Start = "latest",
        follow: bool = True,
    ) -> None:
        self._name = name
        self._group = group
        self._start = start
        self._follow = follow
        self._begun = self._closed = False
        self._unread: set[int] = set()  # partitions that have not been read to their end
        self._refused: str | None = None
        self._lock = threading.Lock()
        self.ended = False
        self._consumer = self._made(settings)

    def next(self, timeout: float) -> Message | None:
        """
        Return the next message, within *timeout* seconds; the one before is not settled by that.

        Raises:
            TelemetryError: The broker does not let us.
        """
        with self._lock:
            if self.ended:
                return None
            if not self._begun:
                self._begin(timeout)
            message = self._consumer.poll(timeout)
            if self._refused is not None:
                msg = f"cannot read `{self._name}`: {self._refused}"
                raise TelemetryError(msg)
            if message is None:
                return None
            if (error := message.error()) is not None:
                self._consider(error, message.partition())
                return None
            return message

    def settle(self, message: Message) -> None:
        """Let the group remember that *message* is dealt with."""
        from confluent_kafka import KafkaException  # noqa: PLC0415  # an extra

        # Another member has the partition by now, and gets the message again.
        with self._lock, suppress(KafkaException, RuntimeError):
            self._consumer.store_offsets(message)

    def commit(self) -> None:
        """Wait until the broker knows what is settled."""
        from confluent_kafka import KafkaException  # noqa: PLC0415  # an extra

        with self._lock:
            try:
                self._consumer.commit(asynchronous=False)
            except KafkaException as error:
                if error.args[0].name() != "_NO_OFFSET":  # otherwise all of it was known
                    msg = f"the group's place in `{self._name}` was not kept: {error.args[0].str()}"
                    raise TelemetryError(msg) from error

    def close(self) -> None:
        """Leave the group, and commit what is settled."""
        with self._lock:
            if not self._closed:
                self.ended = self._closed = True
                self._consumer.close()

    def _made(self, settings: Mapping[str, Any]) -> Consumer:
        from confluent_kafka import Consumer, KafkaException  # noqa: PLC0415  # an extra

        from .sinks._kafka_engine import LOGGER  # noqa: PLC0415  # what librdkafka says, as of sinks

        told = {
            **settings,
            "group.id": self._group or _NO_GROUP,
            "enable.auto.commit": self._group is not None,
            "enable.auto.offset.store": False,
            "auto.offset.reset": self._start if isinstance(self._start, str) else "latest",
            "enable.partition.eof": not self._follow,
            "fetch.wait.max.ms": _WAITS,
            "topic.metadata.refresh.interval.ms": _LOOKS,
            "error_cb": self._problem,
            "logger": LOGGER,
        }
        try:
            return Consumer(told)
        except KafkaException as error:
            msg = f"these options do not work together: {error.args[0].str()}"
            raise ConfigurationError(msg) from error

    def _begin(self, timeout: float) -> None:
        """Begin to read, if the broker says where; otherwise the next call asks again."""
        if self._group is not None:
            self._consumer.subscribe([self._name])
            self._begun = True
        elif found := self._places(max(timeout, _ANSWERS)):
            self._unread = {each.partition for each in found}
            self._consumer.assign(found)
            self._begun = True

    def _places(self, timeout: float) -> list[TopicPartition]:
        from confluent_kafka import (  # noqa: PLC0415  # an extra
            OFFSET_BEGINNING,
            OFFSET_END,
            KafkaException,
            TopicPartition,
        )

        try:
            topic = self._consumer.list_topics(self._name, timeout=timeout).topics[self._name]
            if topic.error is not None:
                self._consider(topic.error, None)
                return []
            at = {"earliest": OFFSET_BEGINNING, "latest": OFFSET_END}
            if isinstance(self._start, str):
                offset = at[self._start]
                return [TopicPartition(self._name, n, offset) for n in topic.partitions]
            since = int(self._start.timestamp() * 1000)
            asked = [TopicPartition(self._name, n, since) for n in topic.partitions]
            return list(self._consumer.offsets_for_times(asked, timeout=timeout))
        except KafkaException as error:
            self._consider(error.args[0], None)
            return []

    def _problem(self, error: KafkaError) -> None:
        """Take what librdkafka says of its connections, in the thread that reads."""
        if error.name() == "_AUTHENTICATION":
            self._refused = error.str()
        else:
            _LOGGER.info("reading %s: %s", self._name, error.str())

    def _consider(self, error: KafkaError, partition: int | None) -> None:
        """Take what a broker answered instead of a message."""
        if error.name() == "_PARTITION_EOF":
            self._unread.discard(-1 if partition is None else partition)
            self.ended = not self._unread
        elif error.name().endswith("AUTHORIZATION_FAILED"):
            msg = f"cannot read `{self._name}`: {error.str()}"
            raise TelemetryError(msg)
        else:  # not there yet, away, or it took too long: it is asked again
            _LOGGER.info("reading %s: %s", self._name, error.str())
