"""Options that several commands have."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._settings import Settings

__all__ = [
    "add_output",
    "add_project",
    "located",
    "package_of",
    "print_json",
    "settings_for",
]

CONFIG_NAME = "sdk-codegen.yaml"


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add what says how much is printed."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def add_project(parser: argparse.ArgumentParser) -> None:
    """Add what describes a project without a configuration file."""
    parser.add_argument("--package", metavar="NAME", help="the import name (default: of the title)")
    parser.add_argument(
        "--distribution",
        metavar="NAME",
        help="the name on a package index (default: the import name with hyphens)",
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an Overlay 1.x document to apply first; may be given several times",
    )
    parser.add_argument(
        "--models", choices=("pydantic", "attrs"), help="what models are made with (pydantic)"
    )


def located(spec: str) -> str | Path:
    """Return a URL as it is, anything else as a path."""
    # As `_fetch.is_url`, which takes longer to import than an unchanged run may take.
    return spec if spec[:8].lower().startswith(("http://", "https://")) else Path(spec)


def print_json(value: Any) -> None:
    """Print one JSON object on standard output."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def package_of(title: object) -> str:
    """Return an import name made of the title of a document."""
    from .._names import identifier  # noqa: PLC0415 - as above

    name = identifier(str(title)).strip("_")
    return name if name.isascii() and name.isidentifier() else "api_client"


def settings_for(place: str) -> Settings:
    """
    Return the settings of *place*: a project's folder, a configuration file, or a document.

    Raises:
        ConfigError: There is no such thing, or it cannot be used.
    """
    from .._settings import Settings  # noqa: PLC0415 - as above

    path = located(place)
    if isinstance(path, Path):
        if path.is_dir():
            from .._pipeline import settings_of  # noqa: PLC0415 - as above

            config = path / CONFIG_NAME
            return read(config) if config.is_file() else settings_of(path)
        if is_config(path):
            return read(path)
    return Settings(path, Path(), "client")


def read(path: Path) -> Settings:
    """Read a configuration file."""
    from .._config import read_config  # noqa: PLC0415 - pydantic takes long to import

    return read_config(path)


def is_config(path: Path) -> bool:
    """Say whether a file is a configuration rather than a document."""
    if path.name in (CONFIG_NAME, "sdk-codegen.yml"):
        return True
    if path.suffix not in (".yaml", ".yml"):
        return False
    try:
        head = path.read_bytes()[:SNIFFED].decode("utf-8", "replace")
    except OSError:
        return False  # who reads the document says why
    keys = {line.partition(":")[0].strip("\"' ") for line in head.splitlines() if line[:1].strip()}
    return "spec" in keys and not keys & {"openapi", "swagger", "paths"}


SNIFFED = 64 * 1024
"""Bytes of a file that are looked at to tell what it is."""
