"""What every distribution of the family has."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [
    *sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml")),
    ROOT / "codegen",
]
LONGEST = 500


def _names(member: Path) -> tuple[str, str]:
    project = tomllib.loads((member / "pyproject.toml").read_text("utf-8"))["project"]
    return project["name"], project["name"].replace("-", "_")


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_package_is_complete(member: Path) -> None:
    """Every package has a README, a licence, tests and the marker that it is typed."""
    _, package = _names(member)
    wanted = ["README.md", "LICENSE", "tests", f"src/{package}/py.typed"]
    assert [] == [name for name in wanted if not (member / name).exists()]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_the_readme_says_what_the_package_is(member: Path) -> None:
    """A README has more than a title, for it is the package's page."""
    assert len((member / "README.md").read_text("utf-8").split()) > 30


def test_all_versions_agree() -> None:
    """The family is released together, under one number."""
    versions = {
        package: importlib.import_module(f"{package}.__about__").__version__
        for _, package in map(_names, MEMBERS)
    }
    assert len(set(versions.values())) == 1, versions


@pytest.mark.parametrize("name", ["sdk-inference-api", "sdk-platform-api"])
def test_a_generated_package_holds_nothing_written_by_hand(name: str) -> None:
    """Every file is one that the generator wrote, and is in its lock."""
    member = ROOT / "packages" / name
    written = set(json.loads((member / "sdk-codegen.lock").read_text("utf-8"))["files"])
    found = {
        path.relative_to(member).as_posix()
        for path in member.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert written == found - {"sdk-codegen.lock"}


def test_no_written_file_is_longer_than_two_ideas() -> None:
    """No file written by hand is longer than 500 lines."""
    generated = {ROOT / "packages" / name for name in ("sdk-inference-api", "sdk-platform-api")}
    generated.add(ROOT / "packages/sdk-openai-compat/src/sdk_openai_compat/types")
    files = [
        path
        for folder in ("packages", "codegen", "tests", "bench", "examples", "tools")
        for path in (ROOT / folder).rglob("*.py")
        if not generated & set(path.parents)
    ]
    assert files
    assert [] == [str(p) for p in files if len(p.read_text("utf-8").split("\n")) > LONGEST]


@pytest.mark.parametrize(
    "package",
    [
        "sdk_auth",
        "sdk_core",
        "sdk_core.clients",
        "sdk_inference_api",
        "sdk_openai_compat",
        "sdk_platform",
    ],
)
def test_importing_loads_no_engine(package: str) -> None:
    """Importing a client package loads neither an HTTP library, nor pydantic, nor an event loop."""
    heavy = {"httpx", "httpcore", "pydantic", "asyncio", "ssl", "anyio"}
    program = f"import sys, {package}; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()
    assert package in loaded
    assert set() == heavy & set(loaded)
