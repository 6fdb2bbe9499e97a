"""The command line: ``sdk-codegen generate`` and ``sdk-codegen check``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .__about__ import __version__
from .errors import CodegenError

__all__ = ["main"]

OK, DIFFERENT, FAILED = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Returns:
        0 when all is well, 1 when `check` finds a difference, 2 for an error, which is one line on
        standard error.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except CodegenError as error:
        sys.stderr.write(f"sdk-codegen: {error}\n")
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdk-codegen",
        description="From an OpenAPI document to a complete, typed Python package.",
    )
    parser.add_argument("--version", action="version", version=f"sdk-codegen {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    generate = commands.add_parser("generate", help="generate a project from a document")
    generate.add_argument(
        "spec", type=Path, metavar="SPEC", help="OpenAPI 3.0, 3.1 or 3.2, YAML or JSON"
    )
    generate.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the project's folder"
    )
    generate.add_argument("--package", required=True, metavar="NAME", help="the import name")
    generate.add_argument(
        "--distribution",
        metavar="NAME",
        help="the name on a package index (default: NAME with hyphens)",
    )
    generate.add_argument(
        "--overlay",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an Overlay 1.x document to apply first; may be given several times",
    )
    generate.add_argument(
        "--force", action="store_true", help="overwrite generated files that were changed by hand"
    )
    generate.set_defaults(run=_generate)

    check = commands.add_parser("check", help="say whether generating again would change anything")
    check.add_argument("folders", type=Path, nargs="+", metavar="DIR", help="generated projects")
    check.set_defaults(run=_check)
    return parser


def _generate(arguments: argparse.Namespace) -> int:
    from ._pipeline import generate  # noqa: PLC0415 - `--help` needs none of it

    result = generate(
        arguments.spec,
        arguments.out,
        arguments.package,
        distribution=arguments.distribution,
        overlays=arguments.overlay,
        force=arguments.force,
    )
    for repair in result.repairs:
        sys.stderr.write(f"repaired {arguments.spec.as_posix()}{repair}\n")
    sys.stdout.write(
        f"{arguments.out.as_posix()}: {result.operations} operations, {result.files} files, "
        f"{len(result.repairs)} repairs\n"
    )
    return OK


def _check(arguments: argparse.Namespace) -> int:
    from ._pipeline import check  # noqa: PLC0415 - as above

    code = OK
    for folder in arguments.folders:
        difference = check(folder)
        if difference:
            sys.stdout.write(difference)
            code = DIFFERENT
    return code
