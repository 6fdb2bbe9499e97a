"""The version that a release with some changes should have."""

from __future__ import annotations

import re

from ..errors import ConfigError
from ._changes import Impact

__all__ = ["suggest"]

_VERSION = re.compile(r"v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+.]?[A-Za-z][0-9A-Za-z.+-]*)?")


def suggest(version: str, impact: Impact | None) -> str:
    """
    Return the next version (Semantic Versioning 2.0.0, items 4 and 6 to 8).

    Args:
        version: The version of the last release, such as ``1.4.2``; what follows the three numbers
            is left out.
        impact: The greatest of the changes since; ``None`` if there are none. Below 1.0, where
            anything may change, what breaks code asks for a new minor version, and the rest for a
            new patch.

    Raises:
        ConfigError: *version* is none.
    """
    found = _VERSION.fullmatch(version)
    if found is None:
        msg = f"`--version` must be three numbers such as 1.4.2, not {version!r}"
        raise ConfigError(msg)
    major, minor, patch = (int(number) for number in found.groups())
    if impact is None:
        return f"{major}.{minor}.{patch}"
    level = impact if major else impact - 1
    if level == Impact.BREAKING:
        return f"{major + 1}.0.0"
    if level == Impact.ADDITIVE:
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"
