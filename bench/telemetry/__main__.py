"""Measure what telemetry costs; ratios are of contenders that take turns in one run."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.core._figures import Figure

SETS: Final = ("track", "instrumented", "kafka", "outbox")
HEAD: Final = f"{'telemetry':58}{'value':>11}{'at most':>9}"


def _positive(text: str) -> int:
    if (value := int(text)) < 1:
        msg = "must be at least 1"
        raise argparse.ArgumentTypeError(msg)
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench telemetry", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=5, metavar="N")
    parser.add_argument(
        "--only", action="append", choices=SETS, metavar="NAME", help=", ".join(SETS)
    )
    parser.add_argument("--gate", action="store_true", help="exit 1 unless every floor is reached")
    return parser.parse_args()


def main() -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments()
    reached = True
    print(HEAD)
    try:
        for name in arguments.only or SETS:
            figures: Callable[[int], Iterator[Figure]] = import_module(
                f"bench.telemetry._{name}"
            ).figures
            for figure in figures(arguments.rounds):
                reached &= figure.reached
                print(figure, flush=True)
    except RuntimeError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return int(arguments.gate and not reached)


if __name__ == "__main__":
    sys.exit(main())
