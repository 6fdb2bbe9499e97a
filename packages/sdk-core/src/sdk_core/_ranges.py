"""Ranges: which part of a file an answer holds, and what says that it is still the same file."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

# RFC 9110 §8.8.3; at most 18 digits, so that no header makes a number that takes long to read.
_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_RANGE = re.compile(r"bytes +([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_UNSATISFIED = re.compile(r"bytes +\*/([0-9]{1,18})", re.IGNORECASE)
_LENGTH = re.compile(r"[0-9]{1,18}")

LARGEST = 10**18
"""More than any file has bytes."""

_SURE = 60.0
"""Seconds that a file must have rested before its date tells it from all others."""


@attrs.frozen
class ContentRange:
    """
    What an answer says of its place in the file (RFC 9110 §14.4).

    Attributes:
        start: The first byte; None where nothing of what was asked for is there.
        end: The byte after the last one; None as above.
        total: The size of the whole file; None if the server does not say.
    """

    start: int | None
    end: int | None
    total: int | None


def content_range(headers: Mapping[str, str]) -> ContentRange | None:
    """Return the ``Content-Range`` of *headers*; None if there is none that is valid."""
    value = headers.get("content-range", "").strip()
    if found := _UNSATISFIED.fullmatch(value):
        return ContentRange(None, None, int(found[1]))
    found = _RANGE.fullmatch(value)
    if found is None:
        return None
    start, last = int(found[1]), int(found[2])
    total = None if found[3] == "*" else int(found[3])
    if last < start or (total is not None and last >= total):
        return None
    return ContentRange(start, last + 1, total)


def validator(headers: Mapping[str, str]) -> str | None:
    """
    Return what may stand in ``If-Range`` (RFC 9110 §13.1.5), None if nothing may.

    That is a strong entity tag; where there is no tag at all, the date of the last change, if the
    server's own clock says that it was a minute ago (§8.8.2.2): a file that changes twice within
    the second that such a date can tell keeps its date.
    """
    tag = headers.get("etag")
    if tag is not None:
        return tag if _ETAG.fullmatch(tag) else None
    modified, sent = _date(headers.get("last-modified", "")), _date(headers.get("date", ""))
    if modified is None or sent is None or sent - modified < _SURE:
        return None
    return headers["last-modified"]


def contradicts(headers: Mapping[str, str], known: str) -> bool:
    """Return whether *headers* say that this is another file than the one that *known* stands for."""
    found = headers.get("etag" if known.startswith('"') else "last-modified")
    return found is not None and found != known


def encoded(headers: Mapping[str, str]) -> bool:
    """Return whether what is written is not what is on the wire, such as with gzip."""
    return headers.get("content-encoding", "identity").lower() != "identity"


def size(headers: Mapping[str, str]) -> int | None:
    """Return the size of the body as it is written, None if that is not known."""
    length = headers.get("content-length", "")
    return None if encoded(headers) or not _LENGTH.fullmatch(length) else int(length)


def _date(value: str) -> float | None:
    # Imported here: parsing dates pulls in the email package, and most answers have a tag.
    from email.utils import parsedate_to_datetime  # noqa: PLC0415  # as said above

    try:
        return parsedate_to_datetime(value).timestamp()
    except (ValueError, OverflowError):
        return None
