"""Text of a model as what was asked for, whole and in part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from sdk_core.typing import NotGiven, Omit

from .._pydantic import adapter_of, is_basemodel_type

__all__ = ["is_rich", "read_arguments", "read_part", "read_text", "tool_named"]


def is_rich(wanted: object) -> bool:
    """Say whether *wanted* is a type to read text as, and no format that is only sent."""
    return wanted is not None and not isinstance(wanted, (Mapping, Omit, NotGiven))


def read_text(wanted: Any, text: str) -> Any:
    """
    Return *text* as a *wanted*.

    Raises:
        pydantic.ValidationError: It is not one.
    """
    if is_basemodel_type(wanted):
        return wanted.model_validate_json(text)
    return adapter_of(wanted).validate_json(text)


def read_part(text: str) -> Any:
    """Return the JSON that *text* is the beginning of; None as long as it says nothing."""
    try:
        return from_json(text, allow_partial=True)
    except ValueError:
        return None


def read_arguments(function: Any, arguments: str) -> Any:
    """
    Return the *arguments* of a call of *function*, the definition of a tool; None for a lax one.

    Raises:
        ValueError: They are not what the definition says.
    """
    model = getattr(function, "model", None)
    if model is not None:
        return read_text(model, arguments)
    return json.loads(arguments) if function.get("strict") else None


def tool_named(tools: Any, name: str | None) -> Mapping[str, Any] | None:
    """Return the function tool of chat completions that is called *name*."""
    for tool in tools:
        if tool.get("type") == "function" and tool.get("function", {}).get("name") == name:
            found: Mapping[str, Any] = tool
            return found
    return None
