"""Turn measured rows into the two tables, and into JSON."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ._measures import INTERPRETER, OURS, PEER, Floor
from ._sizes import sizes

if TYPE_CHECKING:
    from ._measures import Measure, Row

SIZE = "size"
SIZE_FLOOR = Floor(OURS, 0.5)

_SIZE_TITLE = "installed size"
_OWN = ("openai", "sdk-")  # distributions that nobody else would have anyway
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


def measured_sizes() -> list[dict[str, Any]]:
    """Return what each package takes on disk, in bytes, with and without what others need, too."""
    names = (PEER, OURS)
    taken = [sizes(name) for name in names]
    totals = [sum(each.values()) for each in taken]
    owns = [sum(size for name, size in each.items() if name.startswith(_OWN)) for each in taken]
    return [
        {
            "measure": SIZE,
            "contender": name,
            "bytes": total,
            "own_bytes": own,
            "ratio": total / totals[0],
            "own_ratio": own / owns[0],
        }
        for name, total, own in zip(names, totals, owns, strict=True)
    ]


def floors(
    measures: list[Measure], rows: list[Row], taken: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return each floor with the ratio that its contender reached (None: not measured)."""
    found = {(row.measure.key, row.contender): row for row in rows}
    held = []
    for measure in measures:
        for floor in measure.floors:
            ours = found.get((measure.key, floor.contender))
            theirs = found.get((measure.key, floor.peer))
            ratio = ours.ratio_to(theirs) if ours and theirs else None
            held.append(_held(measure.key, measure.title, floor, ratio))
    own = (value["ratio"] for value in taken if value["contender"] == OURS)
    return [*held, *(_held(SIZE, _SIZE_TITLE, SIZE_FLOOR, ratio) for ratio in own)]


def _held(key: str, title: str, floor: Floor, ratio: float | None) -> dict[str, Any]:
    return {
        "measure": key,
        "title": title,
        "contender": floor.contender,
        "peer": floor.peer,
        "floor": floor.at_most,
        "ratio": ratio,
        "reached": ratio is not None and ratio <= floor.at_most,
    }


def render(
    head: dict[str, str],
    measures: list[Measure],
    values: list[dict[str, Any]],
    taken: list[dict[str, Any]],
    held: list[dict[str, Any]],
) -> str:
    """Return the report as text: the header, what was measured, and the floors."""
    lines = [", ".join(f"{name} {value}" for name, value in head.items()), ""]
    columns = ("CPU us", "min", "wall us", "ratio")
    lines.append(f"{'measure':30}{'contender':29}" + "".join(f"{name:>11}" for name in columns))
    for measure in measures:
        title = measure.title
        for value in values:
            if value["measure"] == measure.key:
                lines.append(f"{title:30}{_row(measure, value)}")
                title = ""
    title = _SIZE_TITLE
    for value in taken:
        own = f"{value['own_bytes'] / 1e6:.1f} MB, {_ratio(value['own_ratio'])}, by itself"
        size = f"{value['bytes'] / 1e6:.1f} MB"
        cells = f"{size:>33}{_ratio(value['ratio']):>11}  {own}"
        lines.append(f"{title:30}{_NAMES.get(value['contender'], value['contender']):29}{cells}")
        title = ""
    lines.append("")
    if any(value["contender"] == INTERPRETER for value in values):
        lines.append("* in full; already taken off the other rows of its measure")
    lines.append(f"ratio: CPU to that of {PEER}, median over the rounds; lower is better")
    if held:
        lines += ["", f"{'floor':30}{'of':29}{'beside':11}{'at most':>11}{'ratio':>11}"]
        lines += [_floor(floor) for floor in held]
    return "\n".join(lines)


def _row(measure: Measure, value: dict[str, Any]) -> str:
    times = ("cpu_median_us", "cpu_min_us", "wall_median_us")
    cells = [_microseconds(value[name]) for name in times]
    cells.append("" if value["ratio"] is None else _ratio(value["ratio"]))
    text = f"{_NAMES.get(value['contender'], value['contender']):29}"
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
        ratio, verdict = f"{floor['ratio']:.4f}", "reached" if floor["reached"] else "MISSED"
    names = f"{floor['title']:30}{floor['contender']:29}{floor['peer']:11}"
    return f"{names}{floor['floor']:>11g}{ratio:>11}  {verdict}"


def _microseconds(value: float) -> str:
    return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"


def _ratio(value: float) -> str:
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
