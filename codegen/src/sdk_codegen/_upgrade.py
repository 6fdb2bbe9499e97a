"""Which versions are read."""

from __future__ import annotations

import re
from typing import Any

from .errors import VersionError

__all__ = ["check_version"]


def check_version(document: dict[str, Any]) -> None:
    """
    Refuse what is no OpenAPI 3.0, 3.1 or 3.2 document.

    Raises:
        VersionError: Another version, or no OpenAPI document.
    """
    version = document.get("openapi")
    supported = "supported are OpenAPI 3.0, 3.1 and 3.2"
    if version is None and "swagger" in document:
        msg = f"Swagger {document['swagger']} is not supported yet; {supported}"
        raise VersionError(msg, "/swagger")
    if version is None:
        msg = f"there is no `openapi` with a version; {supported}"
        raise VersionError(msg)
    if not re.fullmatch(r"3\.[012](\.\d+)?(-.*)?", str(version)):
        msg = f"OpenAPI {version} is not supported; {supported}"
        raise VersionError(msg, "/openapi")
