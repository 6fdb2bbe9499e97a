"""What holds something else than it must, found before it is converted."""

from __future__ import annotations

from typing import Any

from ..errors import ShapeError

__all__ = ["listed", "mapping", "texts"]


def mapping(value: Any, pointer: str) -> dict[str, Any]:
    """Return a mapping, an empty one for null; raise `ShapeError` for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"must be a mapping, not {type(value).__name__}"
        raise ShapeError(msg, pointer)
    return value


def listed(value: Any, pointer: str) -> list[Any]:
    """Return a list, an empty one for null; raise `ShapeError` for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        msg = f"must be a list, not {type(value).__name__}"
        raise ShapeError(msg, pointer)
    return value


def texts(value: Any) -> list[str]:
    """Return the text in a list; a lone text is a list of one, as some documents write it."""
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
