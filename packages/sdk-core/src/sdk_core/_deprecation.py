"""Deprecation: tell those whose code calls what the API is about to drop."""

from __future__ import annotations

import inspect
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .operations import Operation


def warn_of(operation: Operation[Any], inside: tuple[type[Any], ...]) -> None:
    """
    Warn that *operation* is deprecated, once for each line that calls it.

    The line is the caller's: the frames of this package are left out, and the methods of
    resources and clients, generated or written by hand.

    Args:
        operation: What is called.
        inside: The classes whose methods are not the caller's.
    """
    level, frame = 1, inspect.currentframe()
    while frame is not None and (
        frame.f_globals.get("__name__", "").partition(".")[0] == __package__
        or isinstance(frame.f_locals.get("self"), inside)
    ):
        level, frame = level + 1, frame.f_back
    msg = f"`{operation.method} {operation.path}` ({operation.id}) is deprecated by the API"
    warnings.warn(msg, DeprecationWarning, stacklevel=level)
