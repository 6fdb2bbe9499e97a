"""openapi-python-client's own `generate`, beside ours, on the same document."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

__all__ = ["command", "operations"]


def command(document: Path, out: Path) -> list[str]:
    """Return what its users run; its hooks, which format, find ruff on the path."""
    program = shutil.which("openapi-python-client", path=str(Path(sys.executable).parent))
    return [
        program or "openapi-python-client",
        "generate",
        "--path",
        str(document),
        "--output-path",
        str(out),
        "--overwrite",
    ]


def operations(out: Path) -> int:
    """Return how many operations it gave: it writes a module for each, by tag."""
    return sum(path.name != "__init__.py" for path in out.glob("*/api/*/*.py"))
