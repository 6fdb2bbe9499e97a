"""A collector of OpenTelemetry on loopback, and records to send to it."""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from sdk_core.testing import ExampleServer, Received
from sdk_telemetry.errors import SendError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry.sinks import OTLPSink, Record

OK = {"status": 200, "text": "", "type": "application/x-protobuf"}


def record(number: int = 1, **changes: Any) -> Record:
    """Return an event as the pipeline hands it to sinks."""
    options: dict[str, Any] = {
        "prompt": PromptInfo("", 7),
        "response": ResponseInfo("", 3),
        "timestamp": "2025-11-21T10:05:00.250Z",
        "latency_ms": 250.0,
    }
    event = TelemetryEvent("shop", f"m{number}", **{**options, **changes})
    return Record(number, event.event_id, event.to_json())


class Settled(dict[int, SendError | None]):
    """Keeps what the sink says of records."""

    def __call__(self, records: Sequence[Record], error: SendError | None) -> None:
        """Take what became of some."""
        for each in records:
            assert each.number not in self
            self[each.number] = error

    @property
    def delivered(self) -> list[int]:
        """The numbers of those that arrived."""
        return sorted(number for number, error in self.items() if error is None)


def deliver(sink: OTLPSink, *records: Record) -> Settled:
    """Hand in records and return what became of them, which is said of the first ones at once."""
    settled = Settled()
    taken = sink.deliver(records, settled)
    assert set(settled) == {each.number for each in records[:taken]}
    return settled


class Collector(ExampleServer):
    """Answers in turn, the last one again and again, and decodes what it gets."""

    def __init__(self, *answers: Mapping[str, Any]) -> None:
        super().__init__()
        self.answers = deque(answers or (OK,))

    def answer(self, call: Received) -> Mapping[str, Any]:
        """Return the next answer."""
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]

    def requests(self) -> list[Any]:
        """Return the requests, decoded."""
        return [
            ExportTraceServiceRequest.FromString(
                gzip.decompress(call.body) if "content-encoding" in call.headers else call.body
            )
            for call in self.calls
        ]

    def spans(self) -> list[Any]:
        """Return the spans of all requests."""
        return [
            span
            for request in self.requests()
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


def values(attributes: Any) -> dict[str, Any]:
    """Return attributes of Protobuf as Python has them."""

    def value(each: Any) -> Any:
        kind = each.WhichOneof("value")
        held = getattr(each, kind)
        return [value(item) for item in held.values] if kind == "array_value" else held

    return {each.key: value(each.value) for each in attributes}
