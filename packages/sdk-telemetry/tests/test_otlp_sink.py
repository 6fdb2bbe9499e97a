"""Spans on their way to a collector: batches, refusals, and what the options say."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from sdk_core.errors import ConfigurationError
from sdk_telemetry import TelemetryClient
from sdk_telemetry.errors import SinkAuthenticationError, SinkConnectionError
from sdk_telemetry.sinks import OTLPSink, Record

from ._collector import OK, Collector, deliver, record, values

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_what_a_client_tracks_is_a_span_of_the_collector() -> None:
    """From `track` to the Protobuf; the call's own trace goes on."""
    with Collector() as collector:
        sink = OTLPSink(collector.url)
        with TelemetryClient(sinks=[sink], service_name="shop", redaction="full") as client:
            assert client.track("m", "Hi", "Ho", prompt_tokens=7, trace_id=TRACE, span_id=SPAN)
            assert 0 == client.flush(30)
            assert (1, 1) == (client.stats().accepted, client.stats().delivered)
        [span] = collector.spans()
    assert (TRACE, SPAN) == (span.trace_id.hex(), span.parent_span_id.hex())
    assert "Hi" in values(span.attributes)["gen_ai.input.messages"]


def test_batches_are_as_large_as_they_may_be() -> None:
    """By their number, and by their bytes; the rest is left to the lane."""
    with Collector() as collector:
        sink = OTLPSink(collector.url, batch_events=3)
        assert 3 == len(deliver(sink, *map(record, range(5))))
        large = [record(n, errors=["x" * 1_500_000]) for n in range(4)]
        assert 2 == len(deliver(sink, *large))
        huge = record(1, errors=["x" * 5_000_000])
        assert 1 == len(deliver(sink, huge, record(2)))


def test_the_collector_gets_what_the_options_say() -> None:
    """Its path, its headers, and the compression."""
    with Collector() as collector:
        deliver(OTLPSink(f"{collector.url}/", headers={"x-team": "t"}), record())
        deliver(OTLPSink(f"{collector.url}/otlp", compression="none"), record())
        first, second = collector.calls
    assert ("/v1/traces", "gzip", "t") == (
        first.path,
        first.headers["content-encoding"],
        first.headers["x-team"],
    )
    assert ("/otlp", False) == (second.path, "content-encoding" in second.headers)
    assert "application/x-protobuf" == second.headers["content-type"]


def test_the_environment_says_where_the_collector_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for every exporter of OpenTelemetry."""
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        assert [1] == deliver(OTLPSink(), record()).delivered
        assert "/v1/traces" == collector.calls[0].path


def test_an_event_that_cannot_be_read_fails_alone() -> None:
    """Its batch-mates arrive."""
    with Collector() as collector:
        settled = deliver(OTLPSink(collector.url), record(1), Record(2, "x", b"{}"), record(3))
        assert ([1, 3], False) == (settled.delivered, getattr(settled[2], "retryable", None))
        assert [2] == list(deliver(OTLPSink(collector.url), Record(2, "x", b"{}")))


@pytest.mark.parametrize(
    ("status", "retryable"),
    [(429, True), (502, True), (503, True), (504, True), (500, True), (404, False), (400, False)],
)
def test_a_refusal_is_repeated_where_that_makes_sense(status: int, retryable: bool) -> None:
    """Not by the exporter but by the lane, which is told how long to wait."""
    refusal = {"status": status, "headers": {"retry-after": "7"}}
    with Collector(refusal) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert error is not None
        assert (retryable, 7.0, 1) == (error.retryable, error.retry_after, len(collector.calls))


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("Fri, 21 Nov 2025 10:05:00 GMT", 0, 0),
        ("Fri, 21 Nov 2999 10:05:00 GMT", 1e9, 1e11),
        ("soon", None, None),
    ],
)
def test_a_wait_may_be_said_as_a_date(said: str, low: Any, high: Any) -> None:
    """One that has passed is none; what is neither is ignored."""
    with Collector({"status": 503, "headers": {"retry-after": said}}) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert error is not None
        wait = error.retry_after
        assert wait is low if low is None or wait is None else low <= wait <= high


def test_who_is_not_known_is_not_heard_again() -> None:
    """A wrong key in the headers."""
    with Collector({"status": 401}) as collector:
        [error] = deliver(OTLPSink(collector.url), record()).values()
        assert isinstance(error, SinkAuthenticationError)
        assert not error.retryable


def test_a_batch_that_is_too_large_is_divided() -> None:
    """Until the halves are taken; what fails behind that is left to the lane."""
    with Collector({"status": 413}, OK, {"status": 503}) as collector:
        settled = deliver(OTLPSink(collector.url), *map(record, range(4)))
        assert [0, 1] == settled.delivered
        assert [2, 3] == [number for number, error in settled.items() if error and error.retryable]


def test_a_collector_that_is_not_there_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """The message says which, and no path or query of it."""
    with caplog.at_level(logging.CRITICAL):
        sink = OTLPSink("http://127.0.0.1:9/?key=secret")
        [error] = deliver(sink, record()).values()
    assert isinstance(error, SinkConnectionError)
    assert (True, "127.0.0.1 did not take spans: ConnectionError") == (error.retryable, str(error))
    assert "secret" not in repr(sink)


def test_spans_that_the_collector_does_not_keep_have_failed() -> None:
    """It says how many and not which, and the protocol forbids to send them again."""
    partial = ExportTraceServiceResponse(
        partial_success=ExportTracePartialSuccess(rejected_spans=2, error_message="no room")
    )
    answer = {"status": 200, "text": partial.SerializeToString().decode(), "type": "x/y"}
    with Collector(answer) as collector:
        settled = deliver(OTLPSink(collector.url), *map(record, range(5)))
        assert [0, 1, 2] == settled.delivered
        assert "2 spans of a batch" in str(settled[3])
        assert [False, False] == [error.retryable for error in settled.values() if error]


def test_a_success_that_is_no_protobuf_is_a_success() -> None:
    """Some answer with JSON."""
    with Collector({"status": 200, "json": {"ok": True}}) as collector:
        assert [1] == deliver(OTLPSink(collector.url), record()).delivered


class Failing(SpanExporter):
    """An exporter that does not export."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Fail, in one way or the other."""
        if self.error is not None:
            raise self.error
        return SpanExportResult.FAILURE


@pytest.mark.parametrize("error", [None, ValueError("secret")])
def test_what_another_exporter_does_not_take_is_tried_again(error: Exception | None) -> None:
    """Whether it says so or raises; it is shut down with the sink."""
    exporter = Failing(error)
    sink = OTLPSink(exporter=exporter)
    [failure] = deliver(sink, record()).values()
    assert failure is not None
    assert (True, False) == (failure.retryable, "secret" in str(failure))
    sink.forget()
    sink.close(1)


def test_a_forked_child_has_connections_of_its_own() -> None:
    """The parent's stay the parent's."""
    with Collector() as collector:
        sink = OTLPSink(collector.url)
        deliver(sink, record())
        sink.forget()
        assert [1] == deliver(sink, record()).delivered


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": "collector:4318"}, "`endpoint`"),
        ({"mapping": "openinference"}, "`mapping`"),
        ({"compression": "zstd"}, "`compression`"),
        ({"batch_events": 0}, "`batch_events`"),
        ({"certificate": "x"}, "certificate"),
    ],
)
def test_an_option_that_cannot_work_is_refused_at_once(options: dict[str, Any], words: str) -> None:
    """By its name."""
    with pytest.raises(ConfigurationError, match=words):
        OTLPSink(**options)


@pytest.mark.parametrize("missing", ["opentelemetry.sdk.trace", "opentelemetry.exporter.otlp"])
def test_without_the_extra_there_is_no_such_sink(missing: str) -> None:
    """The message says what to install."""
    program = f"""
import sys
sys.modules[{missing!r}] = None
from sdk_telemetry.errors import ConfigurationError
from sdk_telemetry.sinks import OTLPSink
try:
    OTLPSink()
except ConfigurationError as error:
    assert "sdk-telemetry[otlp]" in str(error)
else:
    raise SystemExit("made")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
