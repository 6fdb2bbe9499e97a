"""
Begin a project: a configuration, the package, its README and tests.

The folder must be new or empty; nothing is written when the document cannot be generated from.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ._options import CONFIG_NAME, add_output, add_project, located, package_of, print_json

if TYPE_CHECKING:
    from .._settings import Settings

__all__ = ["add_arguments", "run"]

IGNORED = "__pycache__/\n.venv/\ndist/\n.sdk-codegen-work/\n"

CONFIG = """\
# yaml-language-server: $schema={schema}
# Every key: `sdk-codegen config --schema`. After a change: `sdk-codegen generate`.
spec: {spec}
{overlays}package:
  name: {package}
  distribution: {distribution}
models: {models}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("spec", metavar="SPEC", help="an OpenAPI document: a file or a URL")
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        metavar="DIR",
        help="the project's folder (default: the name of the distribution)",
    )
    add_project(parser)
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    import attrs  # noqa: PLC0415 - `--help` needs none of it

    from .._analysis import load_document  # noqa: PLC0415 - as above
    from .._config import SCHEMA, SCHEMA_NAME, parse_config  # noqa: PLC0415 - as above
    from .._pipeline import run as generate  # noqa: PLC0415 - as above
    from .._report import Terminal, as_json, summary  # noqa: PLC0415 - as above
    from .._settings import Settings  # noqa: PLC0415 - as above
    from .._unchanged import remember  # noqa: PLC0415 - as above

    spec = located(arguments.spec)
    given = Settings(spec, Path(), arguments.package or "client", overlays=tuple(arguments.overlay))
    if arguments.folder is not None:
        _refuse_filled(arguments.folder)
    with Terminal(quiet=arguments.quiet or arguments.json) as terminal:
        loaded = load_document(given, terminal)
        package = arguments.package or package_of(loaded.title)
        distribution = arguments.distribution or package.replace("_", "-")
        folder = arguments.folder or Path(distribution)
        _refuse_filled(folder)
        given = attrs.evolve(given, out=folder, package=package, distribution=distribution)
        text = _config(given, arguments.models or "pydantic")
        settings = parse_config(text.encode(), folder / CONFIG_NAME)
        result = generate(
            settings,
            loaded=loaded,
            beside={
                CONFIG_NAME: text,
                SCHEMA_NAME: SCHEMA.read_text(encoding="utf-8"),
                ".gitignore": IGNORED,
            },
            progress=terminal,
        )
    remember(result)
    if arguments.json:
        print_json(as_json(result))
    elif not arguments.quiet:
        out, err = summary(result)
        sys.stderr.write(err)
        sys.stdout.write(out + _next_steps(settings))
    return 0


def _refuse_filled(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = (
            f"{folder.as_posix()}: is not an empty folder; name another one, or write a "
            f"{CONFIG_NAME} into it and use `sdk-codegen generate`"
        )
        raise ConfigError(msg)


def _config(settings: Settings, models: str) -> str:
    """Return the text of a configuration; every value is quoted as JSON, which is YAML."""
    from .._config import SCHEMA_NAME  # noqa: PLC0415 - as above
    from .._lock import relative  # noqa: PLC0415 - as above

    spec = settings.spec
    overlays = [relative(path, settings.out) for path in settings.overlays]
    return CONFIG.format(
        schema=f"./{SCHEMA_NAME}",
        spec=json.dumps(spec if isinstance(spec, str) else relative(spec, settings.out)),
        overlays=f"overlays: {json.dumps(overlays)}\n" if overlays else "",
        package=json.dumps(settings.package),
        distribution=json.dumps(settings.distribution),
        models=models,
    )


def _next_steps(settings: Settings) -> str:
    folder = settings.out.as_posix()
    return (
        "next:\n"
        f"  pip install -e {folder}\n"
        f"  {folder}/README.md has the first call\n"
        f"  sdk-codegen generate {folder}   # after a change of the document or of {CONFIG_NAME}\n"
        f"  sdk-codegen check {folder}      # in CI\n"
    )
