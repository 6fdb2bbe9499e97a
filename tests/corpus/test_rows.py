"""The table."""

from __future__ import annotations

from tools.corpus._rows import Row, render, summary


def row(name: str, **values: object) -> Row:
    """Return a row."""
    made = Row(name, "pydantic")
    for key, value in values.items():
        setattr(made, key, value)
    return made


ROWS = [
    row("a.yaml", operations=3, generated=3, modules=4, importable=4, seconds=1.5, peak_mb=80.0),
    row("b.yaml", operations=2, generated=1, seconds=2.0, peak_mb=90.0, problems=["GET /b: gone"]),
]


def test_counts_are_summed_and_the_highest_is_kept() -> None:
    """Of all documents together."""
    total = summary(ROWS)
    assert (4, 5, 3.5, 90.0) == (
        total.generated,
        total.operations,
        total.seconds,
        total.peak_mb,
    )
    assert (4, None) == (total.modules, total.mypy)


def test_what_is_below_is_said_and_what_was_not_reached_is_a_dash() -> None:
    """A table with a line for each document, a sum, and what is wrong."""
    lines = render(ROWS).splitlines()
    assert ["a.yaml", "pydantic", "3/3", "4/4", "-", "-", "-", "1.5"] == lines[2].split()[:8]
    assert [True, False, False] == [line.endswith("ok") for line in (*lines[2:4], lines[5])]
    assert "  b.yaml (pydantic): GET /b: gone" == lines[-1]


def test_a_peer_that_gave_nothing_was_no_faster() -> None:
    """The ratio is of those that gave something."""
    peer = {"wall": 2.0, "cpu": 2.0, "our_wall": 1.0, "our_cpu": 3.0}
    one = row("a.yaml", peer={**peer, "generated": 5})
    none = row("b.yaml", peer={**peer, "generated": 0})
    lines = render([one, none]).splitlines()
    assert ["5", "2.0", "2.0", "0.50", "1.50", "ok"] == lines[2].split()[-6:]
    assert ["0", "2.0", "2.0", "-", "-", "ok"] == lines[3].split()[-6:]
    assert ["5", "4.0", "4.0", "0.50", "1.50", "ok"] == lines[5].split()[-6:]
