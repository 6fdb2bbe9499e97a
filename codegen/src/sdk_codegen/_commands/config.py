"""
Check a configuration file, or print the JSON schema of it.

The schema is for editors; `init` writes files that refer to it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ._options import CONFIG_NAME

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "file", type=Path, nargs="?", default=Path(CONFIG_NAME), metavar="CONFIG",
        help=f"the file to check, or its folder (default: {CONFIG_NAME})",
    )  # fmt: skip
    parser.add_argument("--schema", action="store_true", help="print the JSON schema")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from .._config import SCHEMA, read_config  # noqa: PLC0415 - `--help` needs none of it

    if arguments.schema:
        sys.stdout.write(SCHEMA.read_text(encoding="utf-8"))
    else:
        path = arguments.file / CONFIG_NAME if arguments.file.is_dir() else arguments.file
        settings = read_config(path)
        sys.stdout.write(f"{path.as_posix()}: is good; it makes `{settings.package}`\n")
    return 0
