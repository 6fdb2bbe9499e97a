"""
Say what a new document changes for the users of a package.

Exit codes: 0 nothing that `--exit-on` asks for, 1 something, 2 an error.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LockError
from ._options import located, settings_for

if TYPE_CHECKING:
    from .._analysis import Analysis
    from .._report import Terminal
    from .._settings import Settings

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    for name in ("old", "new"):
        parser.add_argument(
            name,
            metavar=name.upper(),
            help="an OpenAPI document, a configuration file, or a generated project",
        )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--markdown", action="store_true", help="print an entry of a changelog")
    parser.add_argument(
        "--version",
        dest="released",
        metavar="VERSION",
        help="the version of the last release; the next one is suggested",
    )
    parser.add_argument(
        "--exit-on",
        choices=("breaking", "additive", "never"),
        default="breaking",
        help="the least that ends with exit code 1 (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from .. import _diff  # noqa: PLC0415 - `--help` needs none of it
    from .._report import Terminal  # noqa: PLC0415 - as above

    if arguments.released is not None:
        _diff.suggest(arguments.released, None)  # what is no version is told at once
    with Terminal(quiet=arguments.json or arguments.markdown) as terminal:
        old, new = _analyses(arguments, terminal)
        terminal("compare")
        changes = _diff.compare((old.api, old.types), (new.api, new.types))
    impact = _diff.worst(changes)
    suggested = arguments.released and _diff.suggest(arguments.released, impact)
    write = _diff.as_text
    if arguments.json or arguments.markdown:
        write = _diff.as_json if arguments.json else _diff.as_markdown
    sys.stdout.write(write(changes, suggested))
    if arguments.exit_on == "never" or impact is None:
        return 0
    return int(impact >= _diff.Impact[arguments.exit_on.upper()])


def _analyses(arguments: argparse.Namespace, terminal: Terminal) -> tuple[Analysis, Analysis]:
    """Analyse both; what is decided about one project counts for a document beside it, too."""
    import attrs  # noqa: PLC0415 - as above

    from .._analysis import analyse  # noqa: PLC0415 - as above

    before, after = settings_for(arguments.old), settings_for(arguments.new)
    if after.spec == located(arguments.new):
        after = attrs.evolve(before, spec=after.spec)
    elif before.spec == located(arguments.old):
        before = attrs.evolve(after, spec=before.spec)
    old = analyse(before, progress=terminal)
    _check_recorded(Path(arguments.old), before, old)
    return old, analyse(after, progress=terminal)


def _check_recorded(folder: Path, settings: Settings, old: Analysis) -> None:
    """
    Refuse a project whose document, or an overlay of it, is not what it was generated from.

    Raises:
        LockError: It has changed since.
    """
    from .._lock import read_lock  # noqa: PLC0415 - as above

    lock = read_lock(folder) if folder.is_dir() else None
    if lock is None:
        return
    (_, spec_sha256), *parts = old.loaded.source.parts
    recorded = lock.spec_sha256, lock.parts, tuple(sha256 for _, sha256 in lock.overlays)
    if recorded != (spec_sha256, tuple(parts), old.loaded.overlays):
        msg = (
            f"{settings.name}: has changed since {folder.as_posix()} was generated from it; "
            "name a copy of the old document, such as one from version control"
        )
        raise LockError(msg)
