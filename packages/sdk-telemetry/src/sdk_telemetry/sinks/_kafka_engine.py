"""What `KafkaSink` asks of a library that speaks Kafka: the whole contract is on this screen."""

from __future__ import annotations

import ctypes
from abc import ABC, abstractmethod
from collections.abc import Sequence
from logging import NullHandler, getLogger
from typing import TYPE_CHECKING, Final

from ..errors import SendError

if TYPE_CHECKING:
    from ._contract import Done
    from ._kafka_options import KafkaOptions
    from ._records import Record

__all__ = ["LOGGER", "Engine", "Handover", "RefusedError", "keep_for_ever", "key_of"]

LOGGER: Final = getLogger("sdk_telemetry.kafka")
LOGGER.addHandler(NullHandler())  # who does not ask for logs is not written to


class Handover:
    """
    Whom to tell of records that were handed to a library together.

    Args:
        done: Told by the sink, in groups.
        since: When they were handed over, in monotonic seconds.
        alone: It is one record, with nothing else in its batch: what is said of the batch is said
            of it.

    Attributes:
        left: How many of them are not confirmed yet.
    """

    __slots__ = ("alone", "arrived", "done", "failed", "left", "since")

    def __init__(self, done: Done, since: float, *, alone: bool = False) -> None:
        self.done = done
        self.since = since
        self.alone = alone
        self.left = 0
        self.arrived: list[Record] = []
        """What arrived since the sink looked last."""
        self.failed: list[tuple[Record, SendError]] = []
        """What did not."""


class RefusedError(SendError):
    """A broker refused a batch for what is in it, be it in one of its messages only."""


class Engine(ABC):
    """
    One producer of a library. All methods are called by one thread, and report to it.

    It never gives up a message because of its age, for a newer one could then overtake it: the sink
    stops the producer, and begins again with the earliest.

    To report is to put a record into the lists of the `Handover` that it came with, once.

    Args:
        options: How to make it.
        always: Headers that every message has.

    Attributes:
        broken: It delivers nothing any more: it is to be stopped, and another one started.
        delivered: It has delivered something, or one before it has.
    """

    broken: bool = False
    delivered: bool = False

    @abstractmethod
    def __init__(self, options: KafkaOptions, always: Sequence[tuple[str, bytes]]) -> None: ...

    @abstractmethod
    def check(self) -> None:
        """
        Have the library look at its options, without connecting to anything.

        Raises:
            ConfigurationError: It does not know one of them, or not so; it is named.
        """

    @abstractmethod
    def start(self) -> None:
        """
        Make the producer.

        Raises:
            SendError: It cannot be made now.
        """

    @abstractmethod
    def send(self, records: Sequence[Record], values: Sequence[bytes], handover: Handover) -> int:
        """
        Hand over records; return how many were, from the first: fewer when there is no room.

        Args:
            records: What is sent.
            values: What each of them is as bytes.
            handover: Whom to tell.
        """

    @abstractmethod
    def poll(self, timeout: float) -> None:
        """Report what became of messages, waiting at most *timeout* seconds for the first."""

    @abstractmethod
    def flush(self, timeout: float) -> None:
        """Send everything now, and report until nothing is left or *timeout* seconds are over."""

    @abstractmethod
    def stop(self, timeout: float) -> None:
        """Give up what is on its way, reporting it as retryable, and end within *timeout* seconds."""

    @abstractmethod
    def abandon(self) -> None:
        """Leave everything as it is, in a forked child: it is the parent's."""


def keep_for_ever(thing: object) -> None:
    """
    See to it that the destructor of *thing* never runs, not even when the interpreter ends.

    A fork copies a producer without its threads. Its destructor would wait for them, or would hang
    up on the brokers for the parent.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def key_of(record: Record) -> bytes | None:
    """Return what the partition of *record* is chosen by; None: nothing."""
    return None if record.key is None else record.key.encode("utf-8", "replace")
