from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from sdk_telemetry.errors import ConfigurationError, SendError
from sdk_telemetry.events import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry.sinks import ConsoleSink, Record


def made(**changes: Any) -> Record:
    """Return the record of an event."""
    response = ResponseInfo("secret answer", 40, finish_reason="stop")
    event = TelemetryEvent(
        "chat",
        "gpt-4ö",
        PromptInfo("secret question", 12),
        response,
        latency_ms=812.4,
        cost_usd=0.01,
    ).replace(**changes)
    return Record(1, event.event_id, event.to_json())


def deliver(sink: ConsoleSink, *given: Record) -> SendError | None:
    """Deliver records; return the error."""
    told: list[SendError | None] = []
    assert sink.deliver(given, lambda _, error: told.append(error)) == len(given)
    (error,) = told
    return error


def test_text() -> None:
    """An event is one line for people, with what matters and without texts."""
    stream = io.StringIO()
    assert deliver(ConsoleSink(stream), made(), made(errors=["timeout"])) is None
    first, second = stream.getvalue().splitlines()
    for word in ("chat", "gpt-4ö", "812 ms", "12 + 40 tokens", "$0.0100", "stop"):
        assert word in first
    assert second.endswith("! timeout")
    assert "secret" not in stream.getvalue()


def test_content() -> None:
    """Texts are printed if that is wanted, and they are captured."""
    stream = io.StringIO()
    deliver(ConsoleSink(stream, content=True), made())
    assert "> secret question" in stream.getvalue()


def test_json() -> None:
    """As JSON, an event is printed as other sinks send it."""
    stream = io.StringIO()
    record = made()
    deliver(ConsoleSink(stream, format="json"), record, record)
    lines = stream.getvalue().splitlines()
    assert [json.loads(line) for line in lines] == [json.loads(record.payload)] * 2


def test_terminals() -> None:
    """What would steer a terminal or begin another line is written out."""
    stream = io.StringIO()
    deliver(ConsoleSink(stream), made(model="gpt\x1b[2J\n2020 fake"))
    assert "\x1b" not in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error is where events are printed unless another stream is given."""
    sink = ConsoleSink()
    deliver(sink, made())
    sink.close(1.0)
    captured = capsys.readouterr()
    assert "gpt-4ö" in captured.err
    assert captured.out == ""
    assert repr(sink) == "<ConsoleSink 'console'>"


def test_no_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without standard error goes on; its events fail."""
    monkeypatch.setattr(sys, "stderr", None)
    error = deliver(ConsoleSink(), made())
    assert error is not None
    assert not error.retryable


def test_narrow_streams() -> None:
    """What the stream's encoding has not is written out."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    deliver(ConsoleSink(stream), made())
    assert b"gpt-4\\xf6" in raw.getvalue()


def test_closed_stream() -> None:
    """On a stream that is closed events fail, for good."""
    stream = io.StringIO()
    stream.close()
    error = deliver(ConsoleSink(stream), made())
    assert error is not None
    assert not error.retryable
    assert error.sink == "console"


BROKEN = """
import sys
from sdk_telemetry.sinks import ConsoleSink, Record
sys.stdin.readline()
told = []
for _ in range(3):
    ConsoleSink(format="json").deliver([Record(1, "a", b"{}")], lambda _, error: told.append(error))
print([error is not None and not error.retryable for error in told], flush=True)
"""


def test_broken_pipe() -> None:
    """When nobody reads the other end of a pipe any more events fail, and the program goes on."""
    reader, writer = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", BROKEN], stdin=-1, stdout=-1, stderr=writer, text=True
    ) as process:
        os.close(writer)
        os.close(reader)
        said, _ = process.communicate("\n", timeout=60)
    # How it ends is Python's business, which has something to say of a broken standard error, too.
    assert said == "[True, True, True]\n"


def test_bad_options() -> None:
    """A format that does not exist is refused."""
    with pytest.raises(ConfigurationError, match=r"`format` .* 'xml'"):
        ConsoleSink(format="xml")  # type: ignore[arg-type]
