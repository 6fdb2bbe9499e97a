"""JSON pointers as URI fragments (RFC 6901, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

__all__ = ["join", "lookup", "split"]


def join(pointer: str, *tokens: str | int) -> str:
    """Return *pointer* extended by *tokens*."""
    return pointer + "".join(
        "/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens
    )


def split(pointer: str) -> list[str]:
    """Return the tokens of a pointer; ``""`` has none."""
    return [
        unquote(token).replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]
    ]


def lookup(document: Any, tokens: Iterable[str]) -> Any:
    """Return what *tokens* lead to; `LookupError` where they lead nowhere."""
    for token in tokens:
        if isinstance(document, dict):
            document = document[token]
        elif isinstance(document, list) and token.isdecimal():
            document = document[int(token)]
        else:
            raise KeyError(token)
    return document
