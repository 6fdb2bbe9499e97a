"""The environment variables that openai users set, read in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sdk_core.errors import ConfigurationError


def variable(name: str) -> str | None:
    """Return the variable, or None if it is unset or empty."""
    return os.environ.get(name) or None


def custom_headers() -> Mapping[str, str]:
    """
    Return the headers of ``OPENAI_CUSTOM_HEADERS``: one ``Name: value`` a line.

    Raises:
        ConfigurationError: A line has no colon.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"), 1):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers[name.strip()] = value.strip()
        elif line.strip():
            msg = f"`OPENAI_CUSTOM_HEADERS`, line {number}, must read `Name: value`"
            raise ConfigurationError(msg)
    return headers
