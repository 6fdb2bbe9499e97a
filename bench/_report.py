"""Turn measured rows into the two tables, and into JSON."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ._measures import INTERPRETER, OURS, PEER

if TYPE_CHECKING:
    from ._measures import Measure, Row

_NAMES = {"raw": "raw + json", INTERPRETER: "interpreter *"}
_VERSIONS = ("openai", "httpx", "httpx2", "pydantic", "sdk-openai-compat")


def header() -> dict[str, str]:
    """Return what the figures depend on: interpreter, machine, load, versions."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "load": load,
        **{name: version(name) for name in _VERSIONS},
    }


def row_values(row: Row, peer: Row | None) -> dict[str, Any]:
    """Return one row as plain values; times are microseconds an operation, memory is kB."""
    values: dict[str, Any] = {
        "measure": row.measure.key,
        "contender": row.contender,
        "rounds": len(row.samples),
        "count": row.measure.count,
        "cpu_median_us": row.median(lambda sample: sample.cpu),
        "cpu_min_us": min(sample.cpu for sample in row.samples),
        "wall_median_us": row.median(lambda sample: sample.wall),
        "ratio": row.ratio_to(peer) if peer and row.contender != INTERPRETER else None,
    }
    if row.measure.cold:
        values["modules"] = int(row.median(lambda sample: sample.modules))
        values["memory_kb"] = row.median(lambda sample: sample.memory)
    return values


def measured(rows: list[Row]) -> list[dict[str, Any]]:
    """Return every row's values, each against `openai` in the same measure."""
    peers = {row.measure.key: row for row in rows if row.contender == PEER}
    return [row_values(row, peers.get(row.measure.key)) for row in rows]


def floors(measures: list[Measure], values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return, for each measure with a floor, the ratio reached (None: not measured)."""
    ratios = {value["measure"]: value["ratio"] for value in values if value["contender"] == OURS}
    found = []
    for measure in measures:
        if measure.floor is not None:
            ratio = ratios.get(measure.key)
            reached = ratio is not None and ratio <= measure.floor
            found.append(
                {
                    "measure": measure.key,
                    "title": measure.title,
                    "floor": measure.floor,
                    "ratio": ratio,
                    "reached": reached,
                }
            )
    return found


def render(
    head: dict[str, str],
    measures: list[Measure],
    values: list[dict[str, Any]],
    held: list[dict[str, Any]],
) -> str:
    """Return the report as text: the header, what was measured, and the floors."""
    lines = [", ".join(f"{name} {value}" for name, value in head.items()), ""]
    columns = ("CPU us", "min", "wall us", "ratio")
    lines.append(f"{'measure':30}{'contender':19}" + "".join(f"{name:>11}" for name in columns))
    for measure in measures:
        title = measure.title
        for value in values:
            if value["measure"] == measure.key:
                lines.append(f"{title:30}{_row(measure, value)}")
                title = ""
    lines.append("")
    if any(value["contender"] == INTERPRETER for value in values):
        lines.append("* in full; already taken off the other rows of its measure")
    lines.append(f"ratio: CPU to that of {PEER}, median over the rounds; lower is better")
    if held:
        lines += ["", f"{'floor of ' + OURS:49}{'at most':>11}{'ratio':>11}"]
        lines += [_floor(floor) for floor in held]
    return "\n".join(lines)


def _row(measure: Measure, value: dict[str, Any]) -> str:
    times = ("cpu_median_us", "cpu_min_us", "wall_median_us")
    cells = [_microseconds(value[name]) for name in times]
    cells.append("" if value["ratio"] is None else _ratio(value["ratio"]))
    text = f"{_NAMES.get(value['contender'], value['contender']):19}"
    text += "".join(f"{cell:>11}" for cell in cells)
    if not measure.cold or not value["memory_kb"]:
        return text
    if measure.per_client:
        return f"{text}  {value['memory_kb']:,.1f} kB each"
    return f"{text}  {value['modules']} modules, peak {value['memory_kb'] / 1024:.1f} MB"


def _floor(floor: dict[str, Any]) -> str:
    if floor["ratio"] is None:
        ratio, verdict = "-", "not measured"
    else:
        # One digit more than the floor has, so that a narrow miss does not look like a hit.
        ratio, verdict = f"{floor['ratio']:.3f}", "reached" if floor["reached"] else "MISSED"
    return f"{floor['title']:49}{floor['floor']:>11.2f}{ratio:>11}  {verdict}"


def _microseconds(value: float) -> str:
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def _ratio(value: float) -> str:
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
