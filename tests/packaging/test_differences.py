"""The page 'coming from openai' says what the tests prove."""

from __future__ import annotations

import pytest

from tools.coming_from_openai import (
    AREAS,
    PAGE,
    Difference,
    MarkerError,
    collect,
    differences_of,
    main,
    page_of,
)

TEST = """
@pytest.mark.difference("Streams", openai="ends | silently.", here="raises.")
@pytest.mark.parametrize("x", [1])
async def test_a_cut() -> None: ...
"""


def test_a_marker_is_read_from_the_source() -> None:
    """Area, both sentences and where they stand."""
    (found,) = differences_of(TEST, "tests/test_a.py")
    assert found == Difference(
        "Streams", "tests/test_a.py::test_a_cut", "ends | silently.", "raises."
    )


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ('("Nowhere", openai="a", here="b")', "no area 'Nowhere'"),
        ('("Streams", openai="a")', "literals"),
        ('("Streams", openai=A, here="b")', "literals"),
        ('(openai="a", here="b")', "literals"),
    ],
)
def test_a_marker_that_cannot_be_read_is_refused(marker: str, reason: str) -> None:
    """With the test that has it."""
    source = f"@pytest.mark.difference{marker}\ndef test_x(): ..."
    with pytest.raises(MarkerError, match=f"here.py::test_x: .*{reason}"):
        list(differences_of(source, "here.py"))


def test_areas_stand_in_order_and_rows_once() -> None:
    """A difference that two tests prove is one row; a bar does not end a cell."""
    rows = [Difference("Webhooks", "a", "x", "y"), Difference("Clients", "b", "p|q", "r")]
    page = page_of([*rows, Difference("Webhooks", "c", "x", "y")])
    assert page.index("## Clients") < page.index("## Webhooks")
    assert page.count("| x | y |") == 1
    assert "| p\\|q | r |" in page


def test_the_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`./dev generate` writes it."""
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_every_area_that_is_used_is_known() -> None:
    """The repository's own markers can all be read."""
    assert {each.area for each in collect()} <= set(AREAS)
    assert PAGE.exists()
