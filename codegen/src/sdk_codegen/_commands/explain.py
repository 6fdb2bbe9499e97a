"""
Say what stands at a place of a document, and what it became.

Places are JSON pointers (`/paths/~1files/post`), operations (an operationId, or `POST /files`), and
names in Python (`client.files.create`, or a class).
"""

from __future__ import annotations

import argparse
import sys

from ._options import print_json, settings_for

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("place", metavar="POINTER", help="a pointer, an operation, or a name")
    parser.add_argument(
        "source",
        nargs="?",
        default=".",
        metavar="SPEC|CONFIG|DIR",
        help="a document, a configuration, or a project (default: this folder)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from .._analysis import load_document  # noqa: PLC0415 - `--help` needs none of it
    from .._explain import explain  # noqa: PLC0415 - as above
    from .._report import Terminal  # noqa: PLC0415 - as above

    settings = settings_for(arguments.source)
    with Terminal(quiet=arguments.json) as terminal:
        explanation = explain(arguments.place, settings, load_document(settings, terminal))
    if arguments.json:
        print_json(explanation.as_json())
    else:
        sys.stdout.write(str(explanation))
    return 0
