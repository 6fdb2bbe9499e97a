"""Run the generator over the documents of a folder; `./dev corpus --help` lists the options."""

from __future__ import annotations

import argparse
import contextlib
import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs

from . import _checks
from ._documents import Document, documents
from ._rows import Row, render, summary

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT.parent / "shared" / "corpus"
FLAVOURS = ("pydantic", "attrs")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev corpus", description=__doc__)
    parser.add_argument(
        "folder",
        type=Path,
        nargs="?",
        default=DEFAULT,
        metavar="DIR",
        help="a folder of OpenAPI documents, or one (default: %(default)s)",
    )
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=[],
        metavar="A,B",
        help="these documents, with or without what follows the last dot",
    )
    parser.add_argument(
        "--models",
        choices=(*FLAVOURS, "both"),
        default="pydantic",
        help="the flavour of the models (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every figure there")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="leave the packages there")
    parser.add_argument(
        "--jobs", type=int, choices=(1, 2), default=2, help="documents at a time (default: 2)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="for each program that is run on a document (default: %(default).0f)",
    )
    parser.add_argument(
        "--against-opc",
        action="store_true",
        help="also time openapi-python-client's own generate, in turns; one document at a time",
    )
    return parser.parse_args(argv)


@contextlib.contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="corpus-") as folder:
            yield Path(folder)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


def _check_all(
    found: Sequence[Document], flavours: Sequence[str], place: Path, arguments: argparse.Namespace
) -> list[Row]:
    """Work on one or two documents at a time; the rows are in the order of the documents."""
    against = arguments.against_opc
    jobs = 1 if against else arguments.jobs  # times are compared of what has the machine for itself
    started = time.monotonic()
    printing = threading.Lock()

    def say(text: str) -> None:
        with printing:
            sys.stderr.write(f"corpus: {time.monotonic() - started:6.1f} s  {text}\n")

    workshops: queue.SimpleQueue[_checks.Workshop] = queue.SimpleQueue()
    for number in range(jobs):
        caches = place / f".caches-{number}"
        workshops.put(_checks.Workshop(place, caches, say, arguments.timeout, against))

    def one(task: tuple[Document, str]) -> Row:
        workshop = workshops.get()
        try:
            row = _checks.check(*task, workshop)
        finally:
            workshops.put(workshop)
        for problem in row.problems:
            say(f"{row.document} ({row.models_of}): FAILED: {problem}")
        return row

    tasks = [(document, flavour) for document in found for flavour in flavours]
    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, tasks))


def main(argv: Sequence[str] | None = None) -> int:
    """Check, print, and return 0 if everything is at 100 %, 1 if not, 2 if there is nothing."""
    arguments = _arguments(argv)
    try:
        found = documents(arguments.folder, arguments.only)
    except OSError as error:
        sys.stderr.write(f"corpus: {arguments.folder}: {error.strerror}\n")
        return 2
    usable = [document for document in found if not document.reason]
    flavours = FLAVOURS if arguments.models == "both" else (arguments.models,)
    if not usable:
        sys.stderr.write(f"corpus: {arguments.folder}: no OpenAPI document\n")
        return 2
    try:
        with _place(arguments.keep) as place:
            rows = _check_all(usable, flavours, place, arguments)
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"{render(rows)}\n")
    for document in found:
        if document.reason:
            sys.stdout.write(f"not OpenAPI: {document.path.name}: {document.reason}\n")
    if arguments.json:
        value = {
            "rows": [attrs.asdict(row) for row in rows],
            "summary": attrs.asdict(summary(rows)),
            "not_openapi": {one.path.name: one.reason for one in found if one.reason},
        }
        arguments.json.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    return int(any(row.problems for row in rows))


if __name__ == "__main__":
    sys.exit(main())
