"""Bounds that sinks are given."""

from __future__ import annotations

from ..errors import ConfigurationError

__all__ = ["positive"]


def positive(option: str, value: object, kind: str) -> int:
    """
    Return a bound that is a number of at least 1.

    Args:
        option: Its name.
        value: What was given for it.
        kind: The kind of sink, such as ``an HTTP sink``.

    Raises:
        ConfigurationError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        msg = f"`{option}` of {kind} must be a number >= 1, not {value!r}"
        raise ConfigurationError(msg)
    return value
