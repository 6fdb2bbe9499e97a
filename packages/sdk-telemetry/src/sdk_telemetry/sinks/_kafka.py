"""Kafka: events as messages of a topic."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from .._loading import loading
from ..errors import ConfigurationError, SendError, SinkConnectionError
from ._contract import Done, Sink
from ._kafka_engine import LOGGER, Engine, Handover, RefusedError
from ._kafka_options import KafkaOptions, engine_for

if TYPE_CHECKING:
    from sdk_core.typing import TokenProvider

    from ._records import Record

__all__ = ["Encoding", "KafkaSink"]

_ENGINES: Final = {
    "confluent": ("._confluent", "ConfluentEngine"),
    "kafka-python": ("._kafka_python", "KafkaPythonEngine"),
    "aiokafka": ("._aiokafka", "AiokafkaEngine"),
}
_OVERHEAD: Final = 512
"""Bytes that a batch, a record and headers of usual length add to a payload, at the most."""


class Encoding(Protocol):
    """How a payload is framed, as by the formats of `sdk_telemetry.schemas`."""

    content_type: str

    def encode(self, record: Record) -> bytes:
        """Return the bytes to send instead of the payload of *record*, which is JSON."""


class KafkaSink(Sink):
    """
    Send events to a topic of Kafka, as JSON, with headers that say what they are.

    The headers are ``content-type``, ``event-id``, and those of the record, such as ``traceparent``.
    Records with the same key go to the same partition, the one that Java's clients would choose, and
    keep their order there. Unless told otherwise a message counts as delivered when all replicas
    have it, and is not written twice by a repeated request; after a crash it may be, and is
    recognised by its ``event-id``.

    The libraries other than confluent-kafka are there for machines without it. They do not say when
    credentials are wrong, only that no broker can be reached; aiokafka lingers even when it is
    flushed, and with ``acks=0`` may lose what was sent just before it is closed.

    A message that is too large fails alone: when a broker refuses a batch, the batch is taken apart
    until what is at fault stands by itself.

    Args:
        brokers: Addresses, as in ``["kafka-1:9092", "kafka-2:9092"]``, or one text with commas.
        topic: Where the events go.
        client_id: Who sends, as it is said in the logs of brokers.
        compression: ``none``, ``gzip``, ``snappy``, ``lz4`` or ``zstd``. gzip costs ten times the
            processor time of the last two.
        acks: ``"all"`` replicas must have a message, or the leader (1), or nobody (0).
        idempotence: Repeated requests write nothing twice; None: with ``acks="all"``.
        linger_ms: Milliseconds that a message waits for company.
        batch_bytes: Bytes of a batch, at the most.
        max_request_bytes: Bytes of a message, at the most; the brokers' ``message.max.bytes``.
        buffer_bytes: Bytes that may wait in the library.
        buffer_messages: Messages that may wait in the library.
        delivery_timeout: Seconds after which a message that was not confirmed is handed back, with all
            that were handed over behind it.
        security_protocol: ``PLAINTEXT``, ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``; None: the
            encrypted one that the options below ask for, PLAINTEXT if there are none of them.
        sasl_mechanism: ``PLAIN``, ``SCRAM-SHA-256``, ``SCRAM-SHA-512`` or ``OAUTHBEARER``.
        sasl_username: Who sends, but for OAUTHBEARER.
        sasl_password: What proves it.
        sasl_token: Gives tokens for OAUTHBEARER, and is asked again before one ends: a function that
            returns one, or a credential of sdk-auth, such as ``OAuth(ClientCredentials(...))``.
        ssl_ca_location: Who signs the brokers' certificates, a file in PEM format or a folder of
            them; None: whom the machine trusts.
        ssl_cert_location: Our certificate, a file in PEM format.
        ssl_key_location: Its key, if that is not in the same file.
        ssl_key_password: What the key is locked with.
        engine: The library to send with: ``confluent`` (the extra ``kafka``), ``kafka-python`` or
            ``aiokafka`` (extras of those names), ``auto`` for the first that is installed.
        options: More options of that library, by its own names; they go before those above.
        encoding: Frames payloads otherwise than as bare JSON; see `sdk_telemetry.schemas`.
        name: Its name in statistics, logs and the outbox.

    Raises:
        ConfigurationError: An option cannot work, or the library is not installed.
    """

    batch = 1000
    in_flight = 20_000

    def __init__(
        self,
        brokers: str | Sequence[str],
        *,
        topic: str = "llm-telemetry",
        client_id: str = "sdk-telemetry",
        compression: str | None = "zstd",
        acks: str | int = "all",
        idempotence: bool | None = None,
        linger_ms: float = 20.0,
        batch_bytes: int = 262_144,
        max_request_bytes: int = 1_048_576,
        buffer_bytes: int = 33_554_432,
        buffer_messages: int = 100_000,
        delivery_timeout: float = 120.0,
        security_protocol: str | None = None,
        sasl_mechanism: str | None = None,
        sasl_username: str | None = None,
        sasl_password: str | None = None,
        sasl_token: TokenProvider | Any = None,
        ssl_ca_location: str | Path | None = None,
        ssl_cert_location: str | Path | None = None,
        ssl_key_location: str | Path | None = None,
        ssl_key_password: str | None = None,
        engine: Literal["auto", "confluent", "kafka-python", "aiokafka"] = "auto",
        options: Mapping[str, Any] | None = None,
        encoding: Encoding | None = None,
        name: str = "kafka",
    ) -> None:
        self.options = KafkaOptions(
            brokers=brokers,
            topic=topic,
            client_id=client_id,
            compression=compression,
            acks=acks,
            idempotence=idempotence,
            linger_ms=linger_ms,
            batch_bytes=batch_bytes,
            max_request_bytes=max_request_bytes,
            buffer_bytes=buffer_bytes,
            buffer_messages=buffer_messages,
            delivery_timeout=delivery_timeout,
            security_protocol=security_protocol,
            sasl_mechanism=sasl_mechanism,
            sasl_username=sasl_username,
            sasl_password=sasl_password,
            sasl_token=sasl_token,
            ssl_ca_location=ssl_ca_location,
            ssl_cert_location=ssl_cert_location,
            ssl_key_location=ssl_key_location,
            ssl_key_password=ssl_key_password,
            raw=options,
        )
        self.name = name
        self.max_bytes = max_request_bytes - _OVERHEAD
        self.engine = engine_for(engine, self.options.compression)
        self._encode = encoding.encode if encoding is not None else None
        content_type = "application/json" if encoding is None else encoding.content_type
        self._headers = [("content-type", content_type.encode())]
        self._clear()
        if options:
            self._new().check()

    def __repr__(self) -> str:
        at = ",".join(self.options.brokers)
        return f"KafkaSink({at!r}, topic={self.options.topic!r}, engine={self.engine!r}, name={self.name!r})"

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Hand records to the library; none while a batch that was refused is taken apart."""
        if self._apart:
            self._take_apart(0.0)
            self._tell()
            return 0
        values, fault = self._framed(records)
        handover = Handover(done, time.monotonic())
        try:
            taken = self._send(records[: len(values)], values, handover)
        except SendError as error:
            error.sink = self.name
            done(records, error)
            return len(records)
        if fault is not None and taken == len(values):
            handover.failed.append((records[taken], fault))
            handover.left += 1
            self._on_the_way += 1
            taken += 1
        self._tell()
        return taken

    def poll(self, timeout: float) -> None:
        """Tell what became of messages; return after the first, or after *timeout* seconds."""
        self._step(timeout)
        self._tell()

    def flush(self, timeout: float) -> None:
        """Send what waits for company, and tell what became of it within *timeout* seconds."""
        deadline = time.monotonic() + timeout
        self._step(timeout, flush=True)
        while (self._on_the_way or self._apart) and (left := deadline - time.monotonic()) > 0:
            self._step(left, flush=True)
        self._tell()

    def close(self, timeout: float) -> None:
        """Send what waits within *timeout* seconds; what is not confirmed then can be sent again."""
        deadline = time.monotonic() + timeout
        self.flush(timeout)
        if self._engine is not None:
            self._stop(self._engine, max(0.0, deadline - time.monotonic()))
        error = SinkConnectionError("it was closed before Kafka confirmed", retryable=True)
        for done, records in [*self._refused.items(), *self._groups]:
            for record in records:
                self._fail(done, record, error)
        self._refused.clear()
        self._groups.clear()
        self._tell()

    def forget(self) -> None:
        """Leave the parent's producer alone; this process makes its own when it needs one."""
        if self._engine is not None:
            self._engine.abandon()
        self._clear()

    @property
    def _apart(self) -> bool:
        """Whether a batch that was refused is being taken apart."""
        return bool(self._refused or self._groups)

    def _clear(self) -> None:
        self._engine: Engine | None = None
        self._delivered = False
        self._on_the_way = 0
        self._handovers: deque[Handover] = deque()  # the earliest first
        self._arrived: dict[Done, list[Record]] = {}
        self._failed: dict[tuple[Done, type, str], tuple[SendError, list[Record]]] = {}
        self._refused: dict[Done, list[Record]] = {}
        self._groups: deque[tuple[Done, list[Record]]] = deque()

    def _framed(self, records: Sequence[Record]) -> tuple[list[bytes], SendError | None]:
        """Return *records* as bytes, and why the one behind the last of them cannot be framed."""
        encode = self._encode
        if encode is None:
            return [record.payload for record in records], None
        values: list[bytes] = []
        for record in records:
            try:
                values.append(encode(record))
            except SendError as error:
                return values, error
            except Exception as error:  # what it says may hold what the event says
                msg = f"`encoding` cannot frame the event: {type(error).__name__}"
                return values, SendError(msg)
        return values, None

    def _new(self) -> Engine:
        # As late as possible: the library costs 50 ms or more.
        module, kind = _ENGINES[self.engine]
        with loading():
            engine: type[Engine] = getattr(import_module(module, __package__), kind)
        made = engine(self.options, self._headers)
        made.delivered = self._delivered
        return made

    def _send(self, records: Sequence[Record], values: Sequence[bytes], handover: Handover) -> int:
        if self._engine is not None and self._engine.broken:
            self._stop(self._engine, 0.0)
        if self._engine is None:
            engine = self._new()
            try:
                engine.start()
            except ConfigurationError as error:  # a file that was there is not any more
                raise SendError(str(error), retryable=True) from error
            self._engine = engine
        self._handovers.append(handover)
        handover.left = taken = self._engine.send(records, values, handover)
        self._on_the_way += taken
        return taken

    def _step(self, timeout: float, *, flush: bool = False) -> None:
        engine = self._engine
        if self._apart:
            self._take_apart(timeout)
        elif engine is not None:
            (engine.flush if flush else engine.poll)(timeout)
        self._gather()
        if engine is not None and engine is self._engine and (engine.broken or self._is_late()):
            self._stop(engine, 0.0)
            self._gather()

    def _is_late(self) -> bool:
        """Whether a message is unconfirmed for too long: then all are handed back, in their order."""
        latest = time.monotonic() - self.options.delivery_timeout
        return bool(self._handovers) and self._handovers[0].since < latest

    def _stop(self, engine: Engine, timeout: float) -> None:
        engine.stop(timeout)
        self._delivered = engine.delivered
        self._engine = None

    def _fail(self, done: Done, record: Record, error: SendError) -> None:
        error.sink = self.name
        same = (done, type(error), str(error))  # told of together
        self._failed.setdefault(same, (error, []))[1].append(record)

    def _gather(self) -> None:
        """Sort what the library reported: who arrived, who failed, whose batch is taken apart."""
        for handover in self._handovers:
            arrived, failed, done = handover.arrived[:], handover.failed[:], handover.done
            if not (arrived or failed):
                continue
            # The same lists go on: the engine holds on to them.
            handover.arrived.clear()
            handover.failed.clear()
            handover.left -= len(arrived) + len(failed)
            self._on_the_way -= len(arrived) + len(failed)
            if arrived:
                self._arrived.setdefault(done, []).extend(arrived)
            refused = []
            for record, error in failed:
                if isinstance(error, RefusedError) and not handover.alone:
                    refused.append(record)
                else:
                    self._fail(done, record, error)
            if refused:
                self._refused[done] = sorted(
                    [*self._refused.get(done, ()), *refused], key=lambda record: record.number
                )
        while self._handovers and not self._handovers[0].left:
            self._handovers.popleft()

    def _take_apart(self, timeout: float) -> None:
        """Send the next half of a batch that was refused, once nothing else is on the way."""
        if self._on_the_way and self._engine is not None:
            self._engine.flush(timeout)
            self._gather()
        if self._on_the_way:
            return
        for done, records in self._refused.items():
            LOGGER.warning("%s: a batch of %d messages was refused", self, len(records))
            middle = (len(records) + 1) // 2
            halves = [(done, half) for half in (records[middle:], records[:middle]) if half]
            self._groups.extendleft(halves)
        self._refused.clear()
        done, records = self._groups.popleft()
        handover = Handover(done, time.monotonic(), alone=len(records) == 1)
        values, _ = self._framed(records)
        try:
            taken = self._send(records, values, handover)
        except SendError as error:
            for record in records:
                self._fail(done, record, error)
            return
        if taken < len(records):
            self._groups.appendleft((done, records[taken:]))
        if self._engine is not None:
            self._engine.flush(timeout)
            self._gather()

    def _tell(self) -> None:
        self._gather()
        arrived, self._arrived = self._arrived, {}
        for done, records in arrived.items():
            done(records, None)
        failed, self._failed = self._failed, {}
        for (done, _, _), (error, records) in failed.items():
            done(records, error)
