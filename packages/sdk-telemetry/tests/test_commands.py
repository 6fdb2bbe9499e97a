"""`python -m sdk_telemetry tail` and `summary`: what they write, to the letter."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from sdk_telemetry import PromptInfo, ResponseInfo, TelemetryEvent
from sdk_telemetry._commands import main
from sdk_telemetry._summary import Row
from sdk_telemetry._tables import shown
from sdk_telemetry.testing import MockKafka

EVENTS = [
    TelemetryEvent(
        "checkout",
        "gpt-5",
        PromptInfo("What is\n\x1b[31mred?", 1204, [0.5]),
        ResponseInfo("A colour.", 311, finish_reason="stop"),
        event_id="018f0000-0000-7000-8000-000000000001",
        timestamp="2026-01-22T03:00:01.123456Z",
        latency_ms=812.4,
        cost_usd=0.0123,
    ),
    TelemetryEvent(
        "search",
        "claude\x1b[2J",
        event_id="018f0000-0000-7000-8000-000000000002",
        timestamp="2026-01-22T03:00:02Z",
        latency_ms=30_000,
        errors=["timeout after 30 s", "gave\nup"],
    ),
]


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a file of two events and a line that is none."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join([EVENTS[0].to_json(), b"none", EVENTS[1].to_json(), b""]))
    return str(path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return what carries out a command: its exit code, and what it wrote."""

    def done(*arguments: str) -> tuple[int, str, str]:
        code = main(arguments)
        return code, *capsys.readouterr()

    return done


Run = Callable[..., tuple[int, str, str]]


def test_tail_writes_a_line_for_each_event(run: Run, file: str) -> None:
    """Who asked what when, how long it took, tokens, cost, how it ended; no text, no escapes."""
    assert run("tail", "--no-follow", file) == (
        0,
        (
            "2026-01-22 03:00:01.123Z  checkout  gpt-5  812 ms  1,204 + 311 tokens  $0.0123  stop\n"
            "2026-01-22 03:00:02.000Z  search  claude\\x1b[2J  30,000 ms  0 + 0 tokens  $0.0000"
            "  ! timeout after 30 s  ! gave\\nup\n"
        ),
        "1 messages were no events\n",
    )


def test_tail_shows_content_if_it_is_asked_to(run: Run, file: str) -> None:
    """Prompt and answer stand below, line by line, and steer no terminal."""
    _, wrote, _ = run("tail", "--no-follow", "--content", "--model", "gpt*", file)
    assert wrote.splitlines()[1:] == ["  > What is", "  > \\x1b[31mred?", "  < A colour."]


def test_tail_writes_json(run: Run, file: str) -> None:
    """Events as they were sent, but for texts and vectors."""
    _, wrote, _ = run("tail", "--no-follow", "--json", file)
    bare = EVENTS[0].replace(
        prompt=PromptInfo("", 1204), response=ResponseInfo("", 311, finish_reason="stop")
    )
    assert [TelemetryEvent.from_json(each) for each in wrote.splitlines()] == [bare, EVENTS[1]]


def test_tail_writes_json_with_content(run: Run, file: str) -> None:
    """Asked for, they are there."""
    _, wrote, _ = run("tail", "--no-follow", "--json", "--content", file)
    assert [TelemetryEvent.from_json(each) for each in wrote.splitlines()] == EVENTS


@pytest.mark.parametrize(
    ("arguments", "services"),
    [
        (["--model", "gpt-5"], ["checkout"]),
        (["--model", "nothing", "--model", "claude*"], ["search"]),
        (["--service", "s*"], ["search"]),
        (["--errors"], ["search"]),
        (["--slower", "1000"], ["search"]),
        (["--errors", "--service", "checkout"], []),
        (["--count", "1"], ["checkout"]),
        (["--since", "1d"], []),
        (["--since", "99999d"], ["checkout", "search"]),
    ],
)
def test_filters(run: Run, file: str, arguments: list[str], services: list[str]) -> None:
    """Only events that all filters let through are shown; of one filter any pattern will do."""
    _, wrote, _ = run("tail", "--no-follow", "--json", *arguments, file)
    assert [json.loads(each)["service_name"] for each in wrote.splitlines()] == services


def test_summary_writes_lines_where_nobody_looks(run: Run, file: str) -> None:
    """Into a pipe goes a line for each model, and one for all."""
    code, wrote, _ = run("summary", "--no-follow", file)
    lines = [line.partition(" ")[2] for line in wrote.splitlines()]
    assert (code, lines) == (
        0,
        [
            (
                "model=claude\\x1b[2J calls=1 rate=1.00/s p50=30040ms p95=30040ms p99=30040ms "
                "tokens_in=0 tokens_out=0 cost=$0.0000 errors=1"
            ),
            (
                "model=gpt-5 calls=1 rate=1.00/s p50=804ms p95=804ms p99=804ms "
                "tokens_in=1204 tokens_out=311 cost=$0.0123 errors=0"
            ),
            (
                "model=total calls=2 rate=2.00/s p50=804ms p95=30040ms p99=30040ms "
                "tokens_in=1204 tokens_out=311 cost=$0.0123 errors=1"
            ),
            "invalid=1",
        ],
    )


def test_summary_writes_json(run: Run, file: str) -> None:
    """One object, with a list of models and the sum."""
    _, wrote, _ = run("summary", "--no-follow", "--json", file)
    (told,) = [json.loads(each) for each in wrote.splitlines()]
    assert [each["model"] for each in told["models"]] == ["claude\x1b[2J", "gpt-5"]
    assert (told["total"]["events"], told["total"]["errors"], told["invalid"]) == (2, 1, 1)


ROWS = [
    Row("gpt-5", 120, 2.0, 412.2, 1810.0, 2400.0, 145_000, 31_000, 1.2345, 3),
    Row("[red]odd", 1, 0.02, 5.0, 5.0, 5.0, 10, 5, 0.0, 0),
    Row("total", 121, 2.02, 410.0, 1800.0, 2399.0, 145_010, 31_005, 1.2345, 3),
]


TABLE = """\
model    calls per s p50 ms   p95   p99 tokens in    out   US $   errors
────────────────────────────────────────────────────────────────────────
gpt-5      120   2.0    412 1,810 2,400   145,000 31,000 1.2345 3 (2.5%)
[red]odd     1   0.0      5     5     5        10      5 0.0000        0
total      121   2.0    410 1,800 2,399   145,010 31,005 1.2345 3 (2.5%)
                       2 messages were no events
"""


class Terminal(StringIO):
    """A terminal of 80 columns."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def test_summary_shows_a_table_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time the table before is replaced; the last one stays."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    with shown(terminal) as show:
        show(ROWS, 0)
        show(ROWS, 2)
    wrote = terminal.getvalue()
    assert "\x1b[1A" in wrote
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", wrote[wrote.rindex("\x1b[2K") :])
    assert [line.rstrip() for line in last.splitlines() if line.strip()] == TABLE.splitlines()


def test_summary_of_a_file_on_a_terminal(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is what people get."""
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    assert main(["summary", "--no-follow", file]) == 0
    assert "p95" in terminal.getvalue()


def test_summary_writes_lines_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed a terminal gets the lines of a pipe."""
    monkeypatch.setattr("sdk_telemetry._tables.find_spec", lambda name: None)
    terminal = Terminal()
    with shown(terminal) as show:
        show(ROWS, 0)
    assert terminal.getvalue().count("model=") == 3


def test_events_come_from_kafka(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without files the broker is asked that the environment names."""
    from confluent_kafka import Producer  # noqa: PLC0415  # an extra

    with MockKafka(1) as kafka:
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        for each in EVENTS:
            producer.produce("llm-telemetry", each.to_json())
        assert producer.flush(20) == 0
        monkeypatch.setenv("SDK_TELEMETRY_BROKERS", kafka.bootstrap)
        _, wrote, _ = run("tail", "--no-follow", "--json")
        assert len(wrote.splitlines()) == 2
        monkeypatch.delenv("SDK_TELEMETRY_BROKERS")
        _, wrote, _ = run("tail", "--all", "-n1", "--brokers", kafka.bootstrap)
        assert "gpt-5" in wrote or "claude" in wrote


def test_a_file_may_say_where_kafka_is(run: Run, tmp_path: Path) -> None:
    """`--config` and `--profile` are those of a client."""
    path = tmp_path / "telemetry.toml"
    path.write_text('[profiles.here]\nbrokers = ["127.0.0.1:x"]\n')
    code, _, said = run("tail", "--config", str(path), "--profile", "here")
    assert code == 1
    assert "brokers" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tail"], "`brokers` are missing"),
        (["tail", "--brokers", "kafka:9092", "events.jsonl"], "`--brokers`"),
        (["tail", "--no-follow", "/nowhere"], "/nowhere"),
    ],
)
def test_what_cannot_work_is_said(run: Run, arguments: list[str], said: str) -> None:
    """An error is a line, not a traceback, and exits with 1."""
    code, _, wrote = run(*arguments)
    assert code == 1
    assert wrote.startswith("error: ")
    assert said in wrote


@pytest.mark.parametrize(
    "arguments", [[], ["tail", "--since", "soon"], ["summary", "--window", "0s"]]
)
def test_wrong_arguments_exit_with_2(arguments: list[str]) -> None:
    """As everywhere."""
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


def start(*arguments: str) -> subprocess.Popen[str]:
    """Run a command as people do."""
    return subprocess.Popen(
        [sys.executable, "-m", "sdk_telemetry", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )


def ended(process: subprocess.Popen[str]) -> tuple[Any, ...]:
    """Return how it ended, and what it said of that."""
    with process:
        assert process.stderr is not None
        said = process.stderr.read()
    return process.returncode, said


def test_tail_follows_until_it_is_interrupted(tmp_path: Path) -> None:
    """Each event is written as it comes; an interrupt is how following ends."""
    path = tmp_path / "events.jsonl"
    process = start("tail", "--all", str(path))
    assert process.stdout is not None
    for each in EVENTS:
        with path.open("ab") as file:
            file.write(each.to_json() + b"\n")
        assert each.service_name in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert ended(process) == (0, "")


def test_tail_ends_when_nobody_reads(tmp_path: Path) -> None:
    """As in `tail | head -1`: quietly."""
    path = tmp_path / "events.jsonl"
    path.write_bytes((EVENTS[0].to_json() + b"\n") * 2_000)
    process = start("tail", "--no-follow", str(path))
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert ended(process) == (0, "")


def test_summary_says_again_and_again(tmp_path: Path) -> None:
    """While it follows there is one each time; an interrupt ends it."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(EVENTS[0].to_json() + b"\n")
    process = start("summary", "--all", "--json", "--every", "50ms", "--window", "1h", str(path))
    assert process.stdout is not None
    totals: list[int] = []
    while totals[-1:] != [1]:
        totals.append(json.loads(process.stdout.readline())["total"]["events"])
    process.send_signal(signal.SIGINT)
    assert ended(process) == (0, "")
