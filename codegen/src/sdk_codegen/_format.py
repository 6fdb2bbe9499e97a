"""Formatting: one call of ruff over the whole tree, so that generated code reads like written code."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path
from shutil import which

from .errors import FormatError

__all__ = ["format_tree"]

CONFIG = """
line-length = 100
target-version = "py311"
[lint]
select = ["F401", "I", "RUF022"]
preview = false
[lint.isort]
known-first-party = ["sdk_core"]
"""

_INIT = "init__.py"


def format_tree(root: Path) -> None:
    """
    Sort imports, drop unused ones, and format every Python file below *root*.

    Raises:
        FormatError: A file is not valid Python, which is a defect of the generator.
    """
    config = root / "ruff.toml"
    config.write_text(CONFIG, encoding="utf-8")
    ruff = [_ruff(), "--config", str(config)]
    # ruff keeps unused imports of an `__init__.py`, lest they be exports; ours say what they export.
    renamed = [path.rename(path.with_name(_INIT)) for path in [*root.rglob("__init__.py")]]
    try:
        for command in (
            ["check", "--fix-only", "--unsafe-fixes", "--no-cache", "."],
            ["format", "--no-cache", "."],
        ):
            done = subprocess.run(  # noqa: S603 - our own tool on our own files
                [ruff[0], command[0], *ruff[1:], *command[1:]],
                cwd=root,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                msg = f"ruff: {' '.join((done.stderr or done.stdout).split())[:500]}"
                raise FormatError(msg)
    finally:
        config.unlink()
        for path in renamed:
            path.rename(path.with_name("__init__.py"))


def _ruff() -> str:
    """Return the ruff of the environment that we run in, not whatever is on the path."""
    scripts = Path(sysconfig.get_path("scripts"))
    found = which("ruff", path=str(scripts)) or which("ruff")
    if found is None:
        msg = "ruff is not installed"
        raise FormatError(msg)
    return found
