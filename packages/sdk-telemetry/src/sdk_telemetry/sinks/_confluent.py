"""Kafka by confluent-kafka: librdkafka does the work, in threads that never need the GIL."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from types import MethodType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from confluent_kafka import KafkaError, KafkaException, Producer

from ..errors import (
    ConfigurationError,
    SendError,
    SinkAuthenticationError,
    SinkConnectionError,
)
from ._kafka_engine import LOGGER, Engine, Handover, keep_for_ever, key_of
from ._kafka_errors import broker_error, denies
from ._kafka_tokens import Tokens

if TYPE_CHECKING:
    from ._kafka_options import KafkaOptions
    from ._records import Record

    Headers: TypeAlias = list[tuple[str, str | bytes | None]]

__all__ = ["ConfluentEngine", "connection_settings"]

_AUTHENTICATION: Final = KafkaError._AUTHENTICATION  # noqa: SLF001  # public: librdkafka's own errors begin so
_AWAY: Final = frozenset(
    {
        KafkaError._MSG_TIMED_OUT,  # noqa: SLF001  # as above
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  # as above
        KafkaError._TRANSPORT,  # noqa: SLF001  # as above
        KafkaError._RESOLVE,  # noqa: SLF001  # as above
        KafkaError._SSL,  # noqa: SLF001  # as above
        KafkaError._TIMED_OUT,  # noqa: SLF001  # as above
        KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001  # as above
    }
)
_GIVEN_UP: Final = frozenset({KafkaError._PURGE_INFLIGHT, KafkaError._PURGE_QUEUE})  # noqa: SLF001  # as above
_HOPELESS: Final = frozenset({KafkaError._INVALID_ARG, KafkaError._UNSUPPORTED_FEATURE})  # noqa: SLF001  # as above
_PURGING: Final = 1.0  # seconds that a purge takes at the most: no broker is waited for


class ConfluentEngine(Engine):
    """
    A `confluent_kafka.Producer`.

    Args:
        options: How to make it.
        always: Headers that every message has.
    """

    def __init__(self, options: KafkaOptions, always: Sequence[tuple[str, bytes]]) -> None:
        self._options = options
        self._always = always
        self._producer: Producer | None = None
        self._errors: dict[int, SendError] = {}
        self._fault: SendError | None = None
        self._last: KafkaError | None = None

    def check(self) -> None:
        """
        Have the library look at all options, without connecting to anything.

        Raises:
            ConfigurationError: It knows one of them not, or not so; it is named.
        """
        options = {**self._translated(), "bootstrap.servers": ""}
        if options.get("sasl.mechanism") == "OAUTHBEARER":  # a token would be waited for
            options.pop("oauth_cb", None)
            del options["sasl.mechanism"]
            options["security.protocol"] = options["security.protocol"].removeprefix("SASL_")
        try:
            Producer(options)
        except (KafkaException, TypeError, ValueError) as error:
            said = error.args[0].str() if isinstance(error, KafkaException) else error
            msg = f"`options`: {said}"
            raise ConfigurationError(msg) from None

    def start(self) -> None:
        """Make the producer; it connects by itself, and goes on trying to."""
        try:
            self._producer = Producer(self._translated())
        except KafkaException as error:  # no token in ten seconds, or a file is gone
            msg = f"Kafka: {error.args[0].str()}"
            raise self._fault or SendError(msg, retryable=True) from error

    def send(self, records: Sequence[Record], values: Sequence[bytes], handover: Handover) -> int:
        """Hand over records, until the producer's queue is full."""
        assert self._producer is not None
        produce, topic, always = self._producer.produce, self._options.topic, self._always
        arrived, failed = handover.arrived.append, handover.failed.append

        # Bound to its record as a method: a third of what a partial takes.
        def told(record: Record, error: KafkaError | None, _: object) -> None:
            if error is None:
                self.delivered = True
                arrived(record)
            else:
                failed((record, self._error(error)))

        for taken, record in enumerate(records):
            headers: Headers = [*always, ("event-id", record.event_id), *record.headers]
            try:
                produce(
                    topic,
                    values[taken],
                    key_of(record),
                    -1,
                    MethodType(told, record),
                    headers=headers,
                )
            except BufferError:
                return taken
            except KafkaException as error:
                told(record, error.args[0], None)
        return len(records)

    def poll(self, timeout: float) -> None:
        """Have callbacks called."""
        assert self._producer is not None
        self._serve(self._producer.poll, timeout)

    def flush(self, timeout: float) -> None:
        """Wait until nothing is left; it is sent without lingering."""
        assert self._producer is not None
        self._serve(self._producer.flush, timeout)

    def stop(self, timeout: float) -> None:
        """Purge what is left, which has it reported, and destroy the producer."""
        assert self._producer is not None
        producer, self._producer = self._producer, None
        producer.purge()
        deadline = time.monotonic() + max(timeout, _PURGING)
        while len(producer) and time.monotonic() < deadline:
            self._serve(producer.poll, 0.01)

    def abandon(self) -> None:
        """See to it that nobody touches the producer, whose threads are in the parent."""
        keep_for_ever(self._producer)
        self._producer = None

    def _serve(self, serve: Callable[[float], int], timeout: float) -> None:
        self._errors.clear()
        try:
            serve(timeout)
        except KafkaException as error:  # fatal errors are raised, others go to the callback
            self._noticed(error.args[0])

    def _noticed(self, error: KafkaError) -> None:
        """Hear of what concerns no single message."""
        self._last = error
        if error.fatal():
            self.broken = True
            self._fault = self._meaning(error, error.code())
        elif error.code() == _AUTHENTICATION and not self.delivered:
            # Credentials that never worked will not begin to: nobody waits for a time limit.
            self.broken = True
            self._fault = self._fault or self._denied(error)

    def _error(self, error: KafkaError) -> SendError:
        """Return what *error* means to a sink; the same object for the same, within a poll."""
        code = error.code()
        # What a topic was denied is remembered, and said of messages that no broker has seen.
        self.broken = self.broken or error.fatal() or denies(code)
        if code not in self._errors:
            self._errors[code] = self._meaning(error, code)
        return self._errors[code]

    def _meaning(self, error: KafkaError, code: int) -> SendError:
        if code > 0:
            return broker_error(code, error.str())
        if code in _GIVEN_UP and self._fault is not None:
            return self._fault
        if code in _AWAY or code in _GIVEN_UP:
            last = self._last
            if last is not None and last.code() == _AUTHENTICATION:
                return self._denied(last)
            said = "given up before Kafka confirmed" if code in _GIVEN_UP else error.str()
            why = "" if last is None else f" ({last.str()})"
            return SinkConnectionError(f"Kafka: {said}{why}", retryable=True)
        return SendError(f"Kafka: {error.str()}", retryable=code not in _HOPELESS)

    def _denied(self, error: KafkaError) -> SendError:
        # Who was let in before may be let in again: their token ended, or a broker just began.
        return SinkAuthenticationError(f"Kafka: {error.str()}", retryable=self.delivered)

    def _translated(self) -> dict[str, Any]:
        given = self._options
        options = connection_settings(given)
        options |= {
            "compression.type": given.compression,
            "acks": given.acks,
            "enable.idempotence": given.idempotence,
            "linger.ms": given.linger_ms,
            "batch.size": given.batch_bytes,
            "message.max.bytes": given.max_request_bytes,
            "queue.buffering.max.kbytes": given.buffer_bytes // 1024,
            "queue.buffering.max.messages": given.buffer_messages,
            "message.timeout.ms": 0,  # never: see `Engine`
            "partitioner": "murmur2_random",
            "logger": LOGGER,
        }
        if not given.idempotence:
            options["max.in.flight"] = 1  # a repeated request would overtake what came behind it
        if "oauth_cb" in options:
            options["oauth_cb"] = partial(self._token, options["oauth_cb"])
        return {**options, **given.raw, "error_cb": self._noticed}

    def _token(self, ask: Callable[[str], tuple[str, float]], said: str) -> tuple[str, float]:
        try:
            token = ask(said)
        except SendError as error:
            self._fault = error
            raise
        self._fault = None
        return token


def connection_settings(options: KafkaOptions) -> dict[str, Any]:
    """
    Return how to connect, as librdkafka calls it; consumers connect so, too.

    Args:
        options: What a sink was told.
    """
    named = {
        "sasl.mechanism": options.sasl_mechanism,
        "sasl.username": options.sasl_username,
        "sasl.password": options.sasl_password,
        "ssl.ca.location": options.ssl_ca_location,
        "ssl.certificate.location": options.ssl_cert_location,
        "ssl.key.location": options.ssl_key_location or options.ssl_cert_location,
        "ssl.key.password": options.ssl_key_password,
    }
    settings: dict[str, Any] = {
        "bootstrap.servers": ",".join(options.brokers),
        "client.id": options.client_id,
        "security.protocol": options.security_protocol,
        "socket.keepalive.enable": True,
        **{name: value for name, value in named.items() if value is not None},
    }
    if options.sasl_token is not None:
        tokens = Tokens(options.sasl_token)
        settings["oauth_cb"] = lambda _: tokens.get()
    return settings
