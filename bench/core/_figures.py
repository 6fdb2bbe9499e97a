"""A figure, the floor that it is held to, and how both are shown."""

from __future__ import annotations

import attrs


@attrs.frozen
class Figure:
    """
    One line of the report.

    Attributes:
        title: What was measured.
        value: A ratio, or what *unit* says.
        floor: The largest value that is acceptable; None: none is promised.
        detail: What the value was made of.
        unit: Behind the value.
    """

    title: str
    value: float
    floor: float | None = None
    detail: str = ""
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the value is within the floor."""
        return self.floor is None or self.value <= self.floor

    def __str__(self) -> str:
        limit = "" if self.floor is None else f"{self.floor:g}{self.unit}"
        verdict = "" if self.floor is None else "reached" if self.reached else "MISSED"
        shown = f"{self.value:.3f}{self.unit}"
        return f"{self.title:58}{shown:>11}{limit:>9}  {verdict:8} {self.detail}".rstrip()


HEAD = f"{'core':58}{'ratio':>11}{'at most':>9}"
