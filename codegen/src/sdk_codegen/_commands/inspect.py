"""
Say what is in a document, what was repaired, and what each operation became.

Nothing is written.
"""

from __future__ import annotations

import argparse
import sys

from ._options import print_json, settings_for

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "source", metavar="SPEC|CONFIG|DIR", help="a document, a configuration, or a project"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-v", "--verbose", action="store_true", help="print every repair")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from .._analysis import analyse  # noqa: PLC0415 - `--help` needs none of it
    from .._inspect import inspection, inspection_text  # noqa: PLC0415 - as above
    from .._report import Terminal  # noqa: PLC0415 - as above

    with Terminal(quiet=arguments.json) as terminal:
        analysis = analyse(settings_for(arguments.source), progress=terminal)
        found = inspection(analysis)
    if arguments.json:
        print_json(found)
    else:
        sys.stdout.write(inspection_text(found, analysis, verbose=arguments.verbose))
    return 0
