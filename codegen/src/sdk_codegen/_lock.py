"""The lock of a generated project: from what, with what, and which files came of it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from .errors import LockError

__all__ = ["LOCK_NAME", "Lock", "digest", "read_lock", "relative"]

LOCK_NAME = "sdk-codegen.lock"
FORMAT = 2
OLDER = (1,)


@attrs.frozen
class Lock:
    """
    What `check` needs to generate again, and what tells that nothing changed since.

    Attributes:
        generator: The version of `sdk-codegen`.
        spec: The document, relative to the folder of the lock, or a URL.
        spec_sha256: Of its main file.
        overlays: The overlays, relative to the folder of the lock, with their SHA-256.
        package: The import name.
        distribution: The name on a package index.
        files: SHA-256 of every generated file, by path.
        parts: What else the document was read from, relative to it, with SHA-256.
        config: The configuration file, relative to the folder of the lock, with its SHA-256.
        models: What models are made with.
    """

    generator: str
    spec: str
    spec_sha256: str
    overlays: tuple[tuple[str, str], ...]
    package: str
    distribution: str
    files: Mapping[str, str] = attrs.field(repr=False)
    parts: tuple[tuple[str, str], ...] = ()
    config: tuple[str, str] | None = None
    models: str = "pydantic"

    def dump(self) -> str:
        """Return the lock as JSON."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "generator": self.generator,
            "config": _entry(self.config) if self.config else None,
            "spec": _entry((self.spec, self.spec_sha256)),
            "parts": [_entry(part) for part in self.parts],
            "overlays": [_entry(overlay) for overlay in self.overlays],
            "package": self.package,
            "distribution": self.distribution,
            "models": self.models,
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _entry(file: tuple[str, str]) -> dict[str, str]:
    return {"path": file[0], "sha256": file[1]}


def _file(entry: Any) -> tuple[str, str]:
    return str(entry["path"]), str(entry["sha256"])


def digest(content: bytes) -> str:
    """Return the SHA-256 of *content*, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def relative(path: Path, folder: Path) -> str:
    """Return *path* relative to *folder*, with forward slashes on every system."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def read_lock(folder: Path) -> Lock | None:
    """
    Return the lock in *folder*; ``None`` where there is none.

    Raises:
        LockError: The lock is not one that this version can read.
    """
    path = folder / LOCK_NAME
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        msg = f"{path.as_posix()}: cannot be read: {' '.join(str(error).split())}"
        raise LockError(msg) from error
    try:
        if value["format"] not in (*OLDER, FORMAT):
            msg = f"{path.as_posix()}: has format {value['format']}, this version reads {FORMAT}"
            raise LockError(msg)
        files = {str(name): str(sha256) for name, sha256 in value["files"].items()}
        for name in files:
            parts = PurePosixPath(name)
            if parts.is_absolute() or ".." in parts.parts:
                msg = f"{path.as_posix()}: `{name}` is outside of the folder"
                raise LockError(msg)
        spec, spec_sha256 = _file(value["spec"])
        return Lock(
            generator=str(value["generator"]),
            spec=spec,
            spec_sha256=spec_sha256,
            overlays=tuple(_file(overlay) for overlay in value["overlays"]),
            package=str(value["package"]),
            distribution=str(value["distribution"]),
            files=files,
            parts=tuple(_file(part) for part in value.get("parts", ())),
            config=_file(value["config"]) if value.get("config") else None,
            models=str(value.get("models", "pydantic")),
        )
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"{path.as_posix()}: is no lock of sdk-codegen ({error!r})"
        raise LockError(msg) from error
