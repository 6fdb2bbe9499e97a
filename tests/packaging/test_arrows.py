"""Which package may import which: the arrows of the design, and nothing that is not declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [
    *sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml")),
    ROOT / "codegen",
]

# A package may import those of the family that it stands on, and no others.
ARROWS: dict[str, set[str]] = {
    "sdk_core": set(),
    "sdk_inference_api": {"sdk_core"},
    "sdk_platform_api": {"sdk_core"},
    "sdk_auth": {"sdk_core"},
    "sdk_openai_compat": {"sdk_core", "sdk_inference_api"},
    "sdk_platform": {"sdk_core", "sdk_auth", "sdk_openai_compat", "sdk_platform_api"},
    "sdk_server": {"sdk_core"},
    "sdk_telemetry": {"sdk_core"},
    "sdk_codegen": set(),
}
# Where the name that is imported is not the name that is installed.
DISTRIBUTIONS = {
    "attr": "attrs",
    "google": "protobuf",
    "jwt": "pyjwt",
    "kafka": "kafka-python",
    "jsonschema_rs": "jsonschema-rs",
    "openapi_python_client": "openapi-python-client",
    "opentelemetry": "opentelemetry-api",
    "pydantic_core": "pydantic",  # pydantic pins its core exactly
    "yaml": "pyyaml",
}


def _source(member: Path) -> Path:
    (package,) = (path for path in (member / "src").iterdir() if (path / "__about__.py").exists())
    return package


def _modules(package: Path) -> Iterator[tuple[str, Path]]:
    for path in package.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((alias.name, path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield from ((f"{node.module}.{alias.name}", path) for alias in node.names)


def _imports(package: Path) -> Iterator[tuple[str, Path]]:
    for name, path in _modules(package):
        yield name.partition(".")[0], path


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_package_imports_only_what_its_arrows_allow(member: Path) -> None:
    """Every import of a sibling is an arrow of the design."""
    package = _source(member)
    family = {name for name, _ in _imports(package)} & ARROWS.keys() - {package.name}
    assert family <= ARROWS[package.name]


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_package_uses_what_its_siblings_make_public(member: Path) -> None:
    """They are installed in versions of their own: what is private in one may be gone in the next."""
    package = _source(member)
    private = {
        f"{name} in {path.relative_to(member)}"
        for name, path in _modules(package)
        if name.partition(".")[0] in ARROWS.keys() - {package.name}
        and any(part.startswith("_") for part in name.split("."))
    }
    assert set() == private


@pytest.mark.parametrize("member", MEMBERS, ids=lambda path: path.name)
def test_a_package_declares_what_it_imports(member: Path) -> None:
    """Every import of something installed is a dependency in the package's own pyproject."""
    package = _source(member)
    project = tomllib.loads((member / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    requirements = [*project["dependencies"], *(entry for extra in extras for entry in extra)]
    declared = {re.split(r"[^\w.-]", entry, maxsplit=1)[0].lower() for entry in requirements}
    undeclared = {
        f"{name} in {path.relative_to(member)}"
        for name, path in _imports(package)
        if name not in sys.stdlib_module_names
        and name != package.name
        and DISTRIBUTIONS.get(name, name).replace("_", "-") not in declared
    }
    assert set() == undeclared


def test_every_package_has_its_arrows() -> None:
    """A new package cannot join without saying on whom it stands."""
    assert ARROWS.keys() == {_source(member).name for member in MEMBERS}
