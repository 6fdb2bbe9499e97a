"""Names for what fixtures return."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sdk_core.typing import Flow

Run: TypeAlias = "Callable[[Flow[Any]], Any]"
"""Runs a flow to its end."""

Fetch: TypeAlias = Callable[[str, Any], Any]
"""Gets the JSON at a URL with a policy as ``auth``."""
