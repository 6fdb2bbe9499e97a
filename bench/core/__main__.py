"""Compare what the call path costs; every figure is a ratio of CPU within one run."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bench._process import ProcessError

from . import _auth, _calls, _parsing, _policies
from ._figures import HEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ._figures import Figure

SETS: dict[str, Callable[[int], Iterator[Figure]]] = {
    "auth": _auth.figures,
    "calls": _calls.figures,
    "parsing": _parsing.figures,
    "policies": _policies.figures,
    "outage": _policies.outage,
}


def _positive(text: str) -> int:
    if (value := int(text)) < 1:
        msg = "must be at least 1"
        raise argparse.ArgumentTypeError(msg)
    return value


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench core", description=__doc__)
    parser.add_argument("--rounds", type=_positive, default=11, metavar="N")
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
        for name, figures in SETS.items():
            if arguments.only and name not in arguments.only:
                continue
            for figure in figures(arguments.rounds):
                reached &= figure.reached
                print(figure, flush=True)
    except ProcessError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return int(arguments.gate and not reached)


if __name__ == "__main__":
    sys.exit(main())
