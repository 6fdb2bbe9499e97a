"""Run the benchmark; `./dev bench --help` lists the options."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from . import _report
from ._measures import INTERPRETER, MEASURES, OURS, bench
from ._process import ProcessError, cores, pin, server

if TYPE_CHECKING:
    from ._measures import Measure, Row


def _positive(text: str) -> int:
    if (value := int(text)) < 1:
        msg = "must be at least 1"
        raise argparse.ArgumentTypeError(msg)
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    keys = [*(measure.key for measure in MEASURES), _report.SIZE]
    parser.add_argument(
        "--only",
        action="append",
        choices=keys,
        metavar="NAME",
        help=f"run one measure, may be repeated: {', '.join(keys)}",
    )
    parser.add_argument("--rounds", type=_positive, metavar="N", help="rounds of every measure")
    parser.add_argument("--quick", action="store_true", help="a quarter of the work, 3 rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    parser.add_argument("--gate", action="store_true", help="exit 1 unless every floor is reached")
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help=f"measure the others when {OURS} cannot make a client",
    )
    return parser.parse_args()


def _selected(arguments: argparse.Namespace) -> list[Measure]:
    measures = [one for one in MEASURES if not arguments.only or one.key in arguments.only]
    if arguments.quick:
        measures = [measure.quick() for measure in measures]
    if arguments.rounds:
        measures = [replace(measure, rounds=arguments.rounds) for measure in measures]
    return measures


def _measure(measures: list[Measure], *, allow_missing: bool) -> list[Row]:
    client_core, server_core = cores()
    pin(client_core)  # inherited by every process that is started; the server moves away by itself
    rows: list[Row] = []
    with server(server_core) as url, bench(url) as running:
        present = {name for measure in measures for name in measure.contenders} | {INTERPRETER}
        for contender, reason in running.absent(present).items():
            if contender != OURS or not allow_missing:
                msg = f"{contender} cannot make a client: {reason}"
                raise ProcessError(msg)
            print(f"bench: without {contender}: {reason}", file=sys.stderr)
            present.remove(contender)
        for number, measure in enumerate(measures, 1):
            print(f"bench: {number}/{len(measures)} {measure.title}", file=sys.stderr)
            rows += running.run(measure, present)
    return rows


def main() -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments()
    measures = _selected(arguments)
    head = _report.header()
    try:
        rows = _measure(measures, allow_missing=arguments.allow_missing)
    except ProcessError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    values = _report.measured(rows)
    weighed = not arguments.only or _report.SIZE in arguments.only
    taken = _report.measured_sizes() if weighed else []
    held = _report.floors(measures, rows, taken)
    print(_report.render(head, measures, values, taken, held))
    if arguments.json:
        content = {"header": head, "rows": values, "sizes": taken, "floors": held}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return int(arguments.gate and not all(floor["reached"] for floor in held))


if __name__ == "__main__":
    sys.exit(main())
