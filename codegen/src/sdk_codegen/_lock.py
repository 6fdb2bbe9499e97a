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

__all__ = ["LOCK_NAME", "Lock", "digest", "read_lock"]

LOCK_NAME = "sdk-codegen.lock"
FORMAT = 1


@attrs.frozen
class Lock:
    """
    What `check` needs to generate again.

    Attributes:
        spec: The document, relative to the folder of the lock.
        overlays: The overlays, relative to it too.
        files: SHA-256 of every generated file, by path.
    """

    generator: str
    spec: str
    spec_sha256: str
    overlays: tuple[tuple[str, str], ...]
    package: str
    distribution: str
    files: Mapping[str, str]

    def dump(self) -> str:
        """Return the lock as JSON."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "generator": self.generator,
            "spec": {"path": self.spec, "sha256": self.spec_sha256},
            "overlays": [{"path": path, "sha256": sha256} for path, sha256 in self.overlays],
            "package": self.package,
            "distribution": self.distribution,
            "files": dict(sorted(self.files.items())),
        }
        return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


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
        msg = f"{path}: cannot be read: {error}"
        raise LockError(msg) from error
    try:
        if value["format"] != FORMAT:
            msg = f"{path}: has format {value['format']}, this version reads {FORMAT}"
            raise LockError(msg)
        files = {str(name): str(sha256) for name, sha256 in value["files"].items()}
        for name in files:
            parts = PurePosixPath(name)
            if parts.is_absolute() or ".." in parts.parts:
                msg = f"{path}: `{name}` is outside of the folder"
                raise LockError(msg)
        return Lock(
            generator=str(value["generator"]),
            spec=str(value["spec"]["path"]),
            spec_sha256=str(value["spec"]["sha256"]),
            overlays=tuple((str(o["path"]), str(o["sha256"])) for o in value["overlays"]),
            package=str(value["package"]),
            distribution=str(value["distribution"]),
            files=files,
        )
    except (KeyError, TypeError, AttributeError) as error:
        msg = f"{path}: is no lock of sdk-codegen ({error!r})"
        raise LockError(msg) from error
