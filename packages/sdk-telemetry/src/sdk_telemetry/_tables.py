"""A summary as people and programs read it: a table that lives on a terminal, or lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, TextIO, TypeAlias

from ._event_lines import printable

if TYPE_CHECKING:
    from rich.table import Table

    from ._summary import Row

__all__ = ["Show", "shown"]

Show: TypeAlias = "Callable[[Sequence[Row], int], None]"
"""Shows rows, and how many messages were no events."""

_COLUMNS = ("model", "calls", "per s", "p50 ms", "p95", "p99", "tokens in", "out", "US $", "errors")


@contextmanager
def shown(output: TextIO, *, objects: bool = False) -> Iterator[Show]:
    """
    Yield what shows a summary: on a terminal as a table that replaces the one before, if rich is
    installed, and otherwise as lines; as *objects*, JSON, one a line.
    """
    if objects:
        yield partial(_write_json, output)
    elif output.isatty() and find_spec("rich"):
        from rich.console import Console  # noqa: PLC0415  # an extra
        from rich.live import Live  # noqa: PLC0415  # loaded when it is needed

        with Live(console=Console(file=output), auto_refresh=False) as display:
            yield lambda rows, invalid: display.update(_table(rows, invalid), refresh=True)
    else:
        yield partial(_write_lines, output)


def _write_lines(output: TextIO, rows: Sequence[Row], invalid: int) -> None:
    when = _now()
    output.writelines(
        f"{when} model={_word(row.model)} calls={row.events} rate={row.rate:.2f}/s "
        f"p50={row.p50:.0f}ms p95={row.p95:.0f}ms p99={row.p99:.0f}ms "
        f"tokens_in={row.prompt_tokens} tokens_out={row.response_tokens} "
        f"cost=${row.cost_usd:.4f} errors={row.errors}\n"
        for row in rows
    )
    if invalid:
        output.write(f"{when} invalid={invalid}\n")
    output.flush()


def _write_json(output: TextIO, rows: Sequence[Row], invalid: int) -> None:
    *models, total = [
        {k: round(v, 6) if isinstance(v, float) else v for k, v in row._asdict().items()}
        for row in rows
    ]
    told = {"time": _now(), "models": models, "total": total, "invalid": invalid}
    output.write(json.dumps(told) + "\n")
    output.flush()


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _table(rows: Sequence[Row], invalid: int) -> Table:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  # an extra
    from rich.table import Table  # noqa: PLC0415  # loaded when it is needed
    from rich.text import Text  # noqa: PLC0415  # loaded when it is needed

    caption = f"{invalid:,} messages were no events" if invalid else None
    table = Table(box=SIMPLE_HEAD, caption=caption, caption_style="yellow")
    table.show_edge, table.padding = False, 0
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for row in rows[:-1]:
        table.add_row(Text(printable(row.model)), *_cells(row), style="red" if row.errors else "")
    table.add_section()
    table.add_row(rows[-1].model, *_cells(rows[-1]), style="bold")
    return table


def _cells(row: Row) -> list[str]:
    share = f" ({row.errors / row.events:.1%})" if row.errors else ""
    return [
        f"{row.events:,}",
        f"{row.rate:,.1f}",
        *(f"{each:,.0f}" for each in (row.p50, row.p95, row.p99)),
        f"{row.prompt_tokens:,}",
        f"{row.response_tokens:,}",
        f"{row.cost_usd:,.4f}",
        f"{row.errors:,}{share}",
    ]


def _word(name: str) -> str:
    """Return a name as one word: quoted, if it is several."""
    shown = printable(name)
    return shown if shown and not set(shown) & {" ", '"', "="} else json.dumps(shown)
