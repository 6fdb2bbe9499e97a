"""Which versions are read."""

from __future__ import annotations

import re
from typing import Any

from .errors import VersionError

__all__ = ["check_version"]

_SUPPORTED = "supported are Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2"


def check_version(document: dict[str, Any]) -> None:
    """
    Refuse what is no Swagger 2.0 and no OpenAPI 3.0, 3.1 or 3.2 document.

    Raises:
        VersionError: Another version, or no OpenAPI document.
    """
    for field, pattern in (("openapi", r"3\.[012](\.\d+)?(-.*)?"), ("swagger", r"2(\.0)?(\.0)?")):
        version = document.get(field)
        if version is None:
            continue
        # Without quotes YAML reads a number.
        if isinstance(version, bool) or not re.fullmatch(pattern, str(version)):
            name = {"openapi": "OpenAPI", "swagger": "Swagger"}[field]
            msg = f"{name} {version} is not supported; {_SUPPORTED}"
            raise VersionError(msg, f"/{field}")
        return
    msg = f"there is no `openapi` with a version{_resembles(document)}; {_SUPPORTED}"
    raise VersionError(msg)


def _resembles(document: dict[str, Any]) -> str:
    """Say what the document looks like instead."""
    kinds = {
        "apiVersion": "a Kubernetes manifest",
        "asyncapi": "an AsyncAPI document",
        "arazzo": "an Arazzo document",
        "overlay": "an overlay",
        "swaggerVersion": "a Swagger 1 document",
        "openrpc": "an OpenRPC document",
        "$schema": "a JSON schema",
        "dependencies": "a package's metadata",
        "devDependencies": "a package's metadata",
    }
    found = next((words for field, words in kinds.items() if field in document), None)
    return f"; it looks like {found}" if found else ""
