"""
The commands of ``python -m sdk_telemetry``.

What a broker wants to know of us is no argument, which shells keep and everybody on a machine sees:
it comes from the environment or a file, as for a client.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Protocol

from sdk_core.errors import SDKError

from ._event_files import EventFiles
from ._event_lines import as_json, as_text
from ._summary import Window
from ._tables import shown
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .config import TelemetryConfig
    from .events import TelemetryEvent

__all__ = ["main"]

_LIVELY, _PLAIN = timedelta(seconds=1), timedelta(seconds=10)
_TURN = 0.5  # seconds between two looks at whether it was interrupted
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_EPILOG = """\
Events come from FILES with one JSON object a line (- is standard input), or, without any, from
Kafka. The broker, and what it wants to know of us, is set as for a client: by --config, or by
variables such as SDK_TELEMETRY_BROKERS and SDK_TELEMETRY_SASL_PASSWORD. No prompt and no answer is
shown unless --content asks for it."""


class Source(Protocol):
    """Where events come from."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come."""

    @property
    def invalid(self) -> int:
        """How many messages or lines were no events."""

    def poll(self, timeout: float) -> TelemetryEvent | None:
        """Return the next event, or None when none came within *timeout* seconds."""

    def close(self) -> None:
        """Let go of it."""


def main(arguments: Sequence[str]) -> int:
    """
    Carry out a command.

    Args:
        arguments: Those of the command line, without the program.

    Returns:
        0; 1 if it failed, 130 if it was interrupted before its end. Wrong arguments exit with 2.
    """
    given = _parser().parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):  # whatever the terminal cannot show is written out
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with closing(_source(given)) as source:
            given.command(given, source)
            if source.invalid and given.command is tail:
                sys.stderr.write(f"{source.invalid} messages were no events\n")
    except SDKError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except BrokenPipeError:  # whoever read has enough; what is left to flush is for nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 0 if given.follow else 130
    return 0


def tail(given: argparse.Namespace, source: Source) -> None:
    """Write events as they come."""
    write = as_json if given.json else as_text
    left = given.count
    while not source.ended and left != 0:
        event = source.poll(_TURN)
        if event is not None and _wanted(event, given):
            sys.stdout.write(write(event, content=given.content) + "\n")
            sys.stdout.flush()
            left -= 1


def summary(given: argparse.Namespace, source: Source) -> None:
    """Show again and again what the events of a window come to; once, if they are not followed."""
    window = Window(given.window.total_seconds() if given.follow else None)
    every = (
        given.every or (_LIVELY if sys.stdout.isatty() and not given.json else _PLAIN)
    ).total_seconds()
    due = time.monotonic() + every
    with shown(sys.stdout, objects=given.json) as show:
        while not source.ended:
            event = source.poll(min(max(due - time.monotonic(), 0.0), _TURN))
            if event is not None and _wanted(event, given):
                window.add(event)
            if given.follow and time.monotonic() >= due:
                show(window.rows(), source.invalid)
                due = time.monotonic() + every
        show(window.rows(), source.invalid)


def _wanted(event: TelemetryEvent, given: argparse.Namespace) -> bool:
    return (
        _matches(event.model, given.model)
        and _matches(event.service_name, given.service)
        and (bool(event.errors) or not given.errors)
        and event.latency_ms >= given.slower
    )


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, each) for each in patterns)


def _source(given: argparse.Namespace) -> Source:
    start = None if given.since is None else datetime.now(UTC) - given.since
    if given.files:
        if given.brokers or given.topic:
            msg = "`--brokers` and `--topic` are of no use with files: events come from one of both"
            raise ConfigurationError(msg)
        whole = given.all or not given.follow
        return EventFiles(given.files, whole=whole, follow=given.follow, since=start)
    from .consumers import EventConsumer  # noqa: PLC0415  # Kafka, which files spare

    return EventConsumer(
        brokers=given.brokers,
        topic=given.topic,
        start=start or ("earliest" if given.all or not given.follow else "latest"),
        follow=given.follow,
        config=_config(given),
    )


def _config(given: argparse.Namespace) -> TelemetryConfig:
    from .config import TelemetryConfig  # noqa: PLC0415  # as above

    if given.config is None:
        return TelemetryConfig.from_env()
    return TelemetryConfig.from_file(given.config, given.profile)


def _parser() -> argparse.ArgumentParser:
    options: Any = {"allow_abbrev": False, "epilog": _EPILOG}
    parser = argparse.ArgumentParser("python -m sdk_telemetry", description=__doc__, **options)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    which = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    add = which.add_argument
    add("files", nargs="*", metavar="FILE", help="files with one event a line; default: Kafka")
    add("--brokers", help="addresses of Kafka, as in kafka-1:9092,kafka-2:9092")
    add("--topic", help="where events are; default: as configured, llm-telemetry")
    add("--config", metavar="FILE", help="a file with the configuration")
    add("--profile", help="which part of that file")
    add(
        "--all", action="store_true", help="begin with the first that is there, not with what comes"
    )
    add("--since", type=_span, metavar="TIME", help="begin so long ago, as in 90s, 10m, 2h, 1d")
    add("--no-follow", dest="follow", action="store_false", help="end after what is there")
    add("--model", action="append", default=[], metavar="NAME", help="only these, as in 'gpt-5*'")
    add("--service", action="append", default=[], metavar="NAME", help="only of these services")
    add("--errors", action="store_true", help="only calls that had errors")
    add("--slower", type=float, default=0.0, metavar="MS", help="only calls that took so long")
    add("--json", action="store_true", help="write objects, one a line")

    one = commands.add_parser("tail", help="events as they come", parents=[which], **options)
    one.set_defaults(command=tail)
    one.add_argument("--content", action="store_true", help="show prompts and answers")
    one.add_argument("-n", "--count", type=int, default=-1, help="end after so many")

    all_ = commands.add_parser(
        "summary",
        help="rate, latency, tokens, cost and errors by model",
        parents=[which],
        **options,
    )
    all_.set_defaults(command=summary)
    all_.add_argument(
        "--window", type=_span, default=timedelta(minutes=1), help="how far back; default: 1m"
    )
    all_.add_argument(
        "--every", type=_span, help="time between two; default: 1s on a terminal, or 10s"
    )
    return parser


def _span(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    if found is None or not float(found[1]):
        msg = f"{text!r} is no time, such as 90s, 10m, 2h or 1d"
        raise argparse.ArgumentTypeError(msg)
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])
