"""
Everything that `sdk-codegen` refuses, as one tree.

```
CodegenError
├── SpecError                  the document: file, JSON pointer and reason
│   ├── LoadError              not readable, not YAML or JSON, too large
│   ├── VersionError           not a version of OpenAPI that is supported
│   ├── OverlayError           an overlay that is no overlay, or does not apply
│   ├── ShapeError             a list where a mapping belongs, and the like
│   ├── MissingReferenceError  a `$ref` that leads nowhere
│   ├── NamingError            two things that would get one name
│   └── UnsupportedError       what cannot be expressed yet
├── ConfigError                the configuration file, or an option
├── EditedFilesError           generated files were changed by hand
├── LockError                  the lock is missing or unreadable
├── FormatError                the formatter refused what was rendered
└── VerificationError          what was rendered does not import, or lacks an operation
```
"""

from __future__ import annotations

from collections.abc import Sequence

from ._pointers import printed

__all__ = [
    "CodegenError",
    "ConfigError",
    "EditedFilesError",
    "FormatError",
    "LoadError",
    "LockError",
    "MissingReferenceError",
    "NamingError",
    "OverlayError",
    "ShapeError",
    "SpecError",
    "UnsupportedError",
    "VerificationError",
    "VersionError",
]


class CodegenError(Exception):
    """What `sdk-codegen` raises; the message is one line for the user."""


class SpecError(CodegenError):
    """
    A document that cannot be generated from.

    Args:
        reason: What is wrong and, where it helps, what to do; one line.
        pointer: Where, as a URI fragment (RFC 6901, section 6) without the ``#``.
        file: The document; filled in by the pipeline when the place of the error does not know it.
    """

    def __init__(self, reason: str, pointer: str = "", file: str | None = None) -> None:
        super().__init__(reason, pointer, file)
        self.reason = " ".join(reason.split())
        self.pointer = pointer
        self.file = file

    def __str__(self) -> str:
        return f"{printed(self.file or '')}#{printed(self.pointer)}: {self.reason}"


class LoadError(SpecError):
    """The document cannot be read, is not YAML or JSON, or is too large."""


class VersionError(SpecError):
    """The document is not in a version of OpenAPI that is supported."""


class OverlayError(SpecError):
    """The overlay is not an Overlay 1.x document, or one of its actions does not apply."""


class ShapeError(SpecError):
    """A field of the document holds something of another shape than it must."""


class MissingReferenceError(SpecError):
    """A `$ref` leads nowhere."""


class NamingError(SpecError):
    """Two operations or groups would get one name."""


class UnsupportedError(SpecError):
    """The document asks for something that generated code cannot express yet."""


class ConfigError(CodegenError):
    """A key of the configuration file or an option of the command line cannot be used."""


class EditedFilesError(CodegenError):
    """
    Generated files were changed by hand and would be overwritten.

    Attributes:
        files: The files, relative to the output folder.
    """

    def __init__(self, folder: str, files: Sequence[str]) -> None:
        super().__init__(folder, files)
        self.folder = folder
        self.files = tuple(files)

    def __str__(self) -> str:
        return (
            f"{self.folder}: changed by hand since they were generated: {', '.join(self.files)}; "
            "undo the changes, or pass `--force` to overwrite them"
        )


class LockError(CodegenError):
    """The lock of a generated folder is missing or unreadable."""


class FormatError(CodegenError):
    """The formatter refused what was rendered."""


class VerificationError(CodegenError):
    """What was rendered does not import, or lacks an operation of the document."""
