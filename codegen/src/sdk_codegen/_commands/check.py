"""
Say whether generating again would change anything.

Prints a unified diff and exits with 1 if it would.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ._options import add_output, print_json

__all__ = ["add_arguments", "run"]

OK, DIFFERENT = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "folders",
        type=Path,
        nargs="*",
        default=[Path()],
        metavar="DIR",
        help="generated projects (default: this folder)",
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from .._pipeline import check, unknown  # noqa: PLC0415 - `--help` needs none of it
    from .._report import Terminal  # noqa: PLC0415 - as above

    found: list[dict[str, Any]] = []
    for folder in arguments.folders:
        with Terminal(quiet=arguments.quiet or arguments.json) as terminal:
            difference = check(folder, progress=terminal)
        foreign = unknown(folder)
        found.append(
            {
                "folder": folder.as_posix(),
                "same": not difference,
                "difference": difference,
                "unknown": foreign,
            }
        )
        if arguments.json:
            continue
        if not arguments.quiet:
            sys.stdout.write(difference)
            sys.stderr.write(_verdict(folder, difference))
            sys.stderr.writelines(
                f"note: {folder.as_posix()}/{name} was not generated; what is written by hand is "
                "safest beside the package\n"
                for name in foreign
            )
    if arguments.json:
        print_json({"projects": found})
    return OK if all(item["same"] for item in found) else DIFFERENT


def _verdict(folder: Path, difference: str) -> str:
    place = folder.as_posix()
    if not difference:
        return f"{place}: is up to date\n"
    return f"{place}: `sdk-codegen generate` would change this; the lines with `-` are there now\n"
