"""What a run tells its user: stages while it lasts, a summary at the end."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ._repairs import Repair
    from ._result import Result

__all__ = [
    "Terminal",
    "as_json",
    "counted",
    "example_lines",
    "repair_lines",
    "repairs_as_json",
    "summary",
]

PATIENCE = 0.5
"""Seconds before a run is long enough to show how far it is."""

SHOWN = 3
"""Repairs of a pass that a summary shows."""


class Terminal:
    """
    Progress on standard error, where that is a terminal and the run is long.

    Call it with the name of each stage when it begins.

    Args:
        quiet: Show nothing.
        stream: Instead of standard error.
        clock: Instead of the time.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._on = not quiet and self._stream.isatty()
        self._clock = clock
        self._begun = self._since = clock()
        self._stage = ""
        self._done: list[str] = []

    def __call__(self, stage: str) -> None:
        """Begin a stage."""
        now = self._clock()
        if self._stage:
            self._done.append(f"{self._stage} {now - self._since:.1f} s")
        self._stage, self._since = stage, now
        if self._on and now - self._begun >= PATIENCE:
            self._stream.write(f"\r\x1b[K{', '.join([*self._done, stage])} ...")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._on and self._clock() - self._begun >= PATIENCE:
            self._stream.write("\r\x1b[K")
            self._stream.flush()


def summary(result: Result, *, verbose: bool = False) -> tuple[str, str]:
    """Return what goes to standard output, one line, and to standard error."""
    notes = [f"skipped {item.route}, as `{item.rule}` asks\n" for item in result.skipped]
    notes += [f"{line}\n" for line in repair_lines(result.repairs_by_pass, verbose=verbose)]
    notes += [f"{line}\n" for line in example_lines(result.unfit_examples, verbose=verbose)]
    changes = result.changes
    total = sum(len(made) for made in result.repairs_by_pass.values())
    files = (
        f"{counted(result.files, 'file')} ({changes.written} written, {changes.unchanged} unchanged, "
        f"{changes.removed} removed)"
    )
    parts = [
        counted(result.operations, "operation"),
        counted(result.models, "model"),
        files,
        counted(total, "repair"),
        f"{result.seconds:.1f} s",
    ]
    if result.skipped:
        parts.insert(1, f"{len(result.skipped)} skipped")
    return f"{result.out.as_posix()}: {', '.join(parts)}\n", "".join(notes)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def repair_lines(by_pass: Mapping[str, tuple[Repair, ...]], *, verbose: bool) -> list[str]:
    """Return the repairs, pass by pass; all of them, or the first ones."""
    lines = []
    for name, made in by_pass.items():
        lines.append(f"repaired: {name}: {len(made)}")
        shown = made if verbose else made[:SHOWN]
        lines += [f"  {repair}" for repair in shown]
        if len(shown) < len(made):
            lines.append(f"  ... and {len(made) - len(shown)} more; `--verbose` prints them")
    return lines


def example_lines(pointers: Collection[str], *, verbose: bool) -> list[str]:
    """Return how many examples do not fit their schemas; where they are, if that is asked for."""
    if not pointers:
        return []
    more = "" if verbose else "; `--verbose` prints where"
    lines = [f"examples: {len(pointers)} do not fit their schema and are not used{more}"]
    return lines + ([f"  #{pointer}" for pointer in pointers] if verbose else [])


def repairs_as_json(by_pass: Mapping[str, tuple[Repair, ...]]) -> dict[str, list[dict[str, str]]]:
    """Return the repairs by pass as values of JSON."""
    return {
        name: [{"pointer": repair.pointer, "reason": repair.reason} for repair in made]
        for name, made in by_pass.items()
    }


def as_json(result: Result) -> dict[str, Any]:
    """Return a result as values of JSON."""
    return {
        "out": result.out.as_posix(),
        "operations": result.operations,
        "models": result.models,
        "files": {
            "total": result.files,
            "written": result.changes.written,
            "unchanged": result.changes.unchanged,
            "removed": result.changes.removed,
        },
        "skipped": [
            {"pointer": item.pointer, "operation": item.route, "rule": item.rule}
            for item in result.skipped
        ],
        "repairs": repairs_as_json(result.repairs_by_pass),
        "unfit_examples": list(result.unfit_examples),
        "seconds": round(result.seconds, 3),
    }
