"""
Install every wheel of ``dist/`` by itself into an environment of its own, and import it.

Siblings are found in ``dist/``, everything else in the registry: what a wheel does not declare is
missing here, however complete the development environment is.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def install(wheel: Path, folder: Path) -> None:
    """Install *wheel* into a new environment in *folder* and import its package."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    package = wheel.name.partition("-")[0]
    links = f"--find-links={wheel.parent}"
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--no-input", links, wheel], check=True
    )
    program = (
        f"import {package}, importlib.resources as r; "
        f"assert r.files('{package}').joinpath('py.typed').is_file(); "
        f"print('ok', '{wheel.name}', {package}.__file__.rpartition('site-packages')[2])"
    )
    environment = {name: v for name, v in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([python, "-W", "error", "-c", program], check=True, env=environment, cwd=folder)


def main() -> int:
    """Install all, one after the other; return the exit code."""
    wheels = sorted((ROOT / "dist").glob("*.whl"))
    members = [*ROOT.glob("packages/*/pyproject.toml"), ROOT / "codegen" / "pyproject.toml"]
    if len(wheels) != len(members):
        print(f"{len(wheels)} wheels for {len(members)} packages: run `./dev build` first")
        return 1
    for wheel in wheels:
        with tempfile.TemporaryDirectory() as folder:
            install(wheel, Path(folder))
    print(f"{len(wheels)} wheels install alone and import")
    return 0


if __name__ == "__main__":
    sys.exit(main())
