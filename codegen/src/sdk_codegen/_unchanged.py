"""
Whether there is anything to do.

A project is up to date when the same generator was given the same inputs and every file is as it
was written. The lock knows the inputs and the files; of which code the generator consisted the
user's cache knows, so that an edit of a template counts although the version stays.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from .__about__ import __version__
from ._cache import Cache
from ._lock import LOCK_NAME, Lock, digest, read_lock, relative
from ._repairs import Repair
from ._result import Changes, Result, Skipped
from ._write import WORK

__all__ = ["configured", "given", "remember"]

KIND = "run"


def configured(config: Path) -> Result | None:
    """Return what is known of the project of a configuration file, if it is up to date."""
    try:
        content = config.read_bytes()
    except OSError:
        return None  # the run itself says why
    said = re.search(rb"^out:[ \t]*[\"']?([^\"'#\r\n]+)", content, re.MULTILINE)
    out = config.parent / (said[1].decode("utf-8", "replace").strip() if said else "")
    lock = read_lock(out)
    # If `out` was misread this is another project's lock, or none.
    if lock is None or lock.config != (relative(config, out), digest(content)):
        return None
    return _known(out, lock)


def given(
    spec: Path,
    out: Path,
    package: str | None,
    distribution: str | None,
    overlays: Sequence[Path],
    models: str | None,
) -> Result | None:
    """Return what is known of the project of these options, if it is up to date."""
    lock = read_lock(out)
    if lock is None or package is None or lock.config is not None:
        return None
    asked = attrs.evolve(
        lock,
        spec=relative(spec, out),
        package=package,
        distribution=distribution or package.replace("_", "-"),
        overlays=tuple(
            (relative(path, out), sha256)
            for path, (_, sha256) in zip(overlays, lock.overlays, strict=False)
        ),
        models=models or "pydantic",
    )
    if asked != lock or len(overlays) != len(lock.overlays):
        return None
    return _known(out, lock)


def _known(out: Path, lock: Lock) -> Result | None:
    begun = time.monotonic()
    document = out / lock.spec
    inputs = [
        (document, lock.spec_sha256),
        *((document.parent / name, sha256) for name, sha256 in lock.parts),
        *((out / name, sha256) for name, sha256 in lock.overlays),
    ]
    outputs = [(out / name, sha256) for name, sha256 in lock.files.items()]
    # What a killed run has left is for the next one to put right.
    if (out / WORK).exists() or lock.generator != __version__ or not _all_same([*inputs, *outputs]):
        return None
    key = _key(out)
    found = Cache.user().get(KIND, [key]).get(key)
    if found is None:
        return None
    value = json.loads(found)
    return Result(
        out=out,
        operations=value["operations"],
        models=value["models"],
        files=len(lock.files) + 1,
        changes=Changes(unchanged=len(lock.files) + 1),
        repairs_by_pass={
            name: tuple(Repair(pointer, reason) for pointer, reason in made)
            for name, made in value["repairs"].items()
        },
        skipped=tuple(Skipped(*item) for item in value["skipped"]),
        unfit_examples=tuple(value["unfit_examples"]),
        seconds=time.monotonic() - begun,
    )


def _all_same(files: Iterable[tuple[Path, str]]) -> bool:
    try:
        return all(digest(path.read_bytes()) == sha256 for path, sha256 in files)
    except OSError:
        return False  # a URL is never known to be unchanged, either


def remember(result: Result) -> None:
    """Note that the project of *result* is up to date."""
    value = {
        "operations": result.operations,
        "models": result.models,
        "repairs": {
            name: [(repair.pointer, repair.reason) for repair in made]
            for name, made in result.repairs_by_pass.items()
        },
        "skipped": [attrs.astuple(item) for item in result.skipped],
        "unfit_examples": result.unfit_examples,
    }
    Cache.user().put(KIND, {_key(result.out): json.dumps(value)})


def _key(out: Path) -> str:
    """Return what stands for a lock and the code of the generator."""
    found = hashlib.sha256((out / LOCK_NAME).read_bytes())
    here = Path(__file__).parent
    for path in sorted((*here.rglob("*.py"), *here.rglob("*.jinja"))):
        found.update(path.read_bytes())
    return found.hexdigest()
