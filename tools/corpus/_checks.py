"""Everything that is done with one document: generate, import, type, test, generate again."""

from __future__ import annotations

import filecmp
import json
import re
import shutil
import statistics
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import attrs

from . import _peer
from ._documents import Document
from ._process import CORE, Done, environment, python, run
from ._rows import Row

__all__ = ["COLD", "Workshop", "check"]

COLD = 5
"""Processes that an import is measured in."""

ROUNDS = 3
"""Of two generators in turns."""

HERE = Path(__file__).parent
NAMED = 3


@attrs.frozen
class Workshop:
    """
    Where one document after another is worked on.

    Attributes:
        folder: Where the packages go.
        caches: Of mypy, kept from document to document; of one worker only.
        say: Called with a line about each step.
        limit: Seconds for each program that is run; what takes longer is ended, and has failed.
        against: Whether openapi-python-client generates from each document as well.
    """

    folder: Path
    caches: Path
    say: Callable[[str], None]
    limit: float = 600.0
    against: bool = False


class _Failure(Exception):
    """A step cannot be carried out, and those after it neither."""


@attrs.define
class _Run:
    """One document on its way."""

    document: Document
    workshop: Workshop
    row: Row

    @property
    def folder(self) -> Path:
        return self.workshop.folder / self.document.slug / self.row.models_of

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def source(self) -> Path:
        return self.project / "src"

    def run(self, command: list[str], *, at: Path | None = None, seed: int = 0) -> Done:
        """Run a program that is part of a step."""
        home = self.folder / "home"
        home.mkdir(parents=True, exist_ok=True)
        variables = environment(home, self.source, CORE, seed=seed)
        limit = self.workshop.limit
        done = run(command, limit=limit, folder=at or self.folder, variables=variables)
        if done.late:
            msg = f"took more than {limit:g} s"
            raise _Failure(msg)
        return done

    def problem(self, text: str) -> None:
        self.row.problems.append(text)


def check(document: Document, models: str, workshop: Workshop) -> Row:
    """
    Generate a package from *document*, prove it, and return what was measured.

    Args:
        document: An OpenAPI document.
        models: ``pydantic`` or ``attrs``.
        workshop: Where.
    """
    known = document.operations
    row = Row(document.path.name, models, None if known is None else len(known))
    state = _Run(document, workshop, row)
    for title, step in (*STEPS, *(RACE if workshop.against else ())):
        workshop.say(f"{row.document} ({models}): {title}")
        try:
            step(state)
        except Exception as error:  # whatever it is, the other documents go on
            reason = error if isinstance(error, _Failure) else repr(error)
            state.problem(f"{title}: {reason}")
            if step is _generate:
                break
    return row


def generator(document: Document, models: str, out: Path, *options: str) -> list[str]:
    """Return the command that generates a package."""
    return python(
        "-m",
        "sdk_codegen",
        "generate",
        document.path.resolve(),
        "--out",
        out,
        "--package",
        document.package,
        *(() if models == "pydantic" else ("--models", models)),
        *options,
    )


def _generate(state: _Run) -> None:
    shutil.rmtree(state.folder, ignore_errors=True)
    state.folder.mkdir(parents=True)
    done = state.run(generator(state.document, state.row.models_of, state.project), seed=1)
    state.row.seconds, state.row.cpu, state.row.peak_mb = done.wall, done.cpu, done.peak_mb
    if done.code:
        raise _Failure(done.last_line)
    found = re.search(r"(\d+) repairs?\b", done.out)
    state.row.repairs = int(found[1]) if found else None


def _import(state: _Run) -> None:
    row = state.row
    done = state.run(python(HERE / "_probe.py", state.source, state.document.package))
    if done.code:
        raise _Failure(done.last_line)
    said = json.loads(done.out)
    broken, unbuilt = said["broken"], said["unbuilt"]
    row.modules, row.importable = said["modules"], said["modules"] - len(broken)
    row.models, row.built = said["models"], said["models"] - len(unbuilt)
    for title, failed in (("cannot be imported", broken), ("cannot be built", unbuilt)):
        for name, reason in list(failed.items())[:NAMED]:
            state.problem(f"{name} {title}: {reason}")
        if len(failed) > NAMED:
            state.problem(f"{len(failed) - NAMED} more {title}")
    _compare(state, [(method, path) for _, method, path in said["operations"]])
    if "client" in said:
        state.problem(f"no client: {said['client']}")
        return
    for colour in ("sync", "async"):
        if said[colour] < (row.generated or 0):
            state.problem(f"the {colour} client has {said[colour]} methods")
    _time(state, said["calls"])


def _compare(state: _Run, generated: list[tuple[str, str]]) -> None:
    """Hold the operations of the package to those of the document."""
    known = state.document.operations
    if known is None:
        state.row.generated = len(generated)
        state.problem("the document cannot be read without the generator, so nothing is proved")
        return
    missing, extra = Counter(known), Counter(generated)
    missing, extra = missing - extra, extra - missing
    if missing.total() == extra.total() and len(known) == len(generated):
        missing, extra = Counter(), Counter()  # a path that the generator had to repair
    state.row.generated = len(known) - missing.total()
    state.row.extra = extra.total()
    for title, found in (("is missing", missing), ("is not in the document", extra)):
        for method, path in list(found.elements())[:NAMED]:
            state.problem(f"{method} {path} {title}")
        if found.total() > NAMED:
            state.problem(f"{found.total() - NAMED} more operations: {title}")


def _time(state: _Run, calls: list[tuple[str, dict[str, str]]]) -> None:
    """Measure the imports, each in several processes that know nothing yet."""
    script, package = HERE / "_cold.py", state.document.package

    def median(*arguments: str, rounds: int = COLD) -> float:
        costs = []
        for _ in range(rounds):
            done = state.run(python(script, state.source, package, *arguments))
            if done.code:
                raise _Failure(done.last_line)
            costs.append(float(done.out))
        return statistics.median(costs)

    state.row.root_ms = median()
    costs = [
        median(method, json.dumps(arguments), rounds=1 if number else COLD)
        for number, (method, arguments) in enumerate(calls)
    ]
    if costs:
        state.row.call_ms, state.row.worst_ms = costs[0], max(costs)


def _type(state: _Run) -> None:
    cache = state.workshop.caches.resolve() / "mypy"
    done = state.run(
        python("-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", "src"),
        at=state.project,
    )
    errors = [line for line in done.out.splitlines() if re.match(r"src[/\\].*: error: ", line)]
    if done.code not in (0, 1) or (done.code and not errors):
        raise _Failure(done.last_line)
    state.row.mypy = len(errors)
    for line in errors[:NAMED]:
        state.problem(line)
    if len(errors) > NAMED:
        state.problem(f"{len(errors) - NAMED} more errors of mypy")


def _test(state: _Run) -> None:
    report = state.folder / "tests.xml"
    done = state.run(
        python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", "tests"),
        at=state.project,
    )
    if not report.is_file():
        raise _Failure(done.last_line)
    passed: Counter[bool] = Counter()
    failed: list[tuple[bool, str]] = []
    for case in ET.parse(report).getroot().iter("testcase"):
        smoke = "test_operations" in case.get("classname", "")
        if case.find("failure") is None and case.find("error") is None:
            passed[smoke] += case.find("skipped") is None
        else:
            failed.append((smoke, f"{case.get('name')}: {_reason(case)}"))
    smoke_failed = sum(smoke for smoke, _ in failed)
    state.row.smoke, state.row.smoke_total = passed[True], passed[True] + smoke_failed
    state.row.other_failed = len(failed) - smoke_failed
    for _, text in failed[:NAMED]:
        state.problem(text)
    if len(failed) > NAMED:
        state.problem(f"{len(failed) - NAMED} more tests fail")
    if state.row.smoke_total < (state.row.generated or 0):
        state.problem(f"{state.row.generated} operations have {state.row.smoke_total} smoke tests")


def _reason(case: ET.Element) -> str:
    found = next(one for one in case if one.tag in ("failure", "error"))
    return (found.get("message") or "").splitlines()[0][:200] if found.get("message") else ""


def _regenerate(state: _Run) -> None:
    """Generate beside, from nothing, and in place, with nothing changed."""
    beside = state.folder / "beside"
    models = state.row.models_of
    shutil.rmtree(state.folder / "home", ignore_errors=True)
    done = state.run(generator(state.document, models, beside), seed=2)
    if done.code:
        raise _Failure(done.last_line)
    lock = json.loads((state.project / "sdk-codegen.lock").read_text(encoding="utf-8"))
    names = [*lock["files"], "sdk-codegen.lock"]
    _, different, missing = filecmp.cmpfiles(state.project, beside, names, shallow=False)
    for name in [*different, *missing][:NAMED]:
        state.problem(f"{name} is not the same when it is generated again")
    done = state.run(generator(state.document, models, beside), seed=3)
    state.row.again = done.wall
    if done.code:
        raise _Failure(done.last_line)
    shutil.rmtree(beside)


def _race(state: _Run) -> None:
    """Generate in turns, ours and openapi-python-client's, both from nothing; keep the medians."""
    spec, models, theirs = state.document.path.resolve(), state.row.models_of, state.folder / "opc"
    times: dict[str, list[Done]] = {"ours": [], "opc": []}
    for _ in range(ROUNDS):
        for name, out, command in (
            (
                "ours",
                state.folder / "beside",
                generator(state.document, models, state.folder / "beside"),
            ),
            ("opc", theirs, _peer.command(spec, theirs)),
        ):
            for folder in (out, state.folder / "home"):
                shutil.rmtree(folder, ignore_errors=True)
            times[name].append(state.run(command))
    state.row.peer = {"generated": _peer.operations(theirs)}
    for name, prefix in (("ours", "our_"), ("opc", "")):
        for value in ("wall", "cpu"):
            middle = statistics.median(getattr(done, value) for done in times[name])
            state.row.peer[f"{prefix}{value}"] = middle
    for folder in (theirs, state.folder / "beside"):
        shutil.rmtree(folder, ignore_errors=True)


STEPS: tuple[tuple[str, Callable[[_Run], None]], ...] = (
    ("generate", _generate),
    ("import", _import),
    ("mypy", _type),
    ("tests", _test),
    ("generate again", _regenerate),
)

RACE = (("generate beside openapi-python-client", _race),)
