"""The echo engine's tokenizer: pieces whose concatenation is the text, exactly."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_PIECE = re.compile(r"\s*\S{1,16}|\s+")

# What a model might have said instead; nobody should rely on these.
_ALTERNATIVES = [
    *("the", "of", "and", "to", "in", "is", "that", "it", "was", "for", "on", "are", "as", "with"),
    *("his", "they", "at", "be", "this", "from"),
]


def split(text: str) -> list[str]:
    """Return the tokens of a text: a word of at most 16 characters with the space before it."""
    return _PIECE.findall(text)


def count(texts: Iterable[str]) -> int:
    """Return the number of tokens in several texts."""
    return sum(len(split(text)) for text in texts)


def texts_of(content: object) -> list[str]:
    """Return the texts in a message's content; other parts become a marker such as `[image_url]`."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, Sequence):
        return []
    return [_text_of(part) for part in content if isinstance(part, Mapping)]


def _text_of(part: Mapping[str, Any]) -> str:
    for name in ("text", "refusal"):
        if isinstance(part.get(name), str):
            return str(part[name])
    return f"[{part.get('type')}]"


def logprob(token: str) -> float:
    """Return the log probability of a token: made up, but always the same."""
    return -int.from_bytes(hashlib.sha256(token.encode()).digest()[:2]) / 2**20


def alternatives(token: str, number: int) -> list[tuple[str, float]]:
    """Return the `number` likeliest tokens in a place, first of all the one that was chosen."""
    chosen = logprob(token)
    others = [f" {word}" for word in _ALTERNATIVES if f" {word}" != token]
    ranked = [(token, chosen), *((word, chosen - 1 - rank) for rank, word in enumerate(others))]
    return ranked[:number]
