"""Tokens of language models: how many a request may cost, and how many an answer says it did."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ._messages import Request

BYTES_PER_TOKEN: Final = 4
TAIL: Final = 16 * 1024  # bytes at the end of a stream in which its usage stands

_limit = re.compile(rb'"max_(?:completion_|output_)?tokens"\s*:\s*(\d{1,12})').search
# Inside a JSON string quotes are escaped, so that what a model writes never looks like this.
_total = re.compile(rb'"total_tokens"\s*:\s*(\d{1,12})').match
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
    at = content.find(b'"max_')
    asked = None if at < 0 else _limit(content, at)
    return len(content) / BYTES_PER_TOKEN + (float(asked[1]) if asked else 0.0)


def used_tokens(content: bytes) -> float | None:
    """
    Return what an answer says it cost, or None.

    Args:
        content: The body, or the last 16 KB of a stream: whatever is last in it counts. Read are
            ``total_tokens``, else ``input_tokens`` and ``output_tokens``.
    """
    at = content.rfind(b'"total_tokens"')
    if at >= 0:
        total = _total(content, at)
        return None if total is None else float(total[1])
    parts = dict(_parts(content)) if b'put_tokens"' in content else None
    return float(sum(int(count) for count in parts.values())) if parts else None
