"""JSON pointers as URI fragments (RFC 6901, section 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

__all__ = ["join", "lookup", "printed", "split"]


def join(pointer: str, *tokens: str | int) -> str:
    """Return *pointer* extended by *tokens*."""
    for token in tokens:
        text = str(token)
        if "~" in text or "/" in text:
            text = text.replace("~", "~0").replace("/", "~1")
        pointer = f"{pointer}/{text}"
    return pointer


def split(pointer: str) -> list[str]:
    """Return the tokens of a pointer; ``""`` has none."""
    return [
        unquote(token).replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]
    ]


def printed(pointer: str) -> str:
    """Return a pointer as it stands in a message: control characters and ends of lines encoded."""
    return re.sub("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]", lambda found: quote(found[0]), pointer)


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
