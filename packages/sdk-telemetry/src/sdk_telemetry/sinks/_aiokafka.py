"""Kafka by aiokafka, on an event loop that runs while the sink is called: no thread beside it."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.abc import AbstractTokenProvider
from aiokafka.errors import KafkaError

from ..errors import SendError, SinkConnectionError
from ._kafka_engine import Engine, Handover, keep_for_ever, key_of
from ._kafka_errors import broker_error
from ._kafka_options import tls_context, unknown
from ._kafka_tokens import Tokens

if TYPE_CHECKING:
    from ._kafka_options import KafkaOptions
    from ._records import Record

__all__ = ["AiokafkaEngine"]

_CONNECTING: Final = 10.0  # seconds that the first connection may take
_ENDING: Final = 1.0  # seconds that it may take to give everything up
_HANDING: Final = 0.1  # seconds that messages may wait for room, before that is up to the caller

T = TypeVar("T")


class AiokafkaEngine(Engine):
    """
    An `aiokafka.AIOKafkaProducer`.

    Args:
        options: How to make it.
        always: Headers that every message has.
    """

    def __init__(self, options: KafkaOptions, always: Sequence[tuple[str, bytes]]) -> None:
        self._options = options
        self._always = always
        self._producer: Any = None
        self._loop: asyncio.Runner | None = None
        self._outstanding: dict[Record, Handover] = {}
        self._bytes = 0
        self._settled: deque[tuple[Record, int, BaseException | None]] = deque()
        self._some_settled = asyncio.Event()

    def check(self) -> None:
        """Refuse options that the library does not know."""
        known = inspect.signature(AIOKafkaProducer).parameters
        for name in self._options.raw:
            if name not in known:
                raise unknown(name, known, "aiokafka")

    def start(self) -> None:
        """Connect, within ten seconds."""
        self._loop = asyncio.Runner()
        try:
            self._run(self._begin())
        except BaseException as error:
            self._loop.close()
            if isinstance(error, (KafkaError, OSError)):  # TimeoutError is an OSError
                raise _meaning(error) from error
            raise

    def send(self, records: Sequence[Record], values: Sequence[bytes], handover: Handover) -> int:
        """Hand over records while there is room for them."""
        return self._run(self._hand_over(records, values, handover))

    def poll(self, timeout: float) -> None:
        """Let the loop run until something is settled, and report it."""
        self._run(self._wait(timeout))
        self._tell()

    def flush(self, timeout: float) -> None:
        """Wait until batches are sent, and report; the library lingers all the same."""
        deadline = time.monotonic() + timeout
        self._run(self._flush(timeout))
        self._tell()
        while self._outstanding and (left := deadline - time.monotonic()) > 0:
            self.poll(left)

    def stop(self, timeout: float) -> None:
        """Close the producer and its loop; what that leaves unsaid can be sent again."""
        assert self._loop is not None
        self._run(self._end(max(timeout, _ENDING)))
        self._loop.close()
        self._tell()
        gone = "the producer was given up before Kafka confirmed"
        error = SinkConnectionError(gone, retryable=True)
        for record, handover in self._outstanding.items():
            handover.failed.append((record, error))
        self._outstanding.clear()
        self._bytes = 0

    def abandon(self) -> None:
        """See to it that nobody closes the loop: what it waits on is the parent's, too."""
        keep_for_ever(self._loop)
        keep_for_ever(self._producer)

    def _run(self, step: Coroutine[Any, Any, T]) -> T:
        assert self._loop is not None
        return self._loop.run(step)

    async def _begin(self) -> None:
        producer = AIOKafkaProducer(**self._translated())
        try:
            async with asyncio.timeout(_CONNECTING):
                await producer.start()
                await producer.partitions_for(self._options.topic)
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer

    async def _hand_over(
        self, records: Sequence[Record], values: Sequence[bytes], handover: Handover
    ) -> int:
        send, topic, limit = self._producer.send, self._options.topic, self._options.buffer_bytes
        taken = 0
        try:
            async with asyncio.timeout(_HANDING):
                for record, value in zip(records, values, strict=True):
                    if self._bytes + len(value) > limit:
                        break
                    event_id = ("event-id", record.event_id.encode())
                    headers = [*self._always, event_id, *record.headers]
                    future = await send(topic, value, key_of(record), headers=headers)
                    self._keep(record, len(value), handover)
                    future.add_done_callback(partial(self._told, record, len(value)))
                    taken += 1
        except TimeoutError:
            pass  # there was no room for the next, and it was not taken
        except KafkaError as error:
            # Without a number it is about the producer, not about the message.
            self.broken = self.broken or getattr(error, "errno", None) is None
            self._keep(records[taken], 0, handover)
            self._settle(records[taken], 0, _meaning(error))
            taken += 1
        return taken

    async def _wait(self, timeout: float) -> None:
        await asyncio.sleep(0)  # lets the loop see to its sockets, even if there is no time to wait
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._some_settled.wait()

    async def _flush(self, timeout: float) -> None:
        with suppress(TimeoutError, KafkaError):  # of which each message is told by itself
            async with asyncio.timeout(timeout):
                await self._producer.flush()

    async def _end(self, timeout: float) -> None:
        with suppress(TimeoutError, KafkaError):
            async with asyncio.timeout(timeout):
                await self._producer.stop()
        await self._producer.client.close()

    def _keep(self, record: Record, size: int, handover: Handover) -> None:
        self._outstanding[record] = handover
        self._bytes += size

    def _told(self, record: Record, size: int, future: asyncio.Future[Any]) -> None:
        gone = KafkaError("it was given up")
        self._settle(record, size, gone if future.cancelled() else future.exception())

    def _settle(self, record: Record, size: int, error: BaseException | None) -> None:
        self._settled.append((record, size, error))
        self._some_settled.set()

    def _tell(self) -> None:
        self._some_settled.clear()
        while self._settled:
            record, size, error = self._settled.popleft()
            handover = self._outstanding.pop(record)
            self._bytes -= size
            if error is None:
                handover.arrived.append(record)
            else:
                # What a broker refuses leaves a gap in the numbers of an idempotent producer, which
                # the library does not close.
                refused = isinstance(error, KafkaError) and not error.retriable
                self.broken = self.broken or refused
                handover.failed.append((record, _meaning(error)))

    def _translated(self) -> dict[str, Any]:
        given = self._options
        options: dict[str, Any] = {
            "bootstrap_servers": list(given.brokers),
            "client_id": given.client_id,
            "compression_type": None if given.compression == "none" else given.compression,
            "acks": given.acks,
            "enable_idempotence": given.idempotence,
            "linger_ms": given.linger_ms,
            "max_batch_size": given.batch_bytes,
            "max_request_size": given.max_request_bytes,
            "request_timeout_ms": int(min(40.0, given.delivery_timeout) * 1000),
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


class _Provider(AbstractTokenProvider):  # type: ignore[misc]  # the library has no types
    """Tokens, as aiokafka asks for them: before each connection."""

    def __init__(self, source: Any) -> None:
        self._tokens = Tokens(source)

    async def token(self) -> str:
        return (await asyncio.to_thread(self._tokens.get))[0]


def _meaning(error: BaseException) -> SendError:
    code = getattr(error, "errno", None)
    if isinstance(error, SendError):
        return error
    if isinstance(error, KafkaError) and isinstance(code, int):
        return broker_error(code, str(error))
    return SinkConnectionError(f"Kafka: {str(error) or type(error).__name__}", retryable=True)
