"""Events to a collector of OpenTelemetry: each a GenAI span, by the official exporter."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit, urlunsplit

from ..errors import ConfigurationError, InvalidEventError, SendError, SinkConnectionError
from ._bounds import positive
from ._contract import Done, Sink
from ._refusals import DIVIDED, refusal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

    from ._otlp_exporters import Observed
    from ._otlp_spans import SpanMaker
    from ._records import Record

__all__ = ["OTLPSink"]

Names: TypeAlias = Literal["gen_ai", "llm"]
_Pair: TypeAlias = "tuple[Record, ReadableSpan | SendError]"

_TRACES = "/v1/traces"
_MOST_BYTES = 4 * 1024 * 1024  # of events in a batch; collectors take at least as much
_MISSING = "`OTLPSink` needs OpenTelemetry: pip install 'sdk-telemetry[otlp]'"


class OTLPSink(Sink):
    """
    Send events as spans, by OTLP over HTTP in Protobuf.

    A span ends at its event's time and began the event's latency before. It stands below the span
    that the event names, in the same trace; that span itself is never made up. An event that is
    sent twice is the same span twice, as the span's identifier is made of the event's.

    Needs the extra ``otlp``.

    Args:
        endpoint: The collector, such as ``http://collector:4318``; a path is taken as it is, and
            none means ``/v1/traces``. Default: what ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` or
            ``OTEL_EXPORTER_OTLP_ENDPOINT`` of the environment say, else this machine.
        headers: More headers, such as for authentication.
        compression: Of bodies: ``gzip`` or ``none``.
        timeout: Seconds for a batch.
        mapping: The names of attributes: ``gen_ai`` for those of OpenTelemetry's conventions,
            ``llm`` for those that the parser of LLM Sentinel reads.
        content: Texts that events have, after the client's redaction, stand on spans.
            ``SDK_TELEMETRY_DISABLE_CONTENT=1`` forbids it whatever is said here.
        metadata: Which metadata stands on spans, by its names, as ``metadata.NAME``; default all.
        resource: What is said of the program, beside ``service.name`` and what
            ``OTEL_RESOURCE_ATTRIBUTES`` says.
        exporter: Another exporter of spans, such as one by gRPC; it takes the place of *endpoint*,
            *headers*, *compression* and *timeout*, and whatever it does not take is tried again.
        batch_events: Most spans of a batch.
        name: Its name in statistics and the outbox.
        **options: More options of the exporter, such as ``certificate_file``.

    Raises:
        ConfigurationError: An option cannot work, or the extra is missing.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        compression: Literal["gzip", "none"] = "gzip",
        timeout: float = 10.0,
        mapping: Names = "gen_ai",
        content: bool = True,
        metadata: Collection[str] | None = None,
        resource: Mapping[str, Any] | None = None,
        exporter: SpanExporter | None = None,
        batch_events: int = 512,
        name: str = "otlp",
        **options: Any,
    ) -> None:
        if mapping not in get_args(Names):
            msg = f"`mapping` of an OTLP sink must be 'gen_ai' or 'llm', not {mapping!r}"
            raise ConfigurationError(msg)
        self.name = name
        self.batch = positive("batch_events", batch_events, "an OTLP sink")
        self._given = exporter
        self._host = urlsplit(endpoint or "").hostname or "the collector"
        try:
            from ._otlp_spans import SpanMaker  # noqa: PLC0415  # imports OpenTelemetry's SDK
        except ImportError as error:
            raise ConfigurationError(_MISSING) from error
        self._maker: SpanMaker = SpanMaker(
            mapping, content=content, metadata=metadata, resource=resource
        )
        self._options = {
            "endpoint": _whole(endpoint),
            "headers": None if headers is None else dict(headers),
            "compression": compression,
            "timeout": timeout,
            **options,
        }
        self._open()

    def __repr__(self) -> str:
        return f"<OTLPSink {self.name!r} to {self._host}>"

    def deliver(self, records: Sequence[Record], done: Done) -> int:
        """Send records as spans, up to the first that may go better later."""
        settled = 0

        def settle(some: Sequence[Record], error: SendError | None) -> None:
            nonlocal settled
            settled += len(some)
            done(some, error)

        size = 0
        batch: list[_Pair] = []
        for record in records[: self.batch]:
            size += len(record.payload)
            if batch and size > _MOST_BYTES:
                break
            batch.append((record, self._span(record)))
        self._send(batch, settle)
        return settled

    def close(self, timeout: float) -> None:  # noqa: ARG002  # nothing is under way between two calls
        """Shut the exporter down."""
        self._exporter.shutdown()

    def forget(self) -> None:
        """Have connections of its own, in a forked child."""
        self._open()

    def _open(self) -> None:
        self._session: Observed | None = None
        if self._given is not None:
            self._exporter = self._given
            return
        try:
            from ._otlp_exporters import open_exporter  # noqa: PLC0415  # as above
        except ImportError as error:
            raise ConfigurationError(_MISSING) from error
        self._exporter, self._session = open_exporter(**self._options)

    def _span(self, record: Record) -> ReadableSpan | SendError:
        try:
            return self._maker.make(record.event)
        except InvalidEventError as error:
            return SendError(f"the event cannot be read: {error}", sink=self.name)

    def _send(self, pairs: Sequence[_Pair], done: Done) -> bool:
        """Send a batch; return whether there is sense in sending another one now."""
        good = [(record, span) for record, span in pairs if not isinstance(span, SendError)]
        failure = self._export([span for _, span in good]) if good else None
        session = self._session
        if (
            failure is not None
            and session is not None
            and session.status in DIVIDED
            and len(good) > 1
        ):
            half = len(pairs) // 2
            return self._send(pairs[:half], done) and self._send(pairs[half:], done)
        records = [record for record, _ in good]
        kept = len(records) if session is None else max(0, len(records) - session.rejected)
        if records[:kept]:
            done(records[:kept], failure)
        if records[kept:]:
            done(records[kept:], self._lost(records[kept:]))
        for record, span in pairs:
            if isinstance(span, SendError):
                done([record], span)
        return failure is None or not failure.retryable

    def _export(self, spans: Sequence[ReadableSpan]) -> SendError | None:
        """Hand spans to the exporter; return why they did not arrive."""
        from opentelemetry import context  # noqa: PLC0415  # there since the constructor
        from opentelemetry.sdk.trace.export import SpanExportResult  # noqa: PLC0415  # as above

        kind, session = "", self._session
        if session is not None:
            session.reset()
        # What records the requests of HTTP clients leaves these alone, as it does the SDK's own.
        token = context.attach(context.set_value("suppress_instrumentation", value=True))
        try:
            if self._exporter.export(spans) is SpanExportResult.SUCCESS:
                return None
        except Exception as error:  # whatever an exporter raises, it has not exported
            kind = type(error).__name__
        finally:
            context.detach(token)
        if session is None or session.status is None:
            why = (session and session.failure) or kind or "its exporter says no more"
            msg = f"{self._host} did not take spans: {why}"
            return SinkConnectionError(msg, sink=self.name, retryable=True)
        return refusal(self._host, session.status, session.retry_after, sink=self.name)

    def _lost(self, records: Sequence[Record]) -> SendError:
        # The protocol forbids to send them again, and has no way to say which they are.
        msg = f"{self._host} did not keep {len(records)} spans of a batch, and does not say which"
        return SendError(msg, sink=self.name)


def _whole(endpoint: str | None) -> str | None:
    """Return the address of the traces, where only that of the collector is given."""
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        # Not the address itself: it may hold a password.
        msg = "`endpoint` of an OTLP sink must be a URL, such as http://collector:4318"
        raise ConfigurationError(msg)
    return urlunsplit(parts._replace(path=_TRACES)) if parts.path in {"", "/"} else endpoint
