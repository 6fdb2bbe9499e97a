"""
The commands, a module each.

A module has a docstring whose first line is the help, `add_arguments(parser)`, and
`run(arguments) -> int`. What a command needs it imports when it runs: `--help` answers at once.
"""

from __future__ import annotations

from . import check, config, diff, explain, generate, init, inspect

__all__ = ["COMMANDS"]

COMMANDS = {
    "init": init,
    "generate": generate,
    "check": check,
    "diff": diff,
    "inspect": inspect,
    "explain": explain,
    "config": config,
}
"""By name, in the order of the help."""
