"""Bundle the OpenAPI documents into the package: `python -m sdk_server.spec --write`.

The wheel must carry the documents that the server obeys, and the documents live outside of the
package. `--write` copies them in as JSON, `--check` exits with 1 when the copies are out of date.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NAMES = ("inference", "platform")
TARGET = Path(__file__).with_name("_spec")


def bundle(source: Path) -> str:
    """Return a YAML document as sorted JSON text with a newline at its end.

    Args:
        source: The YAML file.

    Raises:
        ValueError: The document holds a value that JSON cannot express, such as a date.
    """
    import yaml  # noqa: PLC0415 - the running server does not need it

    try:
        return (
            json.dumps(
                yaml.safe_load(source.read_bytes()),
                ensure_ascii=False,
                allow_nan=False,
                indent=1,
                sort_keys=True,
            )
            + "\n"
        )
    except TypeError as error:
        msg = f"{source}: {error}; put the value in quotes"
        raise ValueError(msg) from None


def load(name: str) -> dict[str, Any]:
    """Return the bundled document `name`, `inference` or `platform`."""
    document: dict[str, Any] = json.loads((TARGET / f"{name}.json").read_bytes())
    return document


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the bundled documents and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m sdk_server.spec", description="Bundle spec/*.yaml into the package."
    )
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the bundled documents")
    action.add_argument("--check", action="store_true", help="exit with 1 when they are stale")
    parser.add_argument(
        "--source",
        type=Path,
        default=Path("spec"),
        metavar="DIR",
        help="folder with inference.yaml and platform.yaml (default: %(default)s)",
    )
    parser.add_argument(
        "--target", type=Path, default=TARGET, metavar="DIR", help="folder for the JSON files"
    )
    options = parser.parse_args(arguments)
    stale = False
    for name in NAMES:
        source, target = options.source / f"{name}.yaml", options.target / f"{name}.json"
        if not source.is_file():
            parser.error(f"{source} does not exist; name the folder with `--source`")
        text = bundle(source)
        if target.is_file() and target.read_text("utf-8") == text:
            continue
        if options.check:
            stale = True
            sys.stderr.write(f"{target} is stale: run `python -m sdk_server.spec --write`\n")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", newline="\n")
    return int(stale)


if __name__ == "__main__":
    sys.exit(main())
