"""Figures that users give: refused at once, by name, when they are out of range."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .errors import ConfigurationError

Validator = Callable[[Any, Any, Any], None]


def figure(
    *,
    above: float | None = None,
    least: float | None = None,
    most: float = math.inf,
    whole: bool = False,
    optional: bool = False,
) -> Validator:
    """
    Return a validator of attrs for a finite number.

    Args:
        above: It must be more than this.
        least: It must be this or more.
        most: It must be this or less.
        whole: It must be an integer.
        optional: It may be None.
    """
    what = "an integer" if whole else "a number"
    ranges = [f"> {above:g}"] if above is not None else []
    ranges += [f">= {least:g}"] if least is not None else []
    ranges += [f"<= {most:g}"] if most < math.inf else []
    wanted = f"{what} {' and '.join(ranges)}" + (" or None" if optional else "")

    def validate(instance: Any, attribute: Any, value: Any) -> None:
        if optional and value is None:
            return
        kind = int if whole else (int, float)
        if (
            isinstance(value, bool)
            or not isinstance(value, kind)
            or not math.isfinite(value)
            or (above is not None and not value > above)
            or (least is not None and not value >= least)
            or not value <= most
        ):
            name = attribute.name.lstrip("_")
            msg = f"`{name}` of {type(instance).__name__} must be {wanted}, not {value!r}"
            raise ConfigurationError(msg)

    return validate


def function(instance: Any, attribute: Any, value: Any) -> None:
    """Refuse what cannot be called; a validator of attrs."""
    if not callable(value):
        msg = f"`{attribute.name}` of {type(instance).__name__} must be a function, not {value!r}"
        raise ConfigurationError(msg)


def store_or_none(instance: Any, _: Any, value: Any) -> None:
    """Refuse what is neither None nor a store; a validator of attrs."""
    if value is None:
        return
    from ._redis import RedisStore  # noqa: PLC0415  # only those who share need it

    if not isinstance(value, RedisStore):
        msg = f"`store` of {type(instance).__name__} must be a RedisStore or None, not {value!r}"
        raise ConfigurationError(msg)
