"""What a run has done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from ._repairs import Repair

__all__ = ["Changes", "Result", "Skipped"]


@attrs.frozen
class Changes:
    """How many files a run has written, found unchanged, and removed."""

    written: int = 0
    unchanged: int = 0
    removed: int = 0


@attrs.frozen
class Skipped:
    """An operation that the configuration leaves out, and the rule that does."""

    pointer: str
    route: str
    rule: str


@attrs.frozen
class Result:
    """
    What was generated.

    Attributes:
        out: The project's folder.
        operations: How many operations the document has; each of them has a method.
        models: How many component schemas.
        files: How many files the project has.
        changes: What was done to them.
        repairs_by_pass: What had to be changed in the document first, by the name of the pass.
        skipped: The operations that the configuration leaves out.
        unfit_examples: The pointers of schemas that an example of the document does not fit.
        seconds: How long it took.
    """

    out: Path
    operations: int
    models: int
    files: int
    changes: Changes
    repairs_by_pass: Mapping[str, tuple[Repair, ...]]
    skipped: tuple[Skipped, ...] = ()
    unfit_examples: tuple[str, ...] = ()
    seconds: float = 0.0
