"""What was measured of a document, what is below 100 % in it, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import attrs

__all__ = ["Row", "render", "summary"]


@attrs.define
class Row:
    """
    What was measured of one document in one flavour of models; ``None`` is what was not reached.

    Attributes:
        operations: In the document, counted without the generator.
        generated: Of these, in the package: counted in what it imports.
        extra: In the package and not in the document.
        modules: Of the package.
        importable: Of these, can be imported, and without a warning.
        models: That the package exports.
        built: Of these, can be built.
        mypy: Errors of mypy --strict.
        smoke: Tests of operations that pass.
        smoke_total: Tests of operations.
        other_failed: Other tests of the package that fail.
        seconds: To generate, with nothing cached.
        cpu: Seconds of CPU of the same.
        peak_mb: Memory of the same at its highest.
        again: Seconds to generate again with nothing changed.
        root_ms: CPU of the first import, median of several processes.
        call_ms: CPU of import and first call on top of sdk-core's own, median of several.
        worst_ms: The same for the costliest of several operations.
        repairs: What the generator had to repair in the document.
        peer: What openapi-python-client makes of the same document: its operations, its seconds and
            CPU seconds, and ours in the same minutes (``our_...``).
        problems: What is below 100 %, a line each.
    """

    document: str
    models_of: str
    operations: int | None = None
    generated: int | None = None
    extra: int = 0
    modules: int | None = None
    importable: int | None = None
    models: int | None = None
    built: int | None = None
    mypy: int | None = None
    smoke: int | None = None
    smoke_total: int | None = None
    other_failed: int = 0
    seconds: float | None = None
    cpu: float | None = None
    peak_mb: float | None = None
    again: float | None = None
    root_ms: float | None = None
    call_ms: float | None = None
    worst_ms: float | None = None
    repairs: int | None = None
    peer: dict[str, float] | None = None
    problems: list[str] = attrs.field(factory=list)


Cell: TypeAlias = Callable[[Row], str]


def _number(name: str, form: str = "") -> Cell:
    def cell(row: Row) -> str:
        value = getattr(row, name)
        return "-" if value is None else format(value, form)

    return cell


def _pair(name: str, total: str) -> Cell:
    def cell(row: Row) -> str:
        values = getattr(row, name), getattr(row, total)
        return "-" if None in values else f"{values[0]}/{values[1]}"

    return cell


def _ratio(name: str) -> Cell:
    def cell(row: Row) -> str:
        peer = row.peer or {}
        # A peer that gave nothing was no faster at it.
        return f"{peer[f'our_{name}'] / peer[name]:.2f}" if peer.get("generated") else "-"

    return cell


def _peer(name: str, form: str = "") -> Cell:
    def cell(row: Row) -> str:
        return format(row.peer[name], form) if row.peer and name in row.peer else "-"

    return cell


COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("document", lambda row: row.document),
    ("models", lambda row: row.models_of),
    ("operations", _pair("generated", "operations")),
    ("modules", _pair("importable", "modules")),
    ("classes", _pair("built", "models")),
    ("mypy", _number("mypy")),
    ("smoke", _pair("smoke", "smoke_total")),
    ("s", _number("seconds", ".1f")),
    ("CPU s", _number("cpu", ".1f")),
    ("MB", _number("peak_mb", ".0f")),
    ("again s", _number("again", ".2f")),
    ("root ms", _number("root_ms", ".1f")),
    ("call ms", _number("call_ms", ".0f")),
    ("worst ms", _number("worst_ms", ".0f")),
    ("repairs", _number("repairs")),
    ("", lambda row: "FAILED" if row.problems else "ok"),
)

PEER_COLUMNS: tuple[tuple[str, Cell], ...] = (
    ("opc ops", _peer("generated")),
    ("opc s", _peer("wall", ".1f")),
    ("opc CPU", _peer("cpu", ".1f")),
    ("s ratio", _ratio("wall")),
    ("CPU ratio", _ratio("cpu")),
)


def _sum(values: Iterable[Any]) -> Any:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _most(values: Iterable[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)


def summary(rows: Sequence[Row]) -> Row:
    """Return a row for all of them: the sum of what is counted, the most of what is measured."""
    total = Row(f"{len(rows)} generated", "")
    for name in (
        "operations",
        "generated",
        "modules",
        "importable",
        "models",
        "built",
        "mypy",
        "smoke",
        "smoke_total",
        "seconds",
        "cpu",
        "repairs",
    ):
        setattr(total, name, _sum(getattr(row, name) for row in rows))
    for name in ("peak_mb", "again", "root_ms", "call_ms", "worst_ms"):
        setattr(total, name, _most(getattr(row, name) for row in rows))
    peers = [row.peer for row in rows if row.peer]
    if peers and len(peers) == len(rows):
        total.peer = {
            name: sum(peer[name] for peer in peers)
            for name in ("generated", "wall", "cpu", "our_wall", "our_cpu")
        }
    total.problems = [problem for row in rows for problem in row.problems]
    return total


def render(rows: Sequence[Row]) -> str:
    """Return the table, with a summary below, and what is below 100 %."""
    columns = list(COLUMNS)
    if any(row.peer for row in rows):
        columns[-1:-1] = PEER_COLUMNS
    lines = [[title for title, _ in columns]]
    lines += [[cell(row) for _, cell in columns] for row in (*rows, summary(rows))]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    texts = [
        "  ".join(
            text.ljust(width) if index < 2 else text.rjust(width)
            for index, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    rule = "-" * max(map(len, texts))
    texts = [texts[0], rule, *texts[1:-1], rule, texts[-1]]
    problems = [
        f"{row.document} ({row.models_of}): {line}" for row in rows for line in row.problems
    ]
    if problems:
        texts += ["", "Below 100 %:", *(f"  {line}" for line in problems)]
    return "\n".join(texts)
