"""What importing costs: counted in modules, which no busy machine changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sdk_core

MOST = 12
"""Modules that `import sdk_core` may add to those of httpx and attrs."""

HEAVY = {
    "aiohttp",
    "anyio",
    "asyncio",
    "httpcore",
    "httptools",
    "httpx",
    "httpx2",
    "pydantic",
    "pydantic_core",
    "pydantic_settings",
    "pyreqwest",
    "redis",
    "rich",
    "sqlite3",
    "ssl",
    "tqdm",
    "trio",
    "websockets",
}
_MADE_OF_PYDANTIC = {"models", "settings"}
PUBLIC = sorted(
    path.stem
    for path in Path(sdk_core.__file__).parent.iterdir()
    if not path.stem.startswith("_") and (path.suffix == ".py" or (path / "__init__.py").exists())
)


def loaded(*statements: str) -> set[str]:
    """Return the modules that a new interpreter has when it has carried out *statements*."""
    program = "\n".join((*statements, "import sys", "print(*sys.modules)"))
    command = [sys.executable, "-W", "error", "-c", program]
    # What measures the tests would be measured.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True, env=bare)
    return set(done.stdout.split())


def test_the_package_adds_few_modules_to_those_it_stands_on() -> None:
    """At most twelve over httpx and attrs, its own included, and no pydantic."""
    standing = loaded("import httpx, attrs")
    added = loaded("import httpx, attrs", "import sdk_core") - standing
    assert "sdk_core" in added
    assert len(added) <= MOST, sorted(added)


@pytest.mark.parametrize("module", ["", *(f".{name}" for name in PUBLIC)])
def test_importing_loads_nothing_heavy(module: str) -> None:
    """No engine, no loop, no TLS, no pydantic: not the package, and none of its public modules."""
    allowed = HEAVY if module[1:] in _MADE_OF_PYDANTIC else set()
    assert (HEAVY - allowed) & loaded(f"import sdk_core{module}") == set()


def test_every_public_module_is_listed_in_the_readme() -> None:
    """Whoever looks for a module finds it in the table of public modules."""
    readme = Path(__file__).parents[1] / "README.md"
    table = readme.read_text(encoding="utf-8").partition("## Public modules")[2]
    assert [name for name in PUBLIC if f"`{name}`" not in table] == []
