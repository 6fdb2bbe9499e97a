"""Formatting: one call of ruff over what is new, so that generated code reads like written code."""

from __future__ import annotations

import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from shutil import which

from ._cache import Cache
from .errors import FormatError

__all__ = ["write_formatted"]

BATCH = 1000
"""Files of one call of ruff: systems limit the length of a command."""

CONFIG = """
line-length = 100
target-version = "py311"
[lint]
select = ["F401", "I", "RUF022"]
preview = false
[lint.isort]
known-first-party = ["sdk_core", "{package}"]
"""


def write_formatted(
    root: Path, files: Mapping[str, str], package: str, cached: Cache
) -> dict[str, str]:
    """
    Write *files* below *root*, with imports sorted, unused ones dropped, and Python formatted.

    Args:
        root: An empty folder.
        files: Text by path.
        package: The import name of the package among them.
        cached: Knows what was formatted before.

    Returns:
        What was written.

    Raises:
        FormatError: A file is not valid Python, which is a defect of the generator.
    """
    config = CONFIG.format(package=package)
    how = f"{version('ruff')}\0{config}"
    files = {path: text.rstrip() + "\n" if text.strip() else "" for path, text in files.items()}
    keys = {path: f"{how}\0{text}" for path, text in files.items() if path.endswith(".py")}
    known = cached.get("format", dict.fromkeys(keys.values()))
    new = [path for path, key in keys.items() if key not in known]
    done = {path: known.get(keys.get(path, ""), text) for path, text in files.items()}
    # ruff keeps unused imports of an `__init__.py`, lest they be exports; ours say what they export.
    names = {path: path.replace("__init__.py", "init__.py") for path in new}
    _write(root, {names.get(path, path): text for path, text in done.items()})
    if new:
        _ruff(root, list(names.values()), config)
        for path, name in names.items():
            done[path] = (root / name).read_text(encoding="utf-8")
            if name != path:
                (root / name).rename(root / path)
        cached.put("format", {keys[path]: done[path] for path in new})
    return done


def _write(root: Path, files: Mapping[str, str]) -> None:
    for folder in sorted({os.path.dirname(path) for path in files}):  # noqa: PTH120 - thousands
        (root / folder).mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        with open(f"{root}/{path}", "wb") as target:  # noqa: PTH123 - as above
            target.write(text.encode())


def _ruff(root: Path, names: list[str], config: str) -> None:
    with tempfile.TemporaryDirectory(prefix="sdk-codegen-") as folder:
        where = Path(folder, "ruff.toml")
        where.write_text(config, encoding="utf-8")
        program = _program()
        options = ["--no-cache", "--config", str(where)]
        for command in (["check", "--fix-only", "--unsafe-fixes"], ["format"]):
            for start in range(0, len(names), BATCH):
                done = subprocess.run(  # noqa: S603 - our own tool on our own files
                    [program, *command, *options, "--", *names[start : start + BATCH]],
                    cwd=root,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode:
                    msg = f"ruff: {' '.join((done.stderr or done.stdout).split())[:500]}"
                    raise FormatError(msg)


def _program() -> str:
    """Return the ruff of the environment that we run in, not whatever is on the path."""
    scripts = Path(sysconfig.get_path("scripts"))
    found = which("ruff", path=str(scripts)) or which("ruff")
    if found is None:
        msg = "ruff is not installed"
        raise FormatError(msg)
    return found
