"""The command line; `_commands` holds what each command does."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .__about__ import __version__
from ._commands import COMMANDS
from .errors import CodegenError

__all__ = ["main"]

FAILED = 2
INTERRUPTED = 130

TRACEBACK = "SDK_CODEGEN_TRACEBACK"
"""The variable of the environment that asks for the traceback of a defect."""


def main(argv: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    Returns:
        0 when all is well, 1 when a command finds a difference, 2 for an error, which is one line
        on standard error.
    """
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
    except CodegenError as error:
        sys.stderr.write(f"sdk-codegen: {error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("sdk-codegen: interrupted; nothing was changed\n")
        return INTERRUPTED
    except BrokenPipeError:  # who reads us has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        sys.stderr.write(
            f"sdk-codegen: a defect of sdk-codegen: {reason:.500}; nothing was changed; "
            f"{TRACEBACK}=1 shows where\n"
        )
        return FAILED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sdk-codegen",
        description="From an OpenAPI document to a complete, typed Python package.",
        epilog="Begin with `sdk-codegen init openapi.yaml`. Exit codes: 0 all is well, 1 there is a difference, 2 an error.",
    )
    parser.add_argument("--version", action="version", version=f"sdk-codegen {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        words = (module.__doc__ or "").strip()
        line = words.splitlines()[0].rstrip(".")
        command = commands.add_parser(name, help=line[:1].lower() + line[1:], description=words)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
