"""The packages that are compared: generated afresh by each generator from one document."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

Decode: TypeAlias = "Callable[[bytes], Any]"

SPEC = Path(__file__).with_name("spec.yaml")
PEER = "openapi-python-client"
FLAVOURS = ("pydantic", "attrs")


def generate(folder: Path) -> None:
    """Generate every package into *folder*, and make it importable."""
    for flavour in FLAVOURS:
        _ours(SPEC, folder / flavour, f"ours_{flavour}", flavour)
        sys.path.insert(0, str(folder / flavour / "src"))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(SPEC)]
    command += ["--meta", "none", "--overwrite", "--output-path", str(folder / "peer" / "peer")]
    subprocess.run(command, check=True, capture_output=True)
    sys.path.insert(0, str(folder / "peer"))


def document(spec: Path, folder: Path) -> Path:
    """Generate the package `package` of any document; return what makes it importable."""
    _ours(spec, folder / "package", "package", "pydantic")
    return folder / "package" / "src"


def _ours(spec: Path, out: Path, package: str, flavour: str) -> None:
    out.mkdir()
    config = out / "sdk-codegen.yaml"  # JSON is YAML
    settings = {
        "spec": str(spec.resolve()),
        "package": {"name": package},
        "models": flavour,
        "tests": False,
        "docs": False,
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    program = str(Path(sys.executable).with_name("sdk-codegen"))
    done = subprocess.run(
        [program, "generate", str(config)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stderr)


def contenders(model: str) -> dict[str, Decode]:
    """Return how each package decodes *model*, in the way its own calls do."""
    from sdk_core._decoding import decoder  # noqa: PLC0415  # what a call of ours uses
    from sdk_core.operations import Ref  # noqa: PLC0415  # as above

    peer = getattr(import_module("peer.models"), model)

    def theirs(data: bytes) -> Any:
        return peer.from_dict(json.loads(data))

    found: dict[str, Decode] = {PEER: theirs}
    for flavour in FLAVOURS:
        found[flavour] = partial(_decoded, decoder(Ref(f"ours_{flavour}.models", model)))
    return found


def _decoded(decode: Callable[[bytes, bool], Any], data: bytes) -> Any:
    return decode(data, False)
