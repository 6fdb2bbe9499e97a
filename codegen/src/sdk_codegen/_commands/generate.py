"""
Generate a project, or bring it up to date.

From a configuration file (default: `sdk-codegen.yaml` here), or from a document and options.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ._options import (
    CONFIG_NAME,
    add_output,
    add_project,
    is_config,
    located,
    package_of,
    print_json,
    read,
)

if TYPE_CHECKING:
    from .._analysis import Loaded
    from .._report import Terminal
    from .._result import Result
    from .._settings import Settings

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="CONFIG|SPEC",
        help="a configuration file or its folder, or an OpenAPI document, a file or a URL",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the project's folder (default: its name)"
    )
    add_project(parser)
    parser.add_argument(
        "--force", action="store_true", help="overwrite generated files that were changed by hand"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="print every repair")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    config = _config(arguments)
    known = _known(config, arguments)
    return _tell(known or _generate(config, arguments), arguments)


def _known(config: Path | None, arguments: argparse.Namespace) -> Result | None:
    """Return the result if there is nothing to do; this is all that most runs import."""
    from .. import _unchanged  # noqa: PLC0415 - `--help` needs none of it

    if config is not None:
        return _unchanged.configured(config)
    spec = located(arguments.source)
    if isinstance(spec, str) or arguments.out is None:
        return None
    return _unchanged.given(
        spec,
        arguments.out,
        arguments.package,
        arguments.distribution,
        arguments.overlay,
        arguments.models,
    )


def _config(arguments: argparse.Namespace) -> Path | None:
    """Return the configuration file; ``None`` where the source is a document."""
    if arguments.source is None:
        config = Path(CONFIG_NAME)
        if not config.is_file():
            msg = (
                f"there is no {CONFIG_NAME} here; name a document, or begin with `sdk-codegen init`"
            )
            raise ConfigError(msg)
    else:
        given = located(arguments.source)
        if isinstance(given, str):
            return None
        config = given / CONFIG_NAME if given.is_dir() else given
        if not is_config(config):
            return None
    for name in ("out", "package", "distribution", "overlay", "models"):
        if getattr(arguments, name):
            msg = f"`--{name}` belongs into {config.as_posix()}, which says it"
            raise ConfigError(msg)
    return config


def _generate(config: Path | None, arguments: argparse.Namespace) -> Result:
    from .._pipeline import run as generate  # noqa: PLC0415 - as above
    from .._report import Terminal  # noqa: PLC0415 - as above
    from .._unchanged import remember  # noqa: PLC0415 - as above

    terminal = Terminal(quiet=arguments.quiet or arguments.json)
    with terminal:
        settings, loaded = (
            (read(config), None) if config is not None else _given(arguments, terminal)
        )
        result = generate(settings, force=arguments.force, loaded=loaded, progress=terminal)
    remember(result)
    return result


def _given(arguments: argparse.Namespace, terminal: Terminal) -> tuple[Settings, Loaded | None]:
    """Return what the options say; what they do not say follows from the document's title."""
    import attrs  # noqa: PLC0415 - as above

    from .._analysis import load_document  # noqa: PLC0415 - as above
    from .._settings import Settings  # noqa: PLC0415 - as above

    spec, loaded = located(arguments.source), None
    settings = Settings(
        spec,
        arguments.out or Path(),
        arguments.package or "client",
        overlays=tuple(arguments.overlay),
        models=arguments.models or "pydantic",
    )
    if arguments.package is None:
        loaded = load_document(settings, terminal)
        settings = attrs.evolve(settings, package=package_of(loaded.title))
    name = arguments.distribution or settings.package.replace("_", "-")
    settings = attrs.evolve(settings, distribution=name)
    return attrs.evolve(settings, out=arguments.out or Path(name)), loaded


def _tell(result: Result, arguments: argparse.Namespace) -> int:
    from .._report import as_json, summary  # noqa: PLC0415 - as above

    if arguments.json:
        print_json(as_json(result))
    elif not arguments.quiet:
        out, err = summary(result, verbose=arguments.verbose)
        sys.stderr.write(err)
        sys.stdout.write(out)
    return 0
