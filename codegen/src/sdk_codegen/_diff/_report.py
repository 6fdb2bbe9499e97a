"""Changes as text, as JSON, and as an entry of a changelog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

from ._changes import Change, Impact, Section, worst

__all__ = ["as_json", "as_markdown", "as_text"]


def as_text(changes: Sequence[Change], suggested: str | None) -> str:
    """Return the changes by what they mean, the worst first, and the version to give."""
    lines: list[str] = []
    for impact in reversed(Impact):
        found = [change for change in changes if change.impact is impact]
        if found:
            lines.append(f"{impact.word} ({len(found)})")
            for change in found:
                lines += [f"  {change.kind}: {change.text}", f"    {_places(change)}"]
            lines.append("")
    counts = [
        f"{sum(change.impact is impact for change in changes)} {impact.word}"
        for impact in reversed(Impact)
    ]
    lines.append(", ".join(counts) if changes else "nothing has changed")
    if suggested is not None:
        lines.append(f"suggested: {suggested}")
    return "\n".join(lines) + "\n"


def as_json(changes: Sequence[Change], suggested: str | None) -> str:
    """Return the changes as a JSON object."""
    impact = worst(changes)
    value = {
        "class": impact.word if impact else None,
        "suggested": suggested,
        "changes": [change.value() for change in changes],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def as_markdown(changes: Sequence[Change], suggested: str | None) -> str:
    """
    Return an entry of a changelog, in the sections of Keep a Changelog 1.1.

    What is only documentation is not told.
    """
    lines = [f"## {suggested or 'Unreleased'}", ""]
    told = [change for change in changes if change.impact is not Impact.COSMETIC]
    for section in get_args(Section):
        found = [change for change in told if change.section == section]
        if found:
            lines += [f"### {section}", ""]
            for change in found:
                breaking = "**Breaking:** " if change.impact is Impact.BREAKING else ""
                lines.append(f"- {breaking}{change.text}")
            lines.append("")
    if not told:
        lines += ["Nothing that code sees has changed.", ""]
    return "\n".join(lines[:-1]) + "\n"


def _places(change: Change) -> str:
    if change.old is None or change.new is None or change.old == change.new:
        return _line(f"#{change.new if change.old is None else change.old}")
    return _line(f"#{change.old} -> #{change.new}")


def _line(text: str) -> str:
    """Return a pointer, in which names of a document stand, on one line."""
    return "".join(char if char.isprintable() else " " for char in text)
