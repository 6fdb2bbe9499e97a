"""Verification: what was rendered compiles, imports, and holds every operation."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ._ir import API
from .errors import VerificationError

__all__ = ["verify"]


def verify(root: Path, package: str, api: API) -> None:
    """
    Check a rendered project.

    Every module is compiled. Where `sdk_core` is importable every module is imported as well, in a
    process of its own.

    Raises:
        VerificationError: A module does not compile or import, or an operation is missing.
    """
    source = root / "src" / package
    found: set[str] = set()
    modules = []
    for path in sorted(source.rglob("*.py")):
        relative = path.relative_to(root / "src")
        try:
            tree = ast.parse(path.read_bytes(), str(relative))
            compile(tree, str(relative), "exec")
        except SyntaxError as error:
            msg = f"{relative}: {error}"
            raise VerificationError(msg) from error
        parts = relative.with_suffix("").parts
        modules.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
        if parts[1] == "operations":
            found |= _operation_ids(tree)
    missing = [operation for operation in api.operations if operation.id not in found]
    if missing:
        first = missing[0]
        msg = f"#{first.pointer}: the operation `{first.id}` was not rendered"
        raise VerificationError(msg)
    if find_spec("sdk_core") is not None:
        _import(root / "src", modules)


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


def _import(source: Path, modules: list[str]) -> None:
    code = (
        "import sys, importlib\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "for name in sys.stdin.read().split():\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except Exception as error:\n"
        "        sys.exit(f'{name}: {type(error).__name__}: {error}')\n"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter on files that we rendered
        [sys.executable, "-B", "-c", code, str(source)],
        input="\n".join(modules),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"cannot be imported: {done.stderr.strip().splitlines()[-1]}"
        raise VerificationError(msg)
