"""What a run tells while it lasts, and at its end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdk_codegen._repairs import Repair
from sdk_codegen._report import Terminal, as_json, summary
from sdk_codegen._result import Changes, Result, Skipped


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


def play(stream: io.StringIO, *times: float, quiet: bool = False) -> str:
    """Run two stages, with the clock at *times*, and return what was shown."""
    clock: Iterator[float] = iter(times)
    with Terminal(quiet=quiet, stream=stream, clock=lambda: next(clock)) as terminal:
        terminal("read")
        terminal("render")
    return stream.getvalue()


def test_a_long_run_shows_its_stages_with_their_times() -> None:
    """On one line that is gone at the end."""
    assert "\r\x1b[Kread 2.0 s, render ...\r\x1b[K" == play(Screen(), 0.0, 0.1, 2.1, 3.0)


@pytest.mark.parametrize(
    ("stream", "quiet", "seconds"),
    [(Screen(), False, 0.1), (Screen(), True, 9.0), (io.StringIO(), False, 9.0)],
    ids=["short", "quiet", "no terminal"],
)
def test_nothing_is_shown_where_nobody_waits(
    stream: io.StringIO, quiet: bool, seconds: float
) -> None:
    """A short run, one that shall be quiet, or one whose output goes into a file."""
    assert "" == play(stream, 0.0, 0.0, seconds, seconds, quiet=quiet)


RESULT = Result(
    out=Path("out"),
    operations=1,
    models=2,
    files=9,
    changes=Changes(3, 6, 1),
    repairs_by_pass={"a pass": tuple(Repair(f"/{n}", "odd") for n in range(5))},
    skipped=(Skipped("/paths/~1x/get", "GET /x", "get*"),),
    seconds=1.26,
    unfit_examples=("/components/schemas/A", "/components/schemas/B"),
)


def test_the_summary_counts_what_was_done() -> None:
    """One line for standard output; what was repaired or skipped goes to standard error."""
    out, err = summary(RESULT)
    assert (
        "out: 1 operation, 1 skipped, 2 models, 9 files (3 written, 6 unchanged, 1 removed), "
        "5 repairs, 1.3 s\n"
    ) == out
    assert [
        "skipped GET /x, as `get*` asks",
        "repaired: a pass: 5",
        "  #/0: odd",
        "  #/1: odd",
        "  #/2: odd",
        "  ... and 2 more; `--verbose` prints them",
        "examples: 2 do not fit their schema and are not used; `--verbose` prints where",
    ] == err.splitlines()
    told = summary(RESULT, verbose=True)[1].splitlines()
    assert 10 == len(told)
    assert ["  #/components/schemas/A", "  #/components/schemas/B"] == told[-2:]


def test_programs_get_everything() -> None:
    """As values of JSON."""
    value = as_json(RESULT)
    assert {"total": 9, "written": 3, "unchanged": 6, "removed": 1} == value["files"]
    assert ["/components/schemas/A", "/components/schemas/B"] == value["unfit_examples"]
    assert {"pointer": "/4", "reason": "odd"} == value["repairs"]["a pass"][4]
    assert [{"pointer": "/paths/~1x/get", "operation": "GET /x", "rule": "get*"}] == value[
        "skipped"
    ]
