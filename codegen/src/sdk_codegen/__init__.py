"""
From an OpenAPI document to a complete, typed Python package.

`sdk_codegen.cli` is the command line; `generate` and `check` are what it calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .__about__ import __version__

if TYPE_CHECKING:
    from ._pipeline import Result, check, generate

__all__ = ["Result", "__version__", "check", "generate"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from . import _pipeline  # noqa: PLC0415  # the command line's help needs none of it

    return getattr(_pipeline, name)
