"""
Write the page 'coming from openai' from the tests that prove what it says.

A test states a difference by its marker, and the page lists the markers by area::

    @pytest.mark.difference("Streams", openai="ends silently.", here="raises `StreamInterruptedError`.")

Run ``python -m tools.coming_from_openai --write``, or ``--check`` to fail where the page is old.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coming-from-openai.md"
TESTS = ("packages/sdk-openai-compat/tests", "tests")

AREAS = (
    "Clients",
    "Calls",
    "Answers",
    "Streams",
    "Structured output",
    "Errors",
    "Retries",
    "Files and uploads",
    "Pages",
    "Realtime",
    "Webhooks",
    "Azure",
    "Logging",
    "Types",
    "Servers",
    "Installing as openai",
)

_HEAD = """\
# Coming from openai

Change the import and keep the program. This page lists every difference from openai 3.x that a
test proves; it is written by `./dev generate` from those tests.
"""


class MarkerError(Exception):
    """Tell which marker cannot be read, and why."""


@attrs.frozen(order=True)
class Difference:
    """
    Hold what one test says about openai and about this project.

    Args:
        area: The heading that it stands under, one of `AREAS`.
        place: Where the test is: its path from the root and its name.
        openai: What openai does.
        here: What this project does, which the test proves.
    """

    area: str
    place: str
    openai: str
    here: str


def differences_of(source: str, path: str) -> Iterator[Difference]:
    """
    Iterate over the differences that the tests in *source* prove.

    Raises:
        MarkerError: A marker is not written with literals, or names no area.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(
                "mark.difference"
            ):
                yield _read(decorator, f"{path}::{node.name}")


def _read(marker: ast.Call, place: str) -> Difference:
    try:
        (area,) = (ast.literal_eval(argument) for argument in marker.args)
        texts = {str(word.arg): ast.literal_eval(word.value) for word in marker.keywords}
        found = Difference(area, place, **texts)
    except (TypeError, ValueError) as error:
        msg = f"{place}: write `difference(area, openai=..., here=...)` with literals: {error}"
        raise MarkerError(msg) from error
    if found.area not in AREAS:
        msg = f"{place}: there is no area {found.area!r}; take one of {', '.join(AREAS)}"
        raise MarkerError(msg)
    return found


def page_of(differences: Sequence[Difference]) -> str:
    """Return the page that lists *differences*."""
    parts = [_HEAD]
    for area in AREAS:
        rows = sorted({(each.openai, each.here) for each in differences if each.area == area})
        if rows:
            parts.append(f"\n## {area}\n\n| openai | here |\n|---|---|\n")
            parts.extend(f"| {_cell(theirs)} | {_cell(ours)} |\n" for theirs, ours in rows)
    return "".join(parts)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def collect(root: Path = ROOT) -> list[Difference]:
    """Return the differences that the tests below *root* prove."""
    return [
        difference
        for folder in TESTS
        for file in sorted((root / folder).rglob("test_*.py"))
        for difference in differences_of(
            file.read_text(encoding="utf-8"), file.relative_to(root).as_posix()
        )
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the page")
    what.add_argument("--check", action="store_true", help="exit 1 if the page is old")
    given = parser.parse_args(arguments)
    page = page_of(collect())
    if given.write:
        PAGE.write_text(page, encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page:
        print(f"{PAGE.relative_to(ROOT)} is old: run `./dev generate`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
