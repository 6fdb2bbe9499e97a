"""Kafka by kafka-python, where no wheel of confluent-kafka runs; it brings a thread of its own."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.net.sasl.oauth import AbstractTokenProvider

from ..errors import SendError, SinkConnectionError
from ._kafka_engine import Engine, Handover, keep_for_ever, key_of
from ._kafka_errors import broker_error
from ._kafka_options import tls_context, unknown
from ._kafka_tokens import Tokens

if TYPE_CHECKING:
    from ._kafka_options import KafkaOptions
    from ._records import Record

__all__ = ["KafkaPythonEngine"]

_ENDING: Final = 1.0  # seconds that its thread may take to end, however little time there is
_CONNECTING: Final = 10.0  # seconds that the first connection, or a topic's metadata, may take
_NEVER: Final = 2**31 - 1  # milliseconds: see `Engine`


class KafkaPythonEngine(Engine):
    """
    A `kafka.KafkaProducer`; that has no bound on its memory, so this has.

    Args:
        options: How to make it.
        always: Headers that every message has.
    """

    def __init__(self, options: KafkaOptions, always: Sequence[tuple[str, bytes]]) -> None:
        self._options = options
        self._always = always
        self._producer: Any = None
        self._outstanding: dict[Record, Handover] = {}
        self._bytes = 0
        self._settled: deque[tuple[Record, int, BaseException | None]] = deque()
        self._some_settled = threading.Event()

    def check(self) -> None:
        """Refuse options that the library does not know."""
        for name in self._options.raw:
            if name not in KafkaProducer.DEFAULT_CONFIG:
                raise unknown(name, KafkaProducer.DEFAULT_CONFIG, "kafka-python")

    def start(self) -> None:
        """Connect, within ten seconds."""
        try:
            self._producer = _Producer(**self._translated())
        except KafkaError as error:
            raise _meaning(error) from error

    def send(self, records: Sequence[Record], values: Sequence[bytes], handover: Handover) -> int:
        """Hand over records while there is room for them."""
        given = self._options
        for taken, (record, value) in enumerate(zip(records, values, strict=True)):
            size = len(value)
            if (
                self._bytes + size > given.buffer_bytes
                or len(self._outstanding) >= given.buffer_messages
            ):
                return taken
            self._keep(record, size, handover)
            headers = [*self._always, ("event-id", record.event_id.encode()), *record.headers]
            try:
                future = self._producer.send(given.topic, value, key_of(record), headers)
            except KafkaTimeoutError as error:  # the topic is unknown: the others would wait, too
                self._settle(record, size, error)
                for other in records[taken + 1 :]:
                    self._keep(other, 0, handover)
                    self._settle(other, 0, error)
                break
            except KafkaError as error:
                self._settle(record, size, _meaning(error))
            else:
                future.add_callback(self._confirmed, record, size)
                future.add_errback(self._settle, record, size)
        return len(records)

    def poll(self, timeout: float) -> None:
        """Report what the thread of the library has settled."""
        if not self._settled:
            self._some_settled.wait(timeout)
        self._some_settled.clear()
        while self._settled:
            record, size, error = self._settled.popleft()
            handover = self._outstanding.pop(record)
            self._bytes -= size
            if error is None:
                handover.arrived.append(record)
            else:
                # What a broker refuses ends an idempotent producer; one whose batches expire may
                # never find back to a broker that returns. What is refused here ends nothing.
                if isinstance(error, KafkaError):
                    expired = isinstance(error, KafkaTimeoutError)
                    self.broken = self.broken or expired or not error.retriable
                handover.failed.append((record, _meaning(error)))

    def flush(self, timeout: float) -> None:
        """Have batches sent without lingering, and report."""
        deadline = time.monotonic() + timeout
        self._producer.flush(timeout)
        self.poll(0.0)
        while self._outstanding and (left := deadline - time.monotonic()) > 0:
            self.poll(left)

    def stop(self, timeout: float) -> None:
        """Close the producer; what it leaves unsaid can be sent again."""
        self._producer.close(max(timeout, _ENDING))
        self._producer = None
        self.poll(0.0)
        error = SinkConnectionError(
            "the producer was given up before Kafka confirmed", retryable=True
        )
        for record, handover in self._outstanding.items():
            handover.failed.append((record, error))
        self._outstanding.clear()
        self._bytes = 0

    def abandon(self) -> None:
        """See to it that nobody closes the producer: its connections are the parent's, too."""
        keep_for_ever(self._producer)
        self._producer = None

    def _keep(self, record: Record, size: int, handover: Handover) -> None:
        self._outstanding[record] = handover
        self._bytes += size

    def _confirmed(self, record: Record, size: int, _: object) -> None:
        self._settle(record, size, None)

    def _settle(self, record: Record, size: int, error: BaseException | None) -> None:
        self._settled.append((record, size, error))
        if not self._some_settled.is_set():
            self._some_settled.set()

    def _translated(self) -> dict[str, Any]:
        given = self._options
        request = min(30.0, given.delivery_timeout / 2)
        options: dict[str, Any] = {
            "bootstrap_servers": list(given.brokers),
            "client_id": given.client_id,
            "compression_type": None if given.compression == "none" else given.compression,
            "acks": given.acks,
            "enable_idempotence": given.idempotence,
            "linger_ms": given.linger_ms,
            "batch_size": given.batch_bytes,
            "max_request_size": given.max_request_bytes,
            "delivery_timeout_ms": _NEVER,
            "request_timeout_ms": int(request * 1000),
            "max_block_ms": int(_CONNECTING * 1000),
            "bootstrap_timeout_ms": int(_CONNECTING * 1000),
            "max_in_flight_requests_per_connection": 5 if given.idempotence else 1,
            "security_protocol": given.security_protocol,
        }
        if given.tls:
            options["ssl_context"] = tls_context(given)
        if given.sasl:
            options["sasl_mechanism"] = given.sasl_mechanism
            options["sasl_plain_username"] = given.sasl_username
            options["sasl_plain_password"] = given.sasl_password
        if given.sasl_token is not None:
            options["sasl_oauth_token_provider"] = _Provider(given.sasl_token)
        return {**options, **given.raw}


class _Producer(KafkaProducer):  # type: ignore[misc]  # the library has no types
    """A producer that closes even when it cannot flush: its `close` gives up if `flush` raises."""

    def flush(self, timeout: float | None = None) -> None:
        with suppress(KafkaError):  # what a batch failed with is reported by its callbacks
            super().flush(timeout)


class _Provider(AbstractTokenProvider):  # type: ignore[misc]  # as above
    """Tokens, as kafka-python asks for them: before each connection."""

    def __init__(self, source: Any) -> None:
        self._tokens = Tokens(source)

    def token(self) -> str:
        return self._tokens.get()[0]

    def extensions(self) -> dict[str, str]:
        return {}


def _meaning(error: BaseException) -> SendError:
    code = getattr(error, "errno", None)
    if isinstance(error, SendError):
        return error
    if isinstance(code, int):
        return broker_error(code, str(error))
    return SinkConnectionError(f"Kafka: {error}", retryable=True)
