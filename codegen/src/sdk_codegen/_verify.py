"""Verification: what was rendered compiles, imports, and holds every operation."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ._ir import API
from .errors import VerificationError

__all__ = ["verify"]

IMPORT = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
sys.path += sys.argv[2:]
from sdk_core.operations import Operation
ids = []
for name in sys.stdin.read().split():
    try:
        module = importlib.import_module(name)
    except BaseException as error:
        sys.exit(f"{name}: {type(error).__name__}: {error}")
    if ".operations" in name:
        ids += [value.id for value in vars(module).values() if isinstance(value, Operation)]
print(json.dumps(ids))
"""


def verify(root: Path, package: str, api: API, beside: Path | None = None) -> None:
    """
    Check a rendered project.

    Every module is imported, in a process of its own; where `sdk_core` is not installed, every
    module is compiled. Hand-written base classes are found in *beside*.

    Raises:
        VerificationError: A module does not compile or import, or an operation is missing.
    """
    source = root / "src"
    paths = sorted((source / package).rglob("*.py"))
    found = _imported(source, paths, beside) if find_spec("sdk_core") else _compiled(source, paths)
    missing = [operation for operation in api.operations if operation.id not in found]
    if missing:
        first = missing[0]
        msg = f"#{first.pointer}: the operation `{first.id}` was not rendered"
        raise VerificationError(msg)


def _imported(source: Path, paths: list[Path], beside: Path | None) -> set[str]:
    modules = []
    for path in paths:
        parts = path.relative_to(source).with_suffix("").parts
        modules.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    done = subprocess.run(  # noqa: S603 - our own interpreter on files that we rendered
        [sys.executable, "-B", "-c", IMPORT, str(source), *([str(beside)] if beside else [])],
        input="\n".join(modules),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["the process ended"])[-1]
        msg = f"cannot be imported: {reason}"
        raise VerificationError(msg)
    return set(json.loads(done.stdout.splitlines()[-1]))


def _compiled(source: Path, paths: list[Path]) -> set[str]:
    found: set[str] = set()
    for path in paths:
        name = path.relative_to(source).as_posix()
        try:
            tree = ast.parse(path.read_bytes(), name)
            compile(tree, name, "exec")
        except SyntaxError as error:
            msg = f"{name}: {error}"
            raise VerificationError(msg) from error
        if "/operations" in name:
            found |= _operation_ids(tree)
    return found


def _operation_ids(tree: ast.Module) -> set[str]:
    return {
        keyword.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Operation"
        for keyword in node.keywords
        if keyword.arg == "id"
        and isinstance(keyword.value, ast.Constant)
        and isinstance(keyword.value.value, str)
    }
