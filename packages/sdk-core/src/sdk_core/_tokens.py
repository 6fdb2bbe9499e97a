"""Tokens of language models: how many a request may cost, and how many an answer says it did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._messages import Request

BYTES_PER_TOKEN: Final = 4
_WIDEST: Final = 32  # bytes that a number may take, with what stands around it
TAIL: Final = 16 * 1024  # bytes at the end of a stream in which its usage stands

_limit = re.compile(rb'"max_(?:completion_|output_)?tokens"\s*:\s*(\d{1,12})').search
# Inside a JSON string quotes are escaped, so that what a model writes never looks like this.
_TOTAL: Final = b'"total_tokens"'
_parts = re.compile(rb'"(input|output)_tokens"\s*:\s*(\d{1,12})').findall


def estimate_tokens(request: Request) -> float:
    """
    Return what *request* may cost: a token for four bytes of its body, and the longest answer.

    The longest answer is what the body says of ``max_tokens``, ``max_completion_tokens`` or
    ``max_output_tokens``; where it says nothing, none is counted until the answer tells.
    """
    content = request.content
    if not isinstance(content, bytes):  # none, or a file, which is hardly text for a model
        return 0.0
    tokens = len(content) / BYTES_PER_TOKEN
    at = content.find(b'"max_')
    if at >= 0 and (asked := _limit(content, at)):
        tokens += float(asked[1])
    return tokens


def used_tokens(content: bytes) -> float | None:
    """
    Return what an answer says it cost, or None.

    Args:
        content: The body, or the last 16 KB of a stream: whatever is last in it counts. Read are
            ``total_tokens``, else ``input_tokens`` and ``output_tokens``.
    """
    at = content.rfind(_TOTAL)
    if at >= 0:  # by hand, as a match would take as long as all the rest of this
        at += len(_TOTAL)
        said = content[at : at + _WIDEST].partition(b"}")[0].partition(b",")[0].strip(b": \t\r\n")
        return float(said) if said.isdigit() else None
    parts = dict(_parts(content)) if b'put_tokens"' in content else None
    return float(sum(int(count) for count in parts.values())) if parts else None
